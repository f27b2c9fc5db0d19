import { afterEach, describe, expect, test, vi } from 'vitest';
import { AbortError, SessionBusyError, SessionNotFoundError } from '../errors.ts';
import { letOthersRun } from '../helpers/let-others-run.ts';
import type { Entry, Fact, Input, NewEntry, Seq } from './entries.ts';
import type { Live } from './live.ts';
import { createMemoryStore } from './memory-store.ts';
import { SessionLog } from './session-log.ts';
import type { Appended, FactOptions, Store } from './store.ts';

afterEach(() => void vi.useRealTimers());

async function openLog(): Promise<{ store: Store; log: SessionLog; told: Seq[] }> {
  const store = createMemoryStore();
  await store.sessions.create({ id: 's', cwd: '/' });
  const log = await SessionLog.open(store, 's');
  const told: Seq[] = [];
  log.subscribe(({ seq }) => told.push(seq));
  return { store, log, told };
}

const note = (source: string): NewEntry<Fact> => ({ kind: 'context', role: 'user', content: [], source });
const interrupt = (by: string): NewEntry<Input> => ({ kind: 'interrupt', by, keepQueue: true });

/** A store that lets a test come between an operation and its answer. */
function slowed(store: Store, after: { append?: () => Promise<void>; read?: () => Promise<void> }): Store {
  const append = async (id: string, entries: readonly NewEntry[], o: FactOptions): Promise<Appended> => {
    const appended = await store.append(id, entries, o);
    await after.append?.();
    return appended;
  };
  return {
    ...delegate(store),
    // What is given is handed on, whichever of the two signatures it came by.
    append: append as Store['append'],
    read: async (id, o) => {
      const entries = await store.read(id, o);
      await after.read?.();
      return entries;
    },
  };
}

