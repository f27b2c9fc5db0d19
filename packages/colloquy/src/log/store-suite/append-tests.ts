import { expect, test } from 'vitest';
import { ConfigurationError } from '../../errors.ts';
import type { Input, NewEntry } from '../entries.ts';
import type { Store } from '../store.ts';
import { type OpenPlace, prompt, turnStart, turnEnd, openSession, claimed, accepted } from './store-place.ts';

export function appendTests(place: OpenPlace): void {
  test('entries come back as they were appended, numbered from 1', async () => {
    const { store } = await openSession(place);
    const { epoch } = await claimed(store);
    const first = accepted(await store.append('s', [prompt('one')]));
    expect(first).toMatchObject({ ok: true, first: 1, head: 1, at: expect.stringMatching(/^\d{4}-.*Z$/), epoch: 1 });
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
