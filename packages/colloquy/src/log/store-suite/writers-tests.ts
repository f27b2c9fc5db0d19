import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry } from '../entries.ts';
import type { Appended, Store } from '../store.ts';
import { type OpenPlace, prompt, turnStart, openSession } from './store-place.ts';

type Step =
  | { do: 'input'; writer: number; count: number; once: number | undefined; sync: 'now' | 'lazy' }
  | { do: 'fact'; writer: number; count: number; once: number | undefined; sync: 'now' | 'lazy' }
  | { do: 'claim'; writer: number };

export function writersTests(place: OpenPlace): void {
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