/** A store that hands everything on, for some of it to be replaced. */
function delegate(store: Store): Store {
  return {
    append: store.append.bind(store),
    sync: () => store.sync(),
    read: (id, o) => store.read(id, o),
    claim: (id, owner, ttlMs) => store.claim(id, owner, ttlMs),
    draft: (session, owner, ttlMs) => store.draft(session, owner, ttlMs),
    publish: (id, epoch) => store.publish(id, epoch),
    watch: (id, onHead) => store.watch(id, onHead),
    sessions: store.sessions,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

describe('opening', () => {
  test('claims the session; a second one is told who has it', async () => {
    const { store, log } = await openLog();
    expect(log).toMatchObject({ id: 's', epoch: 1, head: 0, row: { id: 's', epoch: 1 } });
    const busy = await SessionLog.open(store, 's').catch((error: unknown) => error);
    expect(busy).toBeInstanceOf(SessionBusyError);
    expect(busy).toMatchObject({ sessionId: 's', owner: expect.stringMatching(new RegExp(` ${process.pid}$`)) });
    await log.close();
    await using again = await SessionLog.open(store, 's');
    expect(again.epoch).toBe(2);
  });

  test('of a session that does not exist fails', async () => {
    const { store } = await openLog();
    await expect(SessionLog.open(store, 'unknown')).rejects.toThrow(SessionNotFoundError);
  });

  test('starts where the log stands: what is there is not told again', async () => {
    const { store, log } = await openLog();
    await log.append([note('a'), note('b')]);
    await log.close();
    await using again = await SessionLog.open(store, 's');
    const told: Entry[] = [];
    again.subscribe((entry) => told.push(entry));
    expect(again.head).toBe(2);
    await again.append([note('c')]);
    expect(told.map(({ seq }) => seq)).toEqual([3]);
  });
});

describe('appending', () => {
  test('gives the entries as they stand in the log, told to listeners before', async () => {
    const { store, log, told } = await openLog();
    const appended = await log.append([note('a'), { ...note('b'), thread: 'agent', once: 'k' }], { sync: 'lazy' });
    expect(told).toEqual([1, 2]);
    expect(appended).toEqual({ ok: true, entries: await store.read('s', { after: 0 }) });
    expect(await log.append([{ ...note('c'), once: 'k' }])).toMatchObject({
      ok: false,
      winner: { seq: 2, source: 'b' },
    });
    expect(log.head).toBe(2);
  });

  test('keeps a checkpoint with the batch', async () => {
    const { store, log } = await openLog();
    await log.append([note('a')], { checkpoint: { state: 1 } });
    expect(await store.sessions.get('s')).toMatchObject({ checkpointSeq: 1 });
    expect(await store.sessions.checkpoint('s')).toEqual({ state: 1 });
  });

  test('inputs of others that slipped in before are told before', async () => {
    const { store, log, told } = await openLog();
    const slipped = store.append('s', [interrupt('other'), interrupt('other')]);
    const own = log.append([note('own')]);
    await slipped;
    expect(await own).toMatchObject({ ok: true, entries: [{ seq: 3 }] });
    expect(told).toEqual([1, 2, 3]);
  });

  test('inputs of others are told without any append of ours', async () => {
    const { store, log, told } = await openLog();
    const reader = log.feed.read()[Symbol.asyncIterator]();
    await store.append('s', [interrupt('other')]);
    expect((await reader.next()).value).toMatchObject([{ type: 'entry', entry: { kind: 'interrupt', by: 'other' } }]);
    expect(told).toEqual([1]);
  });

  test('everything is told once and in order, whoever appends, and however slow the store answers', async () => {
    const { store } = await openLog().then(async (opened) => {
      await opened.log.close();
      return opened;
    });
    const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    let turn = 0;
    const sometimes = async (): Promise<void> => {
      turn += 1;
      for (let wait = turn % 4; wait > 0; wait -= 1) await later();
    };
    const log = await SessionLog.open(slowed(store, { append: sometimes, read: sometimes }), 's');
    const told: Seq[] = [];
    log.subscribe(({ seq }) => told.push(seq));
    const read: Seq[] = [];
    const reading = (async () => {
      for await (const items of log.feed.read())
        for (const item of items) if (item.type === 'entry') read.push(item.entry.seq);
    })();
    const appends: Promise<unknown>[] = [];
    for (let count = 0; count < 200; count += 1) {
      if (count % 3 === 0) appends.push(store.append('s', [interrupt('other')]));
      else if (count % 3 === 1)
        appends.push(log.append([note('a'), note('b')], { sync: count % 2 === 0 ? 'now' : 'lazy' }));
      else appends.push(log.input([interrupt('own')]));
      if (count % 5 === 0) await later();
    }
    await Promise.all(appends);
    const { head } = (await store.sessions.get('s')) ?? { head: 0 };
    await vi.waitFor(() => expect(log.head).toBe(head));
    await log.close();
    await reading;
    const all = Array.from({ length: head }, (_, index) => index + 1);
    expect(told).toEqual(all);
    expect(read).toEqual(all);
  });

  test('after the lease is lost fails, and says who has the session', async () => {
    const { store, log } = await openLog();
    vi.useFakeTimers({ now: Date.now() + 3_600_000, toFake: ['Date'] });
    const lease = await store.claim('s', 'somebody else', 30_000);
    expect(lease?.epoch).toBe(2);
    expect(log.lost.aborted).toBe(true);
    await expect(log.append([note('late')])).rejects.toThrow(/somebody else/);
    // Inputs are anybody's.
    expect(await log.input([interrupt('x')])).toMatchObject({ ok: true, entries: [{ seq: 1, epoch: 2 }] });
    await log.close();
    expect(await store.sessions.get('s')).toMatchObject({ owner: 'somebody else' });
  });

  test('to a session that was deleted fails', async () => {
    const { store, log } = await openLog();
    await store.sessions.delete('s');
    await expect(log.append([note('late')])).rejects.toThrow(SessionNotFoundError);
  });
});

describe('while the disk works', () => {
  /** A store whose entries are durable only once `letGo` is called, as one that writes to a disk. */
  function held(store: Store): { store: Store; letGo: () => void } {
    const disk = Promise.withResolvers<void>();
    const append = async (id: string, entries: readonly NewEntry[], o: FactOptions): Promise<Appended> => {
      const appended = await store.append(id, entries, o);
      if (o.sync !== 'lazy') await disk.promise;
      return appended;
    };
    // What is given is handed on, whichever of the two signatures it came by.
    const holding = { ...delegate(store), append: append as Store['append'], sync: () => disk.promise };
    return { store: holding, letGo: () => disk.resolve() };
  }

  test('inputs are told at once, and acknowledged when they are durable, as is that they were refused', async () => {
    const { store, letGo } = held(createMemoryStore());
    await store.sessions.create({ id: 's', cwd: '/' });
    await using log = await SessionLog.open(store, 's');
    const order: string[] = [];
    log.subscribe(({ seq }) => order.push(`told ${seq}`));
    const keyed = { ...interrupt('x'), once: 'k' };
    const acknowledged = log.input([keyed]).then(() => order.push('acknowledged'));
    const refused = log.input([keyed]).then(() => order.push('refused'));
    await log.append([note('a')], { sync: 'lazy' });
    expect(order).toEqual(['told 1', 'told 2']);
    letGo();
    await Promise.all([acknowledged, refused]);
    expect(order).toEqual(['told 1', 'told 2', 'acknowledged', 'refused']);
  });

  test('a fact that is to be durable is told only then, whatever is appended after it, by whomever', async () => {
    const memory = createMemoryStore();
    const { store, letGo } = held(memory);
    await store.sessions.create({ id: 's', cwd: '/' });
    await using log = await SessionLog.open(store, 's');
    const told: Seq[] = [];
    log.subscribe(({ seq }) => told.push(seq));
    const appends = [
      log.append([note('end')], { sync: 'now' }),
      log.append([note('next')], { sync: 'lazy' }),
      log.input([interrupt('own')], { sync: 'lazy' }),
      log.refresh(),
    ];
    await memory.append('s', [interrupt('other')]);
    expect(await memory.read('s', { after: 0 })).toHaveLength(4);
    await letOthersRun();
    expect(told).toEqual([]);
    letGo();
    await Promise.all(appends);
    await vi.waitFor(() => expect(told).toEqual([1, 2, 3, 4]));
  });

  test('a log that others have written to is opened once all of it is durable', async () => {
    const memory = createMemoryStore();
    await memory.sessions.create({ id: 's', cwd: '/' });
    await memory.append('s', [interrupt('other')]);
    const { store, letGo } = held(memory);
    let isOpen = false;
    const opening = SessionLog.open(store, 's').finally(() => (isOpen = true));
    await letOthersRun();
    expect(isOpen).toBe(false);
    letGo();
    await using log = await opening;
    expect(log.head).toBe(1);
  });
});

describe('what readers with a cursor see', () => {
  async function next(reader: AsyncIterator<readonly Live[]>): Promise<(Seq | string)[]> {
    const { value, done } = await reader.next();
    return done ? ['end'] : value.map((live: Live) => (live.type === 'entry' ? live.entry.seq : live.type));
  }

  test('lazy entries become durable within 20 ms when somebody waits for them, and one sync serves all', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { store, log } = await openLog();
    const sync = vi.spyOn(store, 'sync');
    const readers = [0, 1].map(() => log.feed.read({ after: '1.0.0' })[Symbol.asyncIterator]());
    const waiting = readers.map(next);
    await log.append([note('a')], { sync: 'lazy' });
    await vi.advanceTimersByTimeAsync(10);
    await log.append([note('b')], { sync: 'lazy' });
    await vi.advanceTimersByTimeAsync(9);
    expect(sync).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await Promise.all(waiting)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(sync).toHaveBeenCalledTimes(1);
    await log.append([note('c')], { sync: 'now' });
    expect(await Promise.all(readers.map(next))).toEqual([[3], [3]]);
    await log.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('nobody who waits, no sync; sync tells everything appended', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { store, log } = await openLog();
    const sync = vi.spyOn(store, 'sync');
    await log.append([note('a')], { sync: 'lazy' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sync).not.toHaveBeenCalled();
    const reader = log.feed.read({ after: '1.0.0' })[Symbol.asyncIterator]();
    const waiting = next(reader);
    await log.sync();
    expect(await waiting).toEqual([1]);
  });

  test('a store that cannot make entries durable ends them with its error', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { store, log } = await openLog();
    vi.spyOn(store, 'sync').mockRejectedValue(new Error('disk full'));
    const failing = next(log.feed.read({ after: '1.0.0' })[Symbol.asyncIterator]()).catch((error: unknown) => error);
    await log.append([note('a')], { sync: 'lazy' });
    await vi.advanceTimersByTimeAsync(20);
    expect(await failing).toEqual(new Error('disk full'));
  });
});

describe('closing', () => {
  test('waits for what is under way, tells it, releases the lease and leaves no timer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const { store, log } = await openLog();
    const readers = [log.feed.read(), log.feed.read({ after: '1.0.0' })];
    const appending = log.append([note('a')], { sync: 'lazy' });
    const closing = log.close();
    expect(log.close()).toBe(closing);
    expect(await appending).toMatchObject({ ok: true });
    await closing;
    const told = await Promise.all(readers.map(async (reader) => (await Array.fromAsync(reader)).flat()));
    expect(told).toMatchObject([[{ entry: { seq: 1 } }], [{ entry: { seq: 1 } }]]);
    expect(await store.sessions.get('s')).toMatchObject({ owner: undefined });
    expect(vi.getTimerCount()).toBe(0);
    await expect(log.append([note('late')])).rejects.toThrow(AbortError);
    await expect(log.input([interrupt('late')])).rejects.toThrow(AbortError);
  });

  test('releases the lease and ends the readers even if the store cannot make the log durable', async () => {
    const { store, log } = await openLog();
    vi.spyOn(store, 'sync').mockRejectedValue(new Error('disk full'));
    const reader = log.feed.read()[Symbol.asyncIterator]();
    await expect(log.close()).rejects.toThrow('disk full');
    expect(await reader.next()).toEqual({ done: true, value: undefined });
    expect(await store.sessions.get('s')).toMatchObject({ owner: undefined });
  });
});
