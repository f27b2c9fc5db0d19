import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isRecord } from '../helpers/is-record.ts';
import type { Entry, Fact, Input } from './entries.ts';
import type { Cursor, Live } from './live.ts';
import { createMemoryStore } from './memory-store.ts';
import { InvalidCursorError, SessionFeed } from './session-feed.ts';
import type { Store } from './store.ts';

/** A feed over a session in memory, and what a session's owner does with both. */
async function openFeed(o: { entries?: number } = {}): Promise<{
  feed: SessionFeed;
  store: Store;
  epoch: number;
  add: (kind: Input | Fact, durable?: boolean) => Promise<Entry>;
}> {
  const store = createMemoryStore();
  await store.sessions.create({ id: 's', cwd: '/' });
  const lease = await store.claim('s', 'me', 30_000);
  const epoch = lease?.epoch ?? 0;
  for (let count = 0; count < (o.entries ?? 0); count += 1) await store.append('s', [note(`old ${count}`)], { epoch });
  const feed = new SessionFeed(store, 's', { epoch, head: o.entries ?? 0 });
  return {
    feed,
    store,
    epoch,
    async add(kind, durable = false) {
      const appended = await store.append('s', [kind], { epoch });
      const [entry] = await store.read('s', { after: appended.ok ? appended.first - 1 : 0 });
      if (entry === undefined) throw new Error('not appended');
      feed.publish([entry], durable);
      return entry;
    },
  };
}

const note = (source: string): Fact => ({ kind: 'context', role: 'user', content: [], source });
const request = (id: string): Fact => ({
  kind: 'model_request',
  request: id,
  attempt: 1,
  upTo: 0,
  maxTokens: 1,
  reservedUsd: 0,
});
const block = (id: string, index: number): Fact => ({ kind: 'model_block', request: id, index, block: {} });
const response = (id: string): Fact => ({
  kind: 'model_response',
  request: id,
  messageId: 'm',
  stopReason: 'end_turn',
  stopDetails: null,
  usage: {},
  timings: {},
});
const failed = (id: string): Fact => ({ kind: 'model_error', request: id, error: {}, next: 'retrying', discards: [] });
const MESSAGE_START = { type: 'message_start', message: {} };
const start = (index: number, content: object = { type: 'text', text: '' }): object => ({
  type: 'content_block_start',
  index,
  content_block: content,
});
const delta = (index: number, text: string): object => ({
  type: 'content_block_delta',
  index,
  delta: { type: 'text_delta', text },
});

/** A reader whose batches are taken one by one. */
function reading(feed: SessionFeed, o?: Parameters<SessionFeed['read']>[0]): AsyncIterator<readonly Live[]> {
  return feed.read(o)[Symbol.asyncIterator]();
}

/** Everything that a reader gets until the feed, which is closed here, ends it. */
async function rest(feed: SessionFeed, reader: AsyncIterator<readonly Live[]>): Promise<string[]> {
  feed.close();
  const told: string[] = [];
  for (let next = await reader.next(); !next.done; next = await reader.next()) told.push(...next.value.map(brief));
  return told;
}

async function batch(reader: AsyncIterator<readonly Live[]>): Promise<string[]> {
  const next = await reader.next();
  return next.done ? ['end'] : next.value.map(brief);
}

/** A line an item: the cursor and what it is. */
function brief(live: Live): string {
  switch (live.type) {
    case 'entry':
      return `${live.cursor} ${live.entry.kind}`;
    case 'fragment':
      return `${live.cursor} ${textOf(live.event)}`;
    case 'signal':
      return `signal ${String(live.signal)}`;
    case 'gap':
      return `${live.cursor} gap ${live.open.map(({ request: id, index, text }) => `${id}/${index}=${text}`).join(' ')}`;
    default:
      return live satisfies never;
  }
}

function textOf(event: unknown): string {
  if (!isRecord(event)) return '?';
  return isRecord(event['delta']) ? String(event['delta']['text']) : String(event['type']);
}

