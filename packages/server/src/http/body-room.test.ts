import { expect, test } from 'vitest';
import { BodyRoom } from './body-room.ts';

const KB = 1_024;

test('large bodies find no room beside others of their user, and small ones always do', () => {
  const room = new BodyRoom({ maxBytes: 1_000 * KB, maxBytesPerUser: 600 * KB });
  const [ann, again, small, bob, eve] = ['ann', 'ann', 'ann', 'bob', 'eve'].map((user) => room.enter(user));
  ann?.hold(500 * KB);
  expect(() => again?.hold(500 * KB)).toThrow(
    expect.objectContaining({ status: 503, headers: { 'retry-after': '5' } }),
  );
  again?.release();
  small?.hold(60 * KB);
  bob?.hold(500 * KB);
  expect(() => eve?.hold(500 * KB)).toThrow('Too many large requests');
  eve?.release();
  ann?.release();
  expect(() => room.enter('eve').hold(500 * KB)).not.toThrow();
});
