import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ConfigurationError, SessionNotFoundError } from '../errors.ts';
import type { Entry, Fact, Input, NewEntry } from './entries.ts';
import type { Appended, Lease, Store } from './store.ts';

/** A place where sessions can be kept, new and empty. */
export type StorePlace = {
  /** Opens it; a second time as another process would. Memory, which no other process can open, gives the same store. */
  open(): Promise<Store>;
  /** Whether what was kept is there again when it is opened after all stores were closed. */
  survivesClosing: boolean;
  /** Closes every store that was opened, and removes what they kept. */
  remove(): Promise<void>;
};

/** What every store must do, as tests. `newPlace` is called once a test. */
export function storeSuite(name: string, newPlace: () => Promise<StorePlace>): void {
  const place: OpenPlace = async () => {
    const made = await newPlace();
    onTestFinished(() => made.remove());
    return made;
  };
  describe(name, () => {
    describe('append and read', () => {
      appendTests(place);
    });
    describe('rows', () => {
      rowTests(place);
    });
    describe('leases', () => {
      leaseTests(place);
    });
    describe('watch', () => {
      watchTests(place);
    });
    describe('writers side by side', () => {
      propertyTests(place);
    });
  });
}

type OpenPlace = () => Promise<StorePlace>;

const prompt = (text: string): NewEntry<Input> & { kind: 'prompt' } => ({
  kind: 'prompt',
  uuid: `uuid of ${text}`,
  content: [{ type: 'text', text }],
  by: 'tests',
  origin: null,
  priority: 'later',
  startsTurn: true,
});
const turnStart = (turn: string): NewEntry<Fact> => ({
  kind: 'turn_start',
  turn,
  init: { cwd: '/', tools: [1, { a: null }] },
});
const turnEnd = (turn: string): NewEntry<Fact> => ({
  kind: 'turn_end',
  turn,
  reason: 'end_turn',
  result: 'ä\u{1F642}\u0000"',
});

async function openSession(place: OpenPlace, id = 's'): Promise<{ place: StorePlace; store: Store }> {
  const made = await place();
  const store = await made.open();
  await store.sessions.create({ id, cwd: '/work' });
  return { place: made, store };
}

async function claimed(store: Store, id = 's', owner = 'me', ttlMs = 30_000): Promise<Lease> {
  const lease = await store.claim(id, owner, ttlMs);
  if (lease === undefined) throw new Error('not claimed');
  return lease;
}

function accepted(appended: Appended): Appended & { ok: true } {
  if (!appended.ok) throw new Error(`refused: ${appended.why}`);
  return appended;
}

