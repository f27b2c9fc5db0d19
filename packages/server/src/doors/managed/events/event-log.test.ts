import { createMemoryStore, type NewEntry, type Store } from 'colloquy/internal';
import { expect, test } from 'vitest';
import type { Order, PageRequest, Place } from '../../../http/page.ts';
import { EventLog, type Listed } from './event-log.ts';

const ID = '01234567-89ab-4cde-8f01-23456789abcd';

/** A log of so many turns, each a message and an answer, and the events in it. */
async function logOf(
  turns: number,
): Promise<{ log: EventLog; head: number; reads: { after: number; count: number }[] }> {
  const store = createMemoryStore();
  await store.sessions.create({ id: ID, cwd: '/' });
  const lease = await store.claim(ID, 'me', 60_000);
  const epoch = lease?.epoch ?? 0;
  for (let n = 1; n <= turns; n += 1) await store.append(ID, turn(n), { epoch });
  const head = (await store.sessions.get(ID))?.head ?? 0;
  const reads: { after: number; count: number }[] = [];
  const counting: Store = {
    ...store,
    async read(id, o) {
      const entries = await store.read(id, o);
      reads.push({ after: o.after, count: entries.length });
      return entries;
    },
  };
  const init = { session: ID, isNative: false, thread: { id: 'sthr_1', agentName: 'Ann' }, budget: undefined };
  const log = new EventLog({ store: async () => counting, initOf: async () => init });
  return { log, head, reads };
}

const PER_TURN = 6;

function turn(n: number): NewEntry[] {
  const prompt = (n - 1) * PER_TURN + 1;
  const usage = { input_tokens: 1, output_tokens: 1 };
  const common = { request: `t${n}.1` };
  return [
    {
      kind: 'prompt',
      uuid: `p${n}`,
      content: [{ type: 'text', text: `Question ${n}` }],
      by: 'me',
      origin: null,
      priority: 'later',
      startsTurn: true,
    },
    { kind: 'turn_start', turn: `t${n}`, init: {} },
    { kind: 'prompt_taken', prompt, turn: `t${n}` },
    { kind: 'model_request', ...common, attempt: 1, upTo: prompt, maxTokens: 1, reservedUsd: 0 },
    {
      kind: 'model_response',
      ...common,
      messageId: 'm',
      stopReason: 'end_turn',
      stopDetails: null,
      usage,
      timings: { apiMs: 1, model: 'claude-opus-5-5' },
    },
    { kind: 'turn_end', turn: `t${n}`, reason: 'completed', result: { stop_reason: 'end_turn' } },
  ];
}

function request(order: Order, limit: number, from?: Place): PageRequest {
  return { list: 'events', order, limit, from, backwards: false };
}

async function walk(log: EventLog, head: number, order: Order, limit: number): Promise<Listed[]> {
  const rows: Listed[] = [];
  for (let from: Place | undefined; ;) {
    const page = await log.page(ID, head, request(order, limit, from), () => true);
    rows.push(...page.slice(0, limit));
    if (page.length <= limit) return rows;
    from = page[limit - 1]?.place;
  }
}

const read = (reads: readonly { count: number }[]): number => reads.reduce((sum, { count }) => sum + count, 0);

test('the first page of a long log costs what is on it, and so does a later one', async () => {
  const { log, head, reads } = await logOf(2_000);
  await log.page(ID, head, request('asc', 10), () => true);
  expect(read(reads)).toBeLessThanOrEqual(200);
  await log.newest(ID, head);
  reads.length = 0;
  await log.page(ID, head, request('asc', 10, [11_000, '0']), () => true);
  expect(read(reads)).toBeLessThanOrEqual(1_300);
  reads.length = 0;
  await log.page(ID, head, request('desc', 10), () => true);
  expect(read(reads)).toBeLessThanOrEqual(1_200);
});

test('what was folded is folded on, and not again', async () => {
  const { log, head, reads } = await logOf(50);
  await log.newest(ID, head - PER_TURN);
  reads.length = 0;
  expect((await log.newest(ID, head)).core.seq).toBe(head);
  await log.newest(ID, head);
  expect(read(reads)).toBe(PER_TURN);
});

test('pages of a log with many marks join to the same list from both ends', async () => {
  const { log, head } = await logOf(900);
  const whole = await walk(log, head, 'asc', 1_000);
  expect(new Set(whole.map(({ event }) => event.id)).size).toBe(whole.length);
  expect(await walk(log, head, 'asc', 333)).toEqual(whole);
  expect(await walk(log, head, 'desc', 333)).toEqual(whole.toReversed());
});

test('a copy of the state at any entry is what folding up to there gives, whatever was folded since', async () => {
  const { log, head } = await logOf(400);
  const at = 3 * PER_TURN + 4;
  const before = await log.stateAt(ID, at);
  await log.newest(ID, head);
  expect(await log.stateAt(ID, at)).toEqual(before);
  expect((await log.stateAt(ID, head)).core.seq).toBe(head);
});

test('many that ask at once share the folding', async () => {
  const { log, head, reads } = await logOf(100);
  const states = await Promise.all(Array.from({ length: 20 }, () => log.newest(ID, head)));
  expect(new Set(states).size).toBe(1);
  expect(read(reads)).toBe(head);
});