describe('a reader without a cursor', () => {
  test('starts now, and is told everything at once, in order, a batch for all that is ready', async () => {
    const { feed, add } = await openFeed({ entries: 3 });
    const reader = reading(feed, { fragments: true });
    await add(request('r'));
    feed.signal('status');
    feed.fragment('main', 'r', MESSAGE_START);
    feed.fragment('main', 'r', start(0));
    feed.fragment('main', 'r', delta(0, 'Hi'));
    await add(block('r', 0));
    expect(await batch(reader)).toEqual([
      '1.4.0 model_request',
      'signal status',
      '1.4.1 message_start',
      '1.4.2 content_block_start',
      '1.4.3 Hi',
      '1.5.3 model_block',
    ]);
    const next = batch(reader);
    feed.fragment('main', 'r', { type: 'message_stop' });
    feed.fragment('main', 'r', { type: 'ping' });
    expect(await next).toEqual(['1.5.4 message_stop', '1.5.5 ping']);
  });

  test('is told no fragments unless it asks for them', async () => {
    const { feed, add } = await openFeed();
    const reader = reading(feed);
    await add(request('r'));
    feed.fragment('main', 'r', start(0));
    feed.signal('status');
    await add(response('r'));
    expect(await rest(feed, reader)).toEqual(['1.1.0 model_request', 'signal status', '1.2.0 model_response']);
  });

  test('that is slow loses fragments and signals, never an entry', async () => {
    const { feed, add } = await openFeed();
    const reader = reading(feed, { fragments: true });
    await add(request('r'));
    feed.fragment('main', 'r', start(0));
    for (let count = 0; count < 10_000; count += 1) feed.fragment('main', 'r', delta(0, 'x'));
    for (let count = 0; count < 1_000; count += 1) await add(note('more'));
    for (let count = 0; count < 300; count += 1) feed.signal(count);
    const told = await rest(feed, reader);
    expect(told.filter((line) => line.endsWith('context'))).toHaveLength(1_000);
    const seqs = told.filter((line) => /context|model/.test(line)).map((line) => Number(line.split('.')[1]));
    expect(seqs).toEqual(Array.from({ length: 1_001 }, (_, index) => index + 1));
    expect(told.filter((line) => line.endsWith(' x')).length).toBe(8_192);
    expect(told.filter((line) => line.startsWith('signal'))).toHaveLength(256);
    expect(told.at(-1)).toBe('signal 299');
  });

  test('that is only a little behind gets the fragments of a block that is durable by now', async () => {
    const { feed, add } = await openFeed();
    const reader = reading(feed, { fragments: true });
    await add(request('r'));
    feed.fragment('main', 'r', start(0));
    feed.fragment('main', 'r', delta(0, 'Hi'));
    await add(block('r', 0));
    await add(response('r'), true);
    expect(await rest(feed, reader)).toEqual([
      '1.1.0 model_request',
      '1.1.1 content_block_start',
      '1.1.2 Hi',
      '1.2.2 model_block',
      '1.3.2 model_response',
    ]);
  });
});