function appendTests(place: OpenPlace): void {
  test('entries come back as they were appended, numbered from 1', async () => {
    const { store } = await openSession(place);
    const { epoch } = await claimed(store);
    const first = accepted(await store.append('s', [prompt('one')]));
    expect(first).toEqual({ ok: true, first: 1, head: 1, at: expect.stringMatching(/^\d{4}-.*Z$/), epoch: 1 });
    const next = accepted(
      await store.append('s', [turnStart('t'), { ...turnEnd('t'), thread: 'agent-1', once: 'end' }], {
        epoch,
        sync: 'lazy',
      }),
    );
    expect(await store.read('s', { after: 0 })).toEqual([
      { ...prompt('one'), v: 1, seq: 1, at: first.at, epoch: 1, thread: 'main' },
      { ...turnStart('t'), v: 1, seq: 2, at: next.at, epoch: 1, thread: 'main' },
      { ...turnEnd('t'), v: 1, seq: 3, at: next.at, epoch: 1, thread: 'agent-1', once: 'end' },
    ]);
  });

  test('a read is bounded below, above and in number', async () => {
    const { store } = await openSession(place);
    await store.append('s', ['1', '2', '3', '4', '5'].map(prompt));
    const seqs = async (o: Parameters<Store['read']>[1]): Promise<number[]> =>
      (await store.read('s', o)).map(({ seq }) => seq);
    expect(await seqs({ after: 2 })).toEqual([3, 4, 5]);
    expect(await seqs({ after: 1, upTo: 3 })).toEqual([2, 3]);
    expect(await seqs({ after: 1, upTo: 9, limit: 2 })).toEqual([2, 3]);
    expect(await seqs({ after: 5 })).toEqual([]);
    expect(await seqs({ after: 9 })).toEqual([]);
    expect(await store.read('unknown', { after: 0 })).toEqual([]);
  });

  test('an append to an unknown session is refused', async () => {
    const { store } = await openSession(place);
    expect(await store.append('unknown', [prompt('x')])).toEqual({ ok: false, why: 'missing' });
  });

  test('a fact without an epoch is refused, and so is one of a kind that is not known', async () => {
    const { store } = await openSession(place);
    // The types forbid it; code without types does not.
    const facts = [turnStart('t')] as unknown as NewEntry<Input>[];
    const unknown = [{ kind: 'from_the_future', by: 'x' }] as unknown as NewEntry<Input>[];
    await expect(store.append('s', facts)).rejects.toThrow(ConfigurationError);
    await expect(store.append('s', [prompt('x'), ...unknown])).rejects.toThrow(/lease/);
    expect((await store.sessions.get('s'))?.head).toBe(0);
  });

  test('a kind that is not known is kept as it is', async () => {
    const { store } = await openSession(place);
    const { epoch } = await claimed(store);
    const unknown = { kind: 'from_the_future', more: { x: [1] } } as unknown as NewEntry;
    await store.append('s', [unknown], { epoch });
    expect(await store.read('s', { after: 0 })).toMatchObject([{ kind: 'from_the_future', more: { x: [1] }, seq: 1 }]);
  });

  test('a batch whose key exists is refused whole, and told the entry that won', async () => {
    const { store } = await openSession(place);
    await store.append('s', [{ ...prompt('first'), once: 'key:1' }]);
    const refused = await store.append('s', [prompt('before'), { ...prompt('second'), once: 'key:1' }]);
    expect(refused).toMatchObject({ ok: false, why: 'once', winner: { seq: 1, uuid: 'uuid of first', once: 'key:1' } });
    expect(await store.read('s', { after: 0 })).toHaveLength(1);
  });

  test('a key is unique in its session only, and must not stand twice in a batch', async () => {
    const { store } = await openSession(place);
    await store.sessions.create({ id: 'other', cwd: '/' });
    const keyed = { ...prompt('x'), once: 'key' };
    accepted(await store.append('s', [keyed]));
    accepted(await store.append('other', [keyed]));
    await expect(
      store.append('s', [
        { ...keyed, once: 'k' },
        { ...keyed, once: 'k' },
      ]),
    ).rejects.toThrow(ConfigurationError);
  });

  test('appends that are not waited for keep their order', async () => {
    const { store } = await openSession(place);
    const texts = Array.from({ length: 50 }, (_, index) => `${index}`);
    await Promise.all(
      texts.map((text, index) => store.append('s', [prompt(text)], { sync: index % 3 === 0 ? 'now' : 'lazy' })),
    );
    const entries = await store.read('s', { after: 0 });
    expect(entries.map((entry) => (entry.kind === 'prompt' ? entry.uuid : ''))).toEqual(
      texts.map((text) => `uuid of ${text}`),
    );
    await store.sync();
  });

  test('what one store appended another reads', async () => {
    const { place: made, store } = await openSession(place);
    const other = await made.open();
    await store.append('s', [prompt('lazy')], { sync: 'lazy' });
    accepted(await other.append('s', [prompt('now')]));
    expect((await store.read('s', { after: 0 })).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await other.read('s', { after: 0 })).toEqual(await store.read('s', { after: 0 }));
  });
}

