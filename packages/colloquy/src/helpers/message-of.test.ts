import { expect, test } from 'vitest';
import { messageOf } from './message-of.ts';

const withMessage = (message: unknown): Error => Object.defineProperty(new Error('x'), 'message', { value: message });
const throwing = Object.defineProperty(new Error('x'), 'message', {
  get() {
    throw new Error('no message either');
  },
});

test.each([
  [new Error('boo'), 'boo'],
  ['boo', 'boo'],
  [5, '5'],
  [Symbol('boo'), 'Symbol(boo)'],
  [withMessage(5), '5'],
  [undefined, 'undefined'],
  [new Error(' '), 'It failed without saying why'],
  [Object.create(null), 'It failed without saying why'],
  [throwing, 'It failed without saying why'],
  [new Proxy({}, { getPrototypeOf: () => Reflect.get(throwing, 'message') as never }), 'It failed without saying why'],
])('whatever was thrown says something (%#)', (thrown: unknown, said) => {
  expect(messageOf(thrown)).toBe(said);
});

test('a very long message is cut', () => {
  expect(messageOf(new Error('x'.repeat(1_000_000))).length).toBeLessThan(20_100);
});