describe('a reader with a cursor', () => {
  test('gets what came since from the store, then goes on', async () => {
    const { feed, add } = await openFeed({ entries: 1_200 });
    const reader = reading(feed, { after: '0.0.0' });
    const sizes: number[] = [];
    for (let count = 0; count < 3; count += 1) sizes.push((await batch(reader)).length);
    expect(sizes).toEqual([500, 500, 200]);
    await add(note('new'), true);
    expect(await batch(reader)).toEqual(['1.1201.0 context']);
    expect(await rest(feed, reading(feed, { after: '1.1199.0' }))).toEqual(['1.1200.0 context', '1.1201.0 context']);
    expect(await rest(feed, reading(feed, { after: '1.1201.0' }))).toEqual([]);
  });

  test('sees an entry only once it is durable, and says that it waits', async () => {
    const { feed, add } = await openFeed({ entries: 1 });
    const onWantDurable = vi.fn<() => void>();
    feed.onWantDurable = onWantDurable;
    const reader = reading(feed, { after: '1.1.0' });
    const next = batch(reader);
    expect(onWantDurable).not.toHaveBeenCalled();
    await add(note('lazy'));
    await add(note('lazy'));
    await vi.waitFor(() => expect(onWantDurable).toHaveBeenCalled());
    feed.markDurable(2);
    expect(await next).toEqual(['1.2.0 context']);
    const last = batch(reader);
    feed.markDurable(9);
    expect(await last).toEqual(['1.3.0 context']);
  });

  test('is told fragments at once, but not before the request they belong to', async () => {
    const { feed, add } = await openFeed();
    const reader = reading(feed, { after: '1.0.0', fragments: true });
    await add(request('r'));
    feed.fragment('main', 'r', MESSAGE_START);
    feed.fragment('main', 'r', start(0));
    const next = batch(reader);
    feed.markDurable(1);
    expect(await next).toEqual(['1.1.0 model_request', '1.1.1 message_start', '1.1.2 content_block_start']);
    await add(block('r', 0));
    feed.fragment('main', 'r', delta(1, 'more'));
    expect(await batch(reader)).toEqual(['1.1.3 more']);
    feed.markDurable(2);
    expect(await batch(reader)).toEqual(['1.2.3 model_block']);
  });

  test('that comes back in the same epoch gets the fragments it has not had', async () => {
    const { feed, add } = await openFeed();
    await add(request('r'), true);
    feed.fragment('main', 'r', start(0));
    feed.fragment('main', 'r', delta(0, 'a'));
    feed.fragment('main', 'r', delta(0, 'b'));
    expect(await batch(reading(feed, { after: '1.1.2', fragments: true }))).toEqual(['1.1.3 b']);
    await add(block('r', 0), true);
    feed.fragment('main', 'r', start(1));
    feed.fragment('main', 'r', delta(1, 'c'));
    expect(await rest(feed, reading(feed, { after: '1.1.2', fragments: true }))).toEqual([
      '1.2.2 model_block',
      '1.2.4 content_block_start',
      '1.2.5 c',
    ]);
  });

  test('of another epoch is told the texts so far of what is open, once', async () => {
    const { feed, add } = await openFeed({ entries: 2 });
    await add(request('r'), true);
    feed.fragment('main', 'r', start(0, { type: 'thinking', thinking: 'H' }));
    feed.fragment('main', 'r', {
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'thinking_delta', thinking: 'm' },
    });
    feed.fragment('main', 'r', start(1));
    feed.fragment('main', 'r', delta(1, 'Hel'));
    feed.fragment('main', 'r', start(2, { type: 'tool_use', id: 't', name: 'Read', input: {} }));
    const reader = reading(feed, { after: '0.1.0', fragments: true });
    expect(await batch(reader)).toEqual(['1.2.0 context', '1.3.0 model_request', '1.3.5 gap r/0=Hm r/1=Hel']);
    feed.fragment('main', 'r', delta(1, 'lo'));
    expect(await batch(reader)).toEqual(['1.3.6 lo']);
  });

  test('of another epoch hears that nothing is open, if it may be showing something', async () => {
    const { feed } = await openFeed({ entries: 1 });
    expect(await batch(reading(feed, { after: '0.1.7', fragments: true }))).toEqual(['1.1.0 gap ']);
    expect(await rest(feed, reading(feed, { after: '0.1.0', fragments: true }))).toEqual([]);
  });

  test('that loses fragments of an open block is told its text so far', async () => {
    const { feed, add } = await openFeed();
    await add(request('r'), true);
    feed.fragment('main', 'r', start(0));
    const reader = reading(feed, { after: '1.0.0', fragments: true });
    await batch(reader);
    for (let count = 0; count < 9_000; count += 1) feed.fragment('main', 'r', delta(0, 'x'));
    expect(await batch(reader)).toEqual([`1.1.9001 gap r/0=${'x'.repeat(9_000)}`]);
    feed.fragment('main', 'r', delta(0, 'y'));
    expect(await batch(reader)).toEqual(['1.1.9002 y']);
  });

  test('hears of no gap for fragments of what is closed', async () => {
    const { feed, add } = await openFeed();
    await add(request('r'), true);
    feed.fragment('main', 'r', start(0));
    for (let count = 0; count < 9_000; count += 1) feed.fragment('main', 'r', delta(0, 'x'));
    await add(failed('r'), true);
    expect(await rest(feed, reading(feed, { after: '1.0.0', fragments: true }))).toEqual([
      '1.1.0 model_request',
      '1.2.0 model_error',
    ]);
  });

  test.each(['2.0.0', '1.3.0', '1.2.1', '0.3.0', '', '1.2', 'x.y.z', '1.2.0 ', '-1.0.0', '1e3.0.0'])(
    'at %j, which is no place there is, is refused at once',
    async (cursor) => {
      const { feed } = await openFeed({ entries: 2 });
      expect(() => feed.read({ after: cursor as Cursor })).toThrow(InvalidCursorError);
    },
  );
});