function rowTests(place: OpenPlace): void {
  test('a new row has the facts it was made with', async () => {
    const store = await (await place()).open();
    const made = await store.sessions.create({ id: 'a', cwd: '/work', data: { options: { model: 'm' } }, title: 'T' });
    expect(made).toEqual({
      id: 'a',
      cwd: '/work',
      data: { options: { model: 'm' } },
      title: 'T',
      tag: undefined,
      firstPrompt: undefined,
      lastPrompt: undefined,
      createdAt: made.createdAt,
      updatedAt: made.createdAt,
      head: 0,
      epoch: 0,
      owner: undefined,
      running: false,
      checkpoint: undefined,
      checkpointSeq: 0,
    });
    expect(await store.sessions.get('a')).toEqual(made);
    expect(await store.sessions.get('b')).toBeUndefined();
    await expect(store.sessions.create({ id: 'a', cwd: '/' })).rejects.toThrow(ConfigurationError);
  });

  test('the columns follow the log: prompts, title, running, activity', async () => {
    const { store } = await openSession(place);
    const { epoch } = await claimed(store);
    const row = async (): Promise<unknown> => store.sessions.get('s');
    const long = 'ü'.repeat(300);
    await store.append('s', [prompt('  first\n'), prompt(long)]);
    expect(await row()).toMatchObject({
      firstPrompt: 'first',
      lastPrompt: long.slice(0, 200),
      running: false,
      head: 2,
    });
    const started = accepted(
      await store.append('s', [turnStart('t'), { ...turnStart('u'), thread: 'agent' }], { epoch }),
    );
    expect(await row()).toMatchObject({ running: true, updatedAt: started.at });
    await store.append('s', [{ ...turnEnd('u'), thread: 'agent' }], { epoch });
    expect(await row()).toMatchObject({ running: true });
    await store.append('s', [turnEnd('t')], { epoch, checkpoint: { folded: [1] } });
    await store.append('s', [{ kind: 'settings', patch: { title: 'Named' }, by: 'x' }]);
    expect(await row()).toMatchObject({
      running: false,
      title: 'Named',
      firstPrompt: 'first',
      checkpoint: { folded: [1] },
      checkpointSeq: 6,
      head: 7,
    });
    await store.append('s', [{ kind: 'settings', patch: { title: null }, by: 'x' }]);
    expect(await row()).toMatchObject({ title: undefined, lastPrompt: long.slice(0, 200) });
  });

  test('a patch changes what it names; null clears; no other session is touched', async () => {
    const { store } = await openSession(place);
    const other = await store.sessions.create({ id: 'other', cwd: '/', title: 'Other' });
    expect(await store.sessions.patch('s', { title: 'T', tag: 'x', data: { a: 1 } })).toMatchObject({
      title: 'T',
      tag: 'x',
      data: { a: 1 },
    });
    expect(await store.sessions.patch('s', { tag: null })).toMatchObject({
      title: 'T',
      tag: undefined,
      data: { a: 1 },
    });
    expect(await store.sessions.get('other')).toEqual(other);
    await expect(store.sessions.patch('unknown', { title: 'T' })).rejects.toThrow(SessionNotFoundError);
  });

  test('the list has the newest activity first, by folder and by page, without checkpoints', async () => {
    vi.useFakeTimers({ now: 0, toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const store = await (await place()).open();
    for (const id of ['a', 'b', 'c']) await store.sessions.create({ id, cwd: id === 'b' ? '/b' : '/' });
    const { epoch } = await claimed(store, 'a');
    const ids = async (o?: Parameters<Store['sessions']['list']>[0]): Promise<string[]> =>
      (await store.sessions.list(o)).map(({ id }) => id);
    expect(await ids()).toEqual(['c', 'b', 'a']);
    vi.setSystemTime(1_000);
    await store.append('a', [turnStart('t')], { epoch, checkpoint: { large: true } });
    expect(await ids()).toEqual(['a', 'c', 'b']);
    expect(await ids({ cwd: '/' })).toEqual(['a', 'c']);
    expect(await ids({ limit: 1, offset: 1 })).toEqual(['c']);
    expect(await ids({ offset: 2 })).toEqual(['b']);
    expect((await store.sessions.list({ limit: 1 }))[0]).toMatchObject({ checkpoint: undefined, checkpointSeq: 1 });
  });

  test('a deleted session is gone with its entries, and its id is free', async () => {
    const { store } = await openSession(place);
    await store.sessions.create({ id: 'kept', cwd: '/' });
    for (const id of ['s', 'kept']) await store.append(id, [{ ...prompt('x'), once: 'k' }]);
    expect(await store.sessions.delete('s')).toBe(true);
    expect(await store.sessions.delete('s')).toBe(false);
    expect(await store.append('s', [prompt('x')])).toEqual({ ok: false, why: 'missing' });
    await store.sessions.create({ id: 's', cwd: '/' });
    expect(await store.read('s', { after: 0 })).toEqual([]);
    expect(accepted(await store.append('s', [{ ...prompt('x'), once: 'k' }])).first).toBe(1);
    expect(await store.read('kept', { after: 0 })).toHaveLength(1);
  });
}

function leaseTests(place: OpenPlace): void {
  beforeEach(
    () =>
      void vi.useFakeTimers({
        now: 1_000_000,
        toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
      }),
  );
  afterEach(() => void vi.useRealTimers());

  test('one owner at a time; each claim has the next epoch', async () => {
    const { place: made, store } = await openSession(place);
    const other = await made.open();
    const mine = await claimed(store, 's', 'me');
    expect(mine.epoch).toBe(1);
    expect(await other.claim('s', 'you', 30_000)).toBeUndefined();
    expect(await other.sessions.get('s')).toMatchObject({ owner: 'me', epoch: 1 });
    await mine.release();
    expect(await other.sessions.get('s')).toMatchObject({ owner: undefined });
    expect((await claimed(other, 's', 'you')).epoch).toBe(2);
    await expect(store.claim('unknown', 'me', 1_000)).rejects.toThrow(SessionNotFoundError);
  });

  test('an old epoch writes nothing, and its holder is told that the lease is lost', async () => {
    const { store } = await openSession(place);
    const old = await claimed(store, 's', 'me');
    const lease = await claimed(store, 's', 'me');
    expect(old.lost.aborted).toBe(true);
    expect(await store.append('s', [turnStart('t')], { epoch: old.epoch })).toEqual({ ok: false, why: 'epoch' });
    accepted(await store.append('s', [turnStart('t')], { epoch: lease.epoch }));
    expect(lease.lost.aborted).toBe(false);
    await old.release();
    expect(await store.sessions.get('s')).toMatchObject({ owner: 'me', head: 1 });
  });

  test('a lease is renewed for as long as its store is open', async () => {
    const { place: made, store } = await openSession(place);
    const other = await made.open();
    const lease = await claimed(store, 's', 'me', 30_000);
    for (let minute = 0; minute < 5; minute += 1) {
      await advance(store, 59_000);
      expect(await other.claim('s', 'you', 30_000)).toBeUndefined();
    }
    expect(lease.lost.aborted).toBe(false);
    expect(vi.getTimerCount()).toBe(1);
    await lease.release();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a lease that ran out can be taken; who had it is told at its next renewal', async () => {
    const { place: made, store } = await openSession(place);
    const other = await made.open();
    const mine = await claimed(store, 's', 'me', 30_000);
    // The process slept: time has passed, and no timer has run.
    vi.setSystemTime(Date.now() + 29_999);
    expect(await other.claim('s', 'you', 30_000)).toBeUndefined();
    vi.setSystemTime(Date.now() + 1);
    expect((await claimed(other, 's', 'you')).epoch).toBe(2);
    await mine.renew();
    expect(mine.lost.aborted).toBe(true);
    expect(mine.lost.reason).toMatchObject({ code: 'session_busy', sessionId: 's' });
    expect(await store.append('s', [turnStart('t')], { epoch: mine.epoch })).toEqual({ ok: false, why: 'epoch' });
  });

  test('a lease that ran out is good again while nobody else has taken it', async () => {
    const { store } = await openSession(place);
    const mine = await claimed(store, 's', 'me', 30_000);
    vi.setSystemTime(Date.now() + 3_600_000);
    await mine.renew();
    expect(mine.lost.aborted).toBe(false);
    expect(await store.claim('s', 'you', 30_000)).toBeUndefined();
  });

  test('closing a store releases its leases and leaves no timer', async () => {
    const { place: made, store } = await openSession(place);
    await claimed(store);
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    expect(vi.getTimerCount()).toBe(0);
    await expect(store.append('s', [prompt('x')])).rejects.toThrow(/closed/);
    await expect(store.read('s', { after: 0 })).rejects.toThrow(/closed/);
    if (!made.survivesClosing) return;
    const again = await made.open();
    expect(await again.sessions.get('s')).toMatchObject({ owner: undefined, epoch: 1 });
  });
}

/** Moves the time, and waits for what the timers started to reach the store: reads come after writes begun before. */
async function advance(store: Store, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    await vi.advanceTimersByTimeAsync(1_000);
    await store.sync();
  }
}

function watchTests(place: OpenPlace): void {
  test('a watcher hears at once of appends in its own process', async () => {
    const { store } = await openSession(place);
    const stop = new AbortController();
    const heads = store.watch('s', stop.signal)[Symbol.asyncIterator]();
    const next = heads.next();
    await store.append('s', [prompt('one')]);
    expect(await next).toEqual({ done: false, value: 1 });
    await store.append('s', [prompt('two')]);
    await store.append('s', [prompt('three')]);
    expect(await heads.next()).toEqual({ done: false, value: 3 });
    const last = heads.next();
    stop.abort();
    expect(await last).toEqual({ done: true, value: undefined });
  });

  test('a watcher hears within a second of appends through another store', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { place: made, store } = await openSession(place);
    const other = await made.open();
    const stop = new AbortController();
    const heads = store.watch('s', stop.signal)[Symbol.asyncIterator]();
    const next = heads.next();
    await other.append('s', [prompt('one')]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await next).toEqual({ done: false, value: 1 });
    stop.abort();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('leaving the loop ends the watching, and so does closing the store', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { store } = await openSession(place);
    const { signal } = new AbortController();
    const left = store.watch('s', signal);
    await store.append('s', [prompt('one')]);
    for await (const head of left) {
      expect(head).toBe(1);
      break;
    }
    expect(vi.getTimerCount()).toBe(0);
    const waiting = store.watch('s', signal)[Symbol.asyncIterator]().next();
    await store[Symbol.asyncDispose]();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(vi.getTimerCount()).toBe(0);
  });
}

type Step =
  | { do: 'input'; writer: number; count: number; once: number | undefined; sync: 'now' | 'lazy' }
  | { do: 'fact'; writer: number; count: number; once: number | undefined; sync: 'now' | 'lazy' }
  | { do: 'claim'; writer: number };

function propertyTests(place: OpenPlace): void {
  const writer = fc.integer({ min: 0, max: 2 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    ...(['input', 'fact'] as const).map((kind) =>
      fc.record({
        do: fc.constant(kind),
        writer,
        count: fc.integer({ min: 1, max: 3 }),
        once: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
        sync: fc.constantFrom('now' as const, 'lazy' as const),
      }),
    ),
    fc.record({ do: fc.constant('claim' as const), writer }),
  );

  test('whatever they do, numbers have no gap, keys are unique, and only the newest epoch writes facts', async () => {
    const { place: made, store } = await openSession(place);
    const stores = [store, store, await made.open()];
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), async (rounds) => {
        run += 1;
        const id = `run ${run}`;
        await store.sessions.create({ id, cwd: '/' });
        const results = await play(id, stores, rounds);
        check(await store.read(id, { after: 0 }), results);
        expect((await store.sessions.get(id))?.head).toBe(
          results.reduce((sum, { appended, count }) => sum + (appended.ok ? count : 0), 0),
        );
      }),
      { numRuns: 40 },
    );
  });
}

