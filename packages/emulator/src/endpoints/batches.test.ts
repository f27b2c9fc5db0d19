import { expect, test } from 'vitest';
import {
  createEmulator,
  errorEvent,
  html,
  manualClock,
  status,
  text,
  thinking,
  toolUse,
  type EmulatorOptions,
} from '../index.ts';
import { ask, bodyOf, get, jsonOfBody, post, said, textOfBody } from '../testing/ask.ts';

type Batch = {
  id: string;
  processing_status: string;
  request_counts: Record<string, number>;
  [field: string]: unknown;
};
type Line = {
  custom_id: string;
  result: { type: string; message?: { usage: unknown; [field: string]: unknown }; error?: unknown };
};

const START = Date.parse('2026-11-20T12:00:00Z');
const PATH = '/v1/messages/batches';

/** An emulator with a clock that stands, and the calls of the endpoint. */
function batching(o: EmulatorOptions = {}) {
  const clock = manualClock({ startMs: START });
  const emulator = createEmulator({ clock, ...o });
  const json = async <T = Batch>(response: Promise<Awaited<ReturnType<typeof get>>>): Promise<T> =>
    jsonOfBody<T>(await response);
  return {
    clock,
    emulator,
    create: (params: Record<string, unknown>, headers?: Record<string, string>) => {
      const requests = Object.entries(params).map(([custom_id, fields]) => ({ custom_id, params: fields }));
      return json(post(emulator, { requests }, { path: PATH, ...(headers && { headers }) }));
    },
    show: (id: string) => json(get(emulator, `${PATH}/${id}`)),
    cancel: (id: string) => json(get(emulator, `${PATH}/${id}/cancel`, { method: 'POST' })),
    list: (query = '') => json<{ data: Batch[]; has_more: boolean }>(get(emulator, `${PATH}${query}`)),
    results: async (id: string): Promise<Line[]> => {
      const body = await textOfBody(await get(emulator, `${PATH}/${id}/results`));
      return body
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Line);
    },
  };
}

const refusal = async (response: Awaited<ReturnType<typeof get>>): Promise<unknown[]> => {
  const { error } = await jsonOfBody<{ error: { type: string; message: string } }>(response);
  return [response.status, error.type, error.message];
};
const statusOf = async (...asked: Parameters<typeof get>): Promise<number> => (await get(...asked)).status;
const byId = (lines: readonly Line[]) => Object.fromEntries(lines.map(({ custom_id, result }) => [custom_id, result]));

