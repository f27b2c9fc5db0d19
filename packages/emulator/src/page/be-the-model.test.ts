import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { text } from '../replies/builders.ts';
import { chooseReply, type ReplyState } from '../replies/choose-reply.ts';
import { TroubleCounts } from '../replies/follow-directives.ts';
import type { PlainReply } from '../replies/reply.ts';
import { BeTheModel, MAX_WAIT_MS } from './be-the-model.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(): { replies: ReplyState; model: BeTheModel; ask: (id: string, o?: AskOptions) => Promise<PlainReply> } {
  const replies: ReplyState = { script: [], counts: new TroubleCounts() };
  return {
    replies,
    model: new BeTheModel(replies),
    ask: (requestId, o = {}) =>
      chooseReply(
        {
          model: 'claude-opus-5-5',
          max_tokens: 10,
          messages: [{ role: 'user', content: o.prompt ?? '@say By itself' }],
        },
        replies,
        { requestId, signal: o.signal },
      ),
  };
}

type AskOptions = { prompt?: string; signal?: AbortSignal };

const BY_ITSELF = text('By itself');
const TYPED = text('Typed');

test('off, nobody is asked', async () => {
  const { model, ask } = setUp();
  expect([model.isOn, await ask('a')]).toEqual([false, BY_ITSELF]);
});

test('on, requests wait until a person answers each of them', async () => {
  const { model, ask } = setUp();
  model.turn(true);
  const answers = [ask('a'), ask('b')];
  expect(model.waiting('a')).toMatchObject({ untilMs: Date.now() + MAX_WAIT_MS });
  expect(model.answer('b', TYPED)).toBe(true);
  expect(model.answer('a', text('First'))).toBe(true);
  expect(await Promise.all(answers)).toEqual([text('First'), TYPED]);
  expect([model.answer('a', TYPED), model.waiting('a')]).toEqual([false, undefined]);
});

test('what the script answers does not wait', async () => {
  const { model, replies, ask } = setUp();
  model.turn(true);
  replies.script.push(text('Scripted'));
  expect(await ask('a')).toEqual(text('Scripted'));
});

test('without a reply, and when it is turned off, directives and the simulated assistant answer', async () => {
  const { model, ask } = setUp();
  model.turn(true);
  const [first, second] = [ask('a'), ask('b')];
  model.answer('a', undefined);
  expect(await first).toEqual(BY_ITSELF);
  model.turn(false);
  expect(await second).toEqual(BY_ITSELF);
});

test('nobody waits for more than ten minutes', async () => {
  const { model, ask } = setUp();
  model.turn(true);
  const answered = vi.fn();
  const answer = ask('a').then(answered);
  await vi.advanceTimersByTimeAsync(10 * 60_000 - 1);
  expect(answered).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await answer;
  expect(answered).toHaveBeenCalledWith(BY_ITSELF);
});

test('a client that leaves is not waited for, before and after it began to wait; no timer is left', async () => {
  const { model, ask } = setUp();
  model.turn(true);
  const client = new AbortController();
  const left = new Error('left');
  const answer = ask('a', { signal: client.signal });
  client.abort(left);
  await expect(answer).rejects.toBe(left);
  await expect(ask('b', { signal: client.signal })).rejects.toBe(left);
  expect([model.waiting('a'), model.waiting('b'), vi.getTimerCount()]).toEqual([undefined, undefined, 0]);
});

test('tells who begins and ends to wait, and when it is turned on or off', async () => {
  const { model, ask } = setUp();
  const told: (string | undefined)[] = [];
  const stop = model.watch((id) => void told.push(id));
  model.turn(true);
  model.turn(true);
  const answer = ask('a');
  model.answer('a', TYPED);
  await answer;
  model.turn(false);
  stop();
  model.turn(true);
  expect(told).toEqual([undefined, 'a', 'a', undefined]);
});