type Played = {
  step: Step & { do: 'input' | 'fact' };
  label: string;
  epoch: number | undefined;
  count: number;
  appended: Appended;
};

/** Plays the rounds; the steps of one round run at the same time. */
async function play(id: string, stores: readonly Store[], rounds: readonly (readonly Step[])[]): Promise<Played[]> {
  const epochs: (number | undefined)[] = stores.map(() => undefined);
  const results: Played[] = [];
  let labels = 0;
  for (const round of rounds) {
    await Promise.all(
      round.map(async (one) => {
        const store = stores[one.writer]!;
        if (one.do === 'claim') {
          // The same name for all: then a claim always succeeds, and takes the lease from the others.
          epochs[one.writer] = (await store.claim(id, 'shared', 30_000))?.epoch ?? epochs[one.writer];
          return;
        }
        const epoch = one.do === 'fact' ? (epochs[one.writer] ?? -1) : undefined;
        const label = `${(labels += 1)}`;
        const entries = Array.from({ length: one.count }, (_, index) => ({
          ...(one.do === 'fact' ? turnStart(label) : prompt(label)),
          ...(index === 0 && one.once !== undefined ? { once: `key ${one.once}` } : {}),
        }));
        const appended = await store.append(id, entries, { epoch: epoch as number, sync: one.sync });
        results.push({ step: one, label, epoch, count: one.count, appended });
      }),
    );
  }
  return results;
}