describe('the end', () => {
  test('close ends readers after what is published; those with a cursor after what is durable', async () => {
    const { feed, add } = await openFeed();
    const now = reading(feed);
    const durable = reading(feed, { after: '1.0.0' });
    await add(note('durable'), true);
    await add(note('lazy'));
    expect(await rest(feed, now)).toEqual(['1.1.0 context', '1.2.0 context']);
    expect(await rest(feed, durable)).toEqual(['1.1.0 context']);
    expect(await now.next()).toEqual({ done: true, value: undefined });
  });

  test('a signal ends its reader at once, also one that waits, and an aborted one before it begins', async () => {
    const { feed, add } = await openFeed();
    const stop = new AbortController();
    const reader = reading(feed, { signal: stop.signal });
    const waiting = batch(reader);
    stop.abort();
    expect(await waiting).toEqual(['end']);
    await add(note('more'));
    expect(await batch(reader)).toEqual(['end']);
    expect(await batch(reading(feed, { signal: stop.signal }))).toEqual(['end']);
  });

  test('leaving the loop, or returning while next waits, ends the reader', async () => {
    const { feed, add } = await openFeed();
    const reader = reading(feed);
    const waiting = batch(reader);
    await reader.return?.();
    expect(await waiting).toEqual(['end']);
    const told: string[] = [];
    const looping = (async () => {
      for await (const items of feed.read()) {
        told.push(...items.map(brief));
        break;
      }
    })();
    await add(note('more'));
    await looping;
    expect(told).toEqual(['1.1.0 context']);
  });

  test('a failure ends those who read with its error, after what is ready; later ones are not concerned', async () => {
    const { feed, add } = await openFeed();
    const reader = reading(feed);
    await add(note('more'));
    feed.fail(new Error('disk'));
    expect(await batch(reader)).toEqual(['1.1.0 context']);
    await expect(reader.next()).rejects.toThrow('disk');
    expect(await batch(reader)).toEqual(['end']);
    expect(await rest(feed, reading(feed, { after: '0.0.0' }))).toEqual([]);
  });

  test('a session that is deleted under a reader ends it with an error', async () => {
    const { feed, store } = await openFeed({ entries: 2 });
    await store.sessions.delete('s');
    await expect(reading(feed, { after: '0.0.0' }).next()).rejects.toMatchObject({ code: 'session_not_found' });
  });
});

type Step =
  | { do: 'add'; what: 'request' | 'block' | 'response' | 'note'; answer: number; index: number; durable: boolean }
  | { do: 'durable'; behind: number }
  | { do: 'fragments'; answer: number; index: number; begin: boolean; count: number }
  | { do: 'read'; reader: number }
  | { do: 'leave and return'; reader: number };

const small = fc.integer({ min: 0, max: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('add' as const),
    what: fc.constantFrom('request' as const, 'block' as const, 'response' as const, 'note' as const),
    answer: small,
    index: small,
    durable: fc.boolean(),
  }),
  fc.record({ do: fc.constant('durable' as const), behind: small }),
  fc.record({
    do: fc.constant('fragments' as const),
    answer: small,
    index: small,
    begin: fc.boolean(),
    count: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(5_000)),
  }),
  fc.record({ do: fc.constant('read' as const), reader: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ do: fc.constant('leave and return' as const), reader: fc.integer({ min: 0, max: 2 }) }),
);

/** Reads on from where it was, and shows what a person would see: entries, and the text so far of what is not told yet. */
class Viewer {
  readonly #feed: SessionFeed;
  readonly #after: Cursor | undefined;
  readonly seqs: number[] = [];
  readonly live = new Map<string, string>();
  cursor: Cursor;
  #reader: AsyncIterator<readonly Live[]>;
  #next: Promise<IteratorResult<readonly Live[]>> | undefined;
  /** A cursor came with fewer fragments than the one before. */
  wentBack = false;
  #frag = 0;

  constructor(feed: SessionFeed, after?: Cursor) {
    this.#feed = feed;
    this.#after = after;
    this.cursor = after ?? '1.0.0';
    this.#reader = reading(feed, { after, fragments: true });
  }

