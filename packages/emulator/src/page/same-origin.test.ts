import { expect, test } from 'vitest';
import { foreignProblem } from './same-origin.ts';

const ask = (remoteAddress: string | undefined, host: string, localPort = 4010) =>
  foreignProblem({ headers: { host }, socket: { remoteAddress, localPort } }, 'data');

test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])('%s is this machine', (address) => {
  expect(ask(address, '127.0.0.1:4010')).toBeUndefined();
});

// Whoever listens on 0.0.0.0 shows the API to its network, and the prompts to nobody there, whatever name they give.
test.each(['192.168.1.5', '::ffff:192.168.1.5', 'fe80::1', '1127.0.0.1', '127.0.0.1.5', undefined])(
  '%s is another machine',
  (address) => {
    expect(ask(address, '127.0.0.1:4010')).toBe('The page is shown on this machine only');
  },
);

test('a browser leaves the port out when it is 80, and no other one', () => {
  expect([ask('::1', '[::1]', 80), ask('::1', 'LOCALHOST', 80)]).toEqual([undefined, undefined]);
  expect([ask('::1', '[::1]', 4010), ask('::1', 'localhost:', 80), ask('::1', '', 80)]).toEqual(
    Array.from(
      { length: 3 },
      () => 'Open the page by the address that was printed: 127.0.0.1 or localhost, with the port',
    ),
  );
});