function check(entries: readonly Entry[], results: readonly Played[]): void {
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
  const keys = entries.flatMap(({ once }) => (once === undefined ? [] : [once]));
  expect(new Set(keys).size).toBe(keys.length);
  const epochs = entries.map(({ epoch }) => epoch);
  expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
  for (const { step, label, epoch, count, appended } of results) {
    const own = entries.filter((entry) => labelOf(entry) === label);
    const places = Array.from({ length: appended.ok ? count : 0 }, (_, index) => ({
      seq: appended.ok ? appended.first + index : 0,
      epoch: epoch ?? (appended.ok ? appended.epoch : 0),
    }));
    expect(own).toMatchObject(places);
    const winners = !appended.ok && appended.why === 'once' ? [appended.winner] : [];
    expect(entries).toEqual(expect.arrayContaining(winners));
    expect(winners).toMatchObject(winners.map(() => ({ once: `key ${step.once}` })));
    // Refused for its epoch is only who gave one.
    expect(!appended.ok && appended.why === 'epoch' && epoch === undefined).toBe(false);
  }
}

function labelOf(entry: Entry): string | undefined {
  if (entry.kind === 'prompt') return entry.uuid.slice('uuid of '.length);
  return entry.kind === 'turn_start' ? entry.turn : undefined;
}
