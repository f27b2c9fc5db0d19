import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Recorder, type RecordedRequest } from '../exchange/recorder.ts';
import { BeTheModel } from './be-the-model.ts';
import { eventFeed, MAX_SHOWN } from './event-feed.ts';
import type { RequestSummary } from './request-summary.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Told = { event: string; data: { requests?: RequestSummary[] } & Record<string, unknown> };

function setUp() {
  const recorder = new Recorder();
  const model = new BeTheModel({});
  const client = new AbortController();
  const summarize = (request: RecordedRequest): RequestSummary => ({
    id: request.requestId,
    method: request.method,
    path: request.path,
    received_at_ms: request.receivedAtMs,
    state: request.state,
  });
  const feed = eventFeed({ instance: 'first', recorder, model, summarize }, client.signal);
  let made = 0;
  return {
    recorder,
    model,
    client,
    feed,
    request: () =>
      recorder.record(
        { method: 'POST', url: '/v1/messages', headers: {} },
        { path: '/v1/messages', query: '', parsed: {}, bytes: 2, requestId: `req_${(made += 1)}`, nowMs: 0 },
      ),
    next: async (): Promise<Told> => {
      const { value } = await feed.next();
      const [, event = '', data = ''] = /event: (\w+)\ndata: (.+)\n\n$/.exec(value ?? '') ?? [];
      return { event, data: JSON.parse(data || 'null') as Told['data'] };
    },
  };
}

const ids = ({ data }: Told) => data.requests?.map(({ id, state }) => `${id} ${state}`);

test('begins with the newest requests, oldest of them first', async () => {
  const { next, request } = setUp();
  for (let count = 0; count < MAX_SHOWN + 5; count += 1) request();
  const told = await next();
  expect(told).toMatchObject({
    event: 'snapshot',
    data: { instance: 'first', be_the_model: false, max_shown: MAX_SHOWN },
  });
  expect([told.data.requests?.length, ids(told)?.at(0), ids(told)?.at(-1)]).toEqual([
    MAX_SHOWN,
    'req_6 answering',
    `req_${MAX_SHOWN + 5} answering`,
  ]);
});

test('tells what changes within 50 ms at once, each request once, as it is then', async () => {
  const { next, request, recorder } = setUp();
  await next();
  const told = next();
  recorder.end(request(), { aborted: false });
  request();
  await vi.advanceTimersByTimeAsync(50);
  expect(ids(await told)).toEqual(['req_1 answered', 'req_2 answering']);
});

test('a reader who is late gets the newest of what it missed, and nothing is kept for it beyond that', async () => {
  const { next, request } = setUp();
  await next();
  for (let count = 0; count < MAX_SHOWN + 5; count += 1) request();
  const told = next();
  await vi.advanceTimersByTimeAsync(50);
  expect([ids(await told)?.length, ids(await told)?.[0]]).toEqual([MAX_SHOWN, 'req_6 answering']);
});

test('tells when the model is turned on', async () => {
  const { next, model } = setUp();
  await next();
  const told = next();
  model.turn(true);
  await vi.advanceTimersByTimeAsync(50);
  expect(await told).toEqual({ event: 'be_the_model', data: { on: true } });
});

test('shows a sign of life every 15 seconds', async () => {
  const { feed, next } = setUp();
  await next();
  const beat = feed.next();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(await beat).toEqual({ done: false, value: ': still here\n\n' });
});

test('ends when its reader leaves, and lets go of its timers and listeners', async () => {
  const { feed, next, client, recorder, model } = setUp();
  const stops = [vi.fn(), vi.fn()] as const;
  vi.spyOn(recorder, 'watch').mockReturnValue(stops[0]);
  vi.spyOn(model, 'watch').mockReturnValue(stops[1]);
  await next();
  const end = feed.next();
  client.abort();
  expect(await end).toEqual({ done: true, value: undefined });
  expect([stops[0].mock.calls.length, stops[1].mock.calls.length, vi.getTimerCount()]).toEqual([1, 1, 0]);
});
