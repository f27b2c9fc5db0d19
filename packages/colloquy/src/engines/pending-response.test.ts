import { expect, test } from 'vitest';
import { BatchIterator } from '../helpers/batch-iterator.ts';
import { MessageFeed } from './cli/message-feed.ts';
import { PendingResponse } from './pending-response.ts';
import { promptOf } from './user-message.ts';

test('whoever receives, before a prompt is refused or after, is told why', async () => {
  const feed = new MessageFeed('s');
  const refused = new Error('The disk is full');
  const session = { batches: feed.batches.bind(feed), send: () => Promise.reject(refused) };
  const response = new PendingResponse(promptOf('Hi'));
  const reason = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);
  const receive = (): Promise<unknown> => reason(new BatchIterator(response.receive()).next());
  const early = receive();
  expect(await reason(response.send(session, { partial: false }))).toBe(refused);
  expect(await early).toBe(refused);
  expect(await receive()).toBe(refused);
});