  /** Takes what is ready, if anything is. */
  async read(): Promise<void> {
    this.#next ??= this.#reader.next();
    let next: IteratorResult<readonly Live[]> | undefined;
    void this.#next.then((value) => (next = value));
    // Reading from memory takes no more than a few turns of the queue.
    for (let turn = 0; turn < 20 && next === undefined; turn += 1) await Promise.resolve();
    if (next === undefined) return;
    this.#next = undefined;
    if (!next.done) for (const live of next.value) this.#take(live);
  }

  async comeBack(): Promise<void> {
    if (this.#after === undefined) return;
    await this.#reader.return?.();
    this.#next = undefined;
    this.#reader = reading(this.#feed, { after: this.cursor, fragments: true });
  }

  async finish(): Promise<void> {
    for (;;) {
      const next = await (this.#next ?? this.#reader.next());
      this.#next = undefined;
      if (next.done) return;
      for (const live of next.value) this.#take(live);
    }
  }

  #take(live: Live): void {
    if (live.type === 'signal') return;
    this.cursor = live.cursor;
    const frag = Number(live.cursor.split('.')[2]);
    this.wentBack ||= frag < this.#frag;
    this.#frag = frag;
    if (live.type === 'entry') this.#takeEntry(live.entry);
    else if (live.type === 'gap') {
      this.live.clear();
      for (const { request: id, index, text } of live.open) this.live.set(`${id}/${index}`, text);
    } else this.#takeFragment(live.request, live.event as { type: string; index: number; delta?: { text: string } });
  }

  #takeEntry(entry: Entry): void {
    this.seqs.push(entry.seq);
    if (entry.kind === 'model_block') this.live.delete(`${entry.request}/${entry.index}`);
    if (entry.kind === 'model_response') this.live.delete(`${entry.request}/0`);
    if (entry.kind === 'model_response') this.live.delete(`${entry.request}/1`);
  }

  #takeFragment(id: string, event: { type: string; index: number; delta?: { text: string } }): void {
    const key = `${id}/${event.index}`;
    if (event.type === 'content_block_start') this.live.set(key, '');
    else this.live.set(key, `${this.live.get(key) ?? 'lost:'}${event.delta?.text ?? ''}`);
  }
}

test('whatever happens, readers see every entry once and in order, and with a cursor the whole text of what is open', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { feed, add } = await openFeed();
      const viewers = [new Viewer(feed), new Viewer(feed, '1.0.0'), new Viewer(feed, '0.0.0')];
      const answers = [newAnswer(0), newAnswer(1)];
      let head = 0;
      for (const one of steps) {
        if (one.do === 'add') {
          const kind = nextEntry(one, answers[one.answer]!);
          if (kind !== undefined) head = (await add(kind, one.durable)).seq;
        } else if (one.do === 'durable') feed.markDurable(head - one.behind);
        else if (one.do === 'fragments') tellFragments(feed, one, answers[one.answer]!);
        else if (one.do === 'read') await viewers[one.reader]!.read();
        else await viewers[one.reader]!.comeBack();
      }
      feed.markDurable(head);
      feed.close();
      const open = new Map(
        answers.flatMap(({ id, blocks }) => [...blocks].map(([index, text]) => [`${id}/${index}`, text])),
      );
      const all = Array.from({ length: head }, (_, index) => index + 1);
      for (const viewer of viewers) await viewer.finish();
      expect(viewers.map(({ seqs }) => seqs)).toEqual([all, all, all]);
      expect(viewers.some(({ wentBack }) => wentBack)).toBe(false);
      expect(viewers.slice(1).map(({ live }) => live)).toEqual([open, open]);
    }),
    { numRuns: 150 },
  );
});

type Answer = { answer: number; id: string; count: number; asked: boolean; blocks: Map<number, string> };

function newAnswer(answer: number): Answer {
  return { answer, id: `r${answer}.0`, count: 0, asked: false, blocks: new Map() };
}

/** The entry that a turn could append now, as the model's answer stands. */
function nextEntry(one: Step & { do: 'add' }, answer: Answer): Fact | undefined {
  if (one.what === 'note') return note('note');
  if (one.what === 'request') {
    if (answer.asked) return undefined;
    answer.count += 1;
    answer.id = `r${answer.answer}.${answer.count}`;
    answer.asked = true;
    return request(answer.id);
  }
  if (!answer.asked) return undefined;
  if (one.what === 'response') {
    answer.asked = false;
    answer.blocks.clear();
    return response(answer.id);
  }
  return answer.blocks.delete(one.index) ? block(answer.id, one.index) : undefined;
}

