import { expect, test } from 'vitest';
import type { ApiSession } from './api-session.ts';
import { readPlaced } from './readers.ts';

test('a reader that fails leaves its feed, which would keep what is there for it', async () => {
  let left = 0;
  const feed = {
    next: () => new Promise<never>(() => {}),
    return: async () => ({ done: true, value: void (left += 1) }),
  };
  // As much of a session as a reader takes.
  const session = {
    log: { feed: { read: () => feed } },
    views: { at: () => Promise.reject(new Error('The disk is gone')) },
  } as unknown as ApiSession;
  const reader = readPlaced(session, { after: '1.1.0' });
  await expect(reader.next()).rejects.toThrow('The disk is gone');
  expect(left).toBe(1);
});
