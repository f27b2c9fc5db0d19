import { expect, onTestFinished, test, vi } from 'vitest';
import { ConfigurationError, SessionNotFoundError } from '../../errors.ts';
import type { Store } from '../store.ts';
import { type OpenPlace, prompt, turnStart, turnEnd, openSession, claimed, accepted } from './store-place.ts';

export function rowTests(place: OpenPlace): void {
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
      checkpointSeq: 6,
      head: 7,
    });
    expect(await store.sessions.checkpoint('s')).toEqual({ folded: [1] });
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

  test('the list has the newest activity first, by folder and by page', async () => {
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
    expect(await ids({ running: true })).toEqual(['a']);
    expect(await ids({ limit: 1, offset: 1 })).toEqual(['c']);
    expect(await ids({ offset: 2 })).toEqual(['b']);
    expect((await store.sessions.list({ limit: 1 }))[0]).toMatchObject({ checkpointSeq: 1 });
  });

  test('the list is by creation too, up and down, from a time on', async () => {
    vi.useFakeTimers({ now: 0, toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const store = await (await place()).open();
    const at: string[] = [];
    for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) {
      vi.setSystemTime(index * 1_000);
      at.push((await store.sessions.create({ id, cwd: id === 'b' ? '/b' : '/' })).createdAt);
    }
    vi.setSystemTime(9_000);
    const { epoch } = await claimed(store, 'b');
    await store.append('b', [turnStart('t')], { epoch });
    const ids = async (o?: Parameters<Store['sessions']['list']>[0]): Promise<string> =>
      (await store.sessions.list(o)).map(({ id }) => id).join('');
    expect(await ids({ order: 'newest' })).toBe('dcba');
    expect(await ids({ order: 'oldest' })).toBe('abcd');
    expect(await ids({ order: 'newest', from: at[2] })).toBe('cba');
    expect(await ids({ order: 'oldest', from: at[1], limit: 2 })).toBe('bc');
    expect(await ids({ order: 'oldest', from: at[1], limit: 2, offset: 1 })).toBe('cd');
    expect(await ids({ order: 'newest', from: at[2], cwd: '/' })).toBe('ca');
    expect(await ids()).toBe('bdca');
    expect(await ids({ order: 'newest activity', from: at[3] })).toBe('dca');
  });

  test('the list is of one user too, in every order', async () => {
    vi.useFakeTimers({ now: 0, toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const store = await (await place()).open();
    for (const [index, id] of ['a', 'b', 'c', 'd', 'e'].entries()) {
      vi.setSystemTime(index * 1_000);
      await store.sessions.create({
        id,
        cwd: '/',
        ...(id === 'e' ? {} : { data: { owner: id === 'b' ? 'bo' : 'al' } }),
      });
    }
    vi.setSystemTime(9_000);
    await store.append('a', [prompt('x')]);
    const ids = async (o?: Parameters<Store['sessions']['list']>[0]): Promise<string> =>
      (await store.sessions.list(o)).map(({ id }) => id).join('');
    expect(await ids({ user: 'al' })).toBe('adc');
    expect(await ids({ user: 'al', order: 'newest' })).toBe('dca');
    expect(await ids({ user: 'al', order: 'oldest', limit: 1, offset: 1 })).toBe('c');
    expect(await ids({ user: 'al', order: 'newest', from: (await store.sessions.get('c'))?.createdAt })).toBe('ca');
    expect(await ids({ user: 'nobody' })).toBe('');
    await store.sessions.patch('c', { data: { owner: 'bo' } });
    expect(await ids({ user: 'bo' })).toBe('cb');
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