function tellFragments(feed: SessionFeed, one: Step & { do: 'fragments' }, answer: Answer): void {
  if (!answer.asked) return;
  const thread = `thread ${answer.answer}`;
  if (!answer.blocks.has(one.index)) {
    if (!one.begin) return;
    answer.blocks.set(one.index, '');
    feed.fragment(thread, answer.id, start(one.index));
  }
  for (let count = 0; count < one.count; count += 1) {
    answer.blocks.set(one.index, `${answer.blocks.get(one.index)}${count % 10}`);
    feed.fragment(thread, answer.id, delta(one.index, `${count % 10}`));
  }
}

test('a slow reader is told a bounded number at a time, and what waits for it is held once for all', async () => {
  const { feed, add } = await openFeed();
  const readers = [1, 2].map(() => feed.read({ fragments: true })[Symbol.asyncIterator]());
  await add(request('r'));
  feed.fragment('main', 'r', { type: 'message_start' });
  for (let count = 0; count < 2_000; count += 1) feed.fragment('main', 'r', { type: 'content_block_delta', index: 0 });
  for (const reader of readers) {
    const sizes: unknown[] = [];
    while (sizes.length < 2) sizes.push((await reader.next()).value?.length);
    expect(sizes).toEqual([1_024, 978]);
  }
});

describe('a reader with a time between its batches', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  async function begin(): Promise<{ feed: SessionFeed; next: () => Promise<string[]>; add: (kind: Fact) => void }> {
    const { feed, add } = await openFeed();
    const reader = reading(feed, { after: '0.0.0', fragments: true, coalesceMs: 20 });
    await add(request('r'), true);
    feed.fragment('main', 'r', start(0));
    await batch(reader);
    return { feed, next: () => batch(reader), add: (kind) => void add(kind, true) };
  }
  const isOpen = (promise: Promise<unknown>): Promise<unknown> => Promise.race([promise, Promise.resolve('open')]);

  test('is told fragments that come fast together, and the first after a pause at once', async () => {
    const { feed, next } = await begin();
    const told = next();
    feed.fragment('main', 'r', delta(0, 'a'));
    await vi.advanceTimersByTimeAsync(19);
    feed.fragment('main', 'r', delta(0, 'b'));
    expect(await isOpen(told)).toBe('open');
    await vi.advanceTimersByTimeAsync(1);
    expect(await told).toEqual(['1.1.2 a', '1.1.3 b']);
    await vi.advanceTimersByTimeAsync(20);
    feed.fragment('main', 'r', delta(0, 'c'));
    expect(await next()).toEqual(['1.1.4 c']);
    // The lease's.
    expect(vi.getTimerCount()).toBe(1);
  });

  test('is told what the time has come for just when it was asked whether to wait', async () => {
    const { feed, add } = await openFeed();
    const reader = feed.read({ after: '0.0.0', fragments: true, coalesceMs: 20 });
    await add(request('r'), true);
    reader.take();
    feed.fragment('main', 'r', MESSAGE_START);
    vi.advanceTimersByTime(19);
    expect(reader.take()).toBeUndefined();
    vi.advanceTimersByTime(1);
    const waiting = reader.wait();
    await vi.advanceTimersByTimeAsync(2);
    expect(await isOpen(waiting)).toBeUndefined();
    expect(reader.take()?.map(brief)).toEqual(['1.1.1 message_start']);
  });

  test('is told entries and signals at once, with the fragments before them', async () => {
    const { feed, next, add } = await begin();
    feed.fragment('main', 'r', delta(0, 'a'));
    const told = next();
    add(block('r', 0));
    expect(await told).toEqual(['1.1.2 a', '1.2.2 model_block']);
    feed.fragment('main', 'r', start(1));
    const more = next();
    expect(await isOpen(more)).toBe('open');
    feed.signal('ring');
    expect(await more).toEqual(['1.2.3 content_block_start', 'signal ring']);
    expect(vi.getTimerCount()).toBe(1);
  });

  test('ends at once', async () => {
    const { feed, next } = await begin();
    feed.fragment('main', 'r', delta(0, 'a'));
    const told = next();
    feed.close();
    expect(await told).toEqual(['1.1.2 a']);
    expect(await next()).toEqual(['end']);
  });
});