test('a batch is in progress when it is made, and has ended when it is looked at', async () => {
  const on = batching({ script: [text('One'), text('Two')] });
  const made = await on.create({ a: bodyOf(), b: bodyOf() });
  expect(made).toEqual({
    id: expect.stringMatching(/^msgbatch_01\w{22}$/),
    type: 'message_batch',
    processing_status: 'in_progress',
    request_counts: { processing: 2, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
    created_at: '2026-11-20T12:00:00.000Z',
    expires_at: '2026-11-21T12:00:00.000Z',
    ended_at: null,
    cancel_initiated_at: null,
    archived_at: null,
    results_url: null,
  });
  expect(await on.show(made.id)).toEqual({
    ...made,
    processing_status: 'ended',
    request_counts: { processing: 0, succeeded: 2, errored: 0, canceled: 0, expired: 0 },
    ended_at: '2026-11-20T12:00:00.000Z',
    results_url: `http://emulator/v1/messages/batches/${made.id}/results`,
  });
  const results = byId(await on.results(made.id));
  expect(results).toMatchObject({
    a: {
      type: 'succeeded',
      message: { content: [{ text: 'One' }], usage: { service_tier: 'batch', input_tokens: 2 } },
    },
    b: { type: 'succeeded', message: { content: [{ text: 'Two' }] } },
  });
});

test('the script is used in the order of the requests; results come in another', async () => {
  const ids = Array.from({ length: 6 }, (_, index) => `r${index}`);
  const on = batching({ script: ids.map((id) => text(id)) });
  const { id } = await on.create(Object.fromEntries(ids.map((name) => [name, bodyOf()])));
  await on.show(id);
  const results = await on.results(id);
  expect(results.map(({ custom_id }) => custom_id)).not.toEqual(ids);
  expect(results.map(({ custom_id, result }) => [custom_id, result.message?.content])).toEqual(
    results.map(({ custom_id }) => [custom_id, [{ type: 'text', text: custom_id }]]),
  );
});

test('a large batch leaves room for others, and ends all the same', async () => {
  const on = batching();
  const { id } = await on.create(
    Object.fromEntries(Array.from({ length: 2500 }, (_, index) => [`r${index}`, bodyOf()])),
  );
  await ask(on.emulator);
  expect((await on.show(id)).request_counts).toMatchObject({ succeeded: 2500 });
});

test('what came into the batch is answered before what is asked afterwards', async () => {
  const on = batching({ script: [text('for the batch'), text('for the message')] });
  const { id } = await on.create({ a: bodyOf() });
  expect(said(await ask(on.emulator))).toBe('for the message');
  expect(await on.results(id)).toMatchObject([{ result: { message: { content: [{ text: 'for the batch' }] } } }]);
});

test('a request that would be refused is told in its result, and takes nothing from the script', async () => {
  const on = batching({ script: [text('Fine'), status(529), html(), errorEvent({ afterEvents: 2 })] });
  const { id } = await on.create({
    broken: bodyOf({ messages: [] }),
    streaming: bodyOf({ stream: true }),
    warming: bodyOf({ max_tokens: 0 }),
    unknown: bodyOf({ model: 'claude-9' }),
    fine: bodyOf(),
    overloaded: bodyOf(),
    page: bodyOf(),
    late: bodyOf(),
  });
  expect((await on.show(id)).request_counts).toMatchObject({ succeeded: 1, errored: 7 });
  const error = (type: string) => ({
    type: 'errored',
    error: { type: 'error', error: { type, message: expect.any(String) }, request_id: expect.stringMatching(/^req_/) },
  });
  expect(byId(await on.results(id))).toEqual({
    broken: error('invalid_request_error'),
    streaming: error('invalid_request_error'),
    warming: error('invalid_request_error'),
    unknown: error('not_found_error'),
    fine: { type: 'succeeded', message: expect.objectContaining({ content: [{ type: 'text', text: 'Fine' }] }) },
    overloaded: error('overloaded_error'),
    page: error('api_error'),
    late: error('overloaded_error'),
  });
});

test('with a time for each request they end one after another', async () => {
  const on = batching({ batchRequestMs: 1000 });
  const { id } = await on.create({ a: bodyOf(), b: bodyOf() });
  await on.clock.advance(1999);
  expect(await on.show(id)).toMatchObject({ processing_status: 'in_progress', request_counts: { processing: 2 } });
  expect(await statusOf(on.emulator, `${PATH}/${id}/results`)).toBe(400);
  await on.clock.advance(1);
  expect(await on.show(id)).toMatchObject({ processing_status: 'ended', ended_at: '2026-11-20T12:00:02.000Z' });
});

test('a cancel gives up what has not begun, and the batch ends with the request under way', async () => {
  const on = batching({ batchRequestMs: 1000 });
  const { id } = await on.create({ a: bodyOf(), b: bodyOf(), c: bodyOf() });
  await on.clock.advance(1500);
  expect(await on.cancel(id)).toMatchObject({
    processing_status: 'canceling',
    cancel_initiated_at: '2026-11-20T12:00:01.500Z',
    request_counts: { processing: 3 },
  });
  await on.clock.advance(499);
  expect((await on.cancel(id)).processing_status).toBe('canceling');
  await on.clock.advance(1);
  expect(await on.show(id)).toMatchObject({
    processing_status: 'ended',
    ended_at: '2026-11-20T12:00:02.000Z',
    cancel_initiated_at: '2026-11-20T12:00:01.500Z',
    request_counts: { succeeded: 2, canceled: 1 },
  });
  expect(byId(await on.results(id))).toMatchObject({ b: { type: 'succeeded' }, c: { type: 'canceled' } });
  expect(await statusOf(on.emulator, `${PATH}/${id}/cancel`, { method: 'POST' })).toBe(400);
});

test('a cancel that comes first stops all of a batch that takes no time', async () => {
  const on = batching();
  const { id } = await on.create({ a: bodyOf(), b: bodyOf() });
  expect((await on.cancel(id)).processing_status).toBe('canceling');
  expect(await on.show(id)).toMatchObject({ processing_status: 'ended', request_counts: { canceled: 2 } });
});

test('what has no result after a day expires', async () => {
  const on = batching({ batchRequestMs: 10 * 3_600_000 });
  const { id } = await on.create({ a: bodyOf(), b: bodyOf(), c: bodyOf() });
  await on.clock.advance(24 * 3_600_000 - 1);
  expect((await on.show(id)).processing_status).toBe('in_progress');
  await on.clock.advance(1);
  expect(await on.show(id)).toMatchObject({
    processing_status: 'ended',
    ended_at: '2026-11-21T12:00:00.000Z',
    request_counts: { succeeded: 2, expired: 1 },
  });
  expect(byId(await on.results(id))).toMatchObject({ c: { type: 'expired' } });
});

test('results are archived after 29 days', async () => {
  const on = batching();
  const { id } = await on.create({ a: bodyOf() });
  await on.show(id);
  await on.clock.advance(29 * 24 * 3_600_000);
  expect(await on.show(id)).toMatchObject({ archived_at: '2026-12-19T12:00:00.000Z', results_url: null });
  expect((await get(on.emulator, `${PATH}/${id}/results`)).status).toBe(404);
});

test('batches are listed newest first, for their workspace, until they are deleted', async () => {
  const on = batching();
  const ids = [];
  for (let made = 0; made < 3; made += 1) ids.unshift((await on.create({ a: bodyOf() })).id);
  await on.create({ a: bodyOf() }, { 'anthropic-workspace-id': 'wrkspc_other' });
  const first = await on.list('?limit=2');
  expect([first.data.map(({ id }) => id), first.has_more]).toEqual([ids.slice(0, 2), true]);
  expect((await on.list(`?after_id=${ids[1]}`)).data.map(({ id }) => id)).toEqual(ids.slice(2));
  expect(await jsonOfBody(await get(on.emulator, `${PATH}/${ids[0]}`, { method: 'DELETE' }))).toEqual({
    id: ids[0],
    type: 'message_batch_deleted',
  });
  expect(await statusOf(on.emulator, `${PATH}/${ids[0]}`)).toBe(404);
  expect((await on.list()).data.map(({ id }) => id)).toEqual(ids.slice(1));
});

test('a batch that has not ended cannot be deleted', async () => {
  const on = batching({ batchRequestMs: 1000 });
  const { id } = await on.create({ a: bodyOf() });
  expect(await statusOf(on.emulator, `${PATH}/${id}`, { method: 'DELETE' })).toBe(400);
});

test('thinking and tool calls of a batch are as in a message, and a longer answer is allowed where a beta asks for it', async () => {
  const on = batching({ script: [thinking('Hm.', toolUse('Bash')), text('Long'), text('Too long')] });
  const model = 'claude-fable-5-2';
  const { id } = await on.create({ a: bodyOf({ model }), b: bodyOf({ max_tokens: 300_000 }) });
  await on.show(id);
  expect(byId(await on.results(id))).toMatchObject({
    a: { message: { content: [{ type: 'thinking' }, { type: 'tool_use' }], stop_reason: 'tool_use' } },
    b: { type: 'errored' },
  });
  const long = await on.create(
    {
      b: bodyOf({ max_tokens: 300_000 }),
      c: bodyOf({ max_tokens: 300_001 }),
      d: bodyOf({ model: 'claude-haiku-4-5', max_tokens: 64_001 }),
    },
    { 'anthropic-beta': 'output-300k-2026-03-24' },
  );
  expect((await on.show(long.id)).request_counts).toMatchObject({ succeeded: 1, errored: 2 });
});

test.each<[string, unknown, RegExp]>([
  ['no requests', {}, /requests: Field required/],
  ['an empty list', { requests: [] }, /at least one request/],
  ['an unknown field', { requests: [], metadata: {} }, /metadata: Extra inputs/],
  ['a request without an id', { requests: [{ params: {} }] }, /requests.0.custom_id/],
  ['an id with a space', { requests: [{ custom_id: 'a b', params: {} }] }, /custom_id: String should match/],
  ['an id that is too long', { requests: [{ custom_id: 'x'.repeat(65), params: {} }] }, /custom_id/],
  [
    'an id used twice',
    {
      requests: [
        { custom_id: 'a', params: {} },
        { custom_id: 'a', params: {} },
      ],
    },
    /requests.1.custom_id: a is used twice/,
  ],
  ['a request without params', { requests: [{ custom_id: 'a' }] }, /requests.0.params: Input should be an object/],
  ['an unknown field of a request', { requests: [{ custom_id: 'a', params: {}, url: '' }] }, /url: Extra inputs/],
  ['a list', [], /must be a JSON object/],
  ['no JSON', '{', /not valid JSON/],
])('refuses %s', async (_, body, message) => {
  expect(await refusal(await post(createEmulator(), body, { path: PATH }))).toEqual([
    400,
    'invalid_request_error',
    expect.stringMatching(message),
  ]);
});

test('a time for each request that is none is told at once', () => {
  expect(() => createEmulator({ batchRequestMs: -1 })).toThrow('batchRequestMs must be a number of at least 0');
});
