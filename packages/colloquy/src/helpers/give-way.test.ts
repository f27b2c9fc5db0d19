import { expect, test } from 'vitest';
import { giveWay } from './give-way.ts';
import { letOthersRun } from './let-others-run.ts';

/** Work that holds the event loop. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('who asks first goes on at once, and so does everybody while the turn of the loop is young', async () => {
  await letOthersRun();
  expect(giveWay()).toBeUndefined();
  expect(giveWay()).toBeUndefined();
});

test('what comes at once is spread over many turns of the loop, in order, and others get their turn in between', async () => {
  await letOthersRun();
  const done: string[] = [];
  const piece = async (name: string): Promise<void> => {
    await giveWay();
    await Promise.resolve();
    work(2);
    done.push(name);
  };
  const all = Promise.all(Array.from({ length: 20 }, (_, index) => piece(`p${index}`)));
  let between = 0;
  for (; done.length < 20; between += 1) {
    const before = done.length;
    await letOthersRun();
    // Four at once, and then what fits into 3 ms.
    expect(done.length - before).toBeLessThanOrEqual(4 + 3);
  }
  await all;
  expect(between).toBeGreaterThanOrEqual(4);
  expect(done).toEqual(Array.from({ length: 20 }, (_, index) => `p${index}`));
});

test('of those who waited, the next one goes on when the one before has nothing left to do', async () => {
  await letOthersRun();
  const told: string[] = [];
  const piece = async (name: string): Promise<void> => {
    await giveWay();
    told.push(`${name} begins`);
    for (let hop = 0; hop < 5; hop += 1) await Promise.resolve();
    told.push(`${name} rests`);
  };
  await Promise.all(['', '', '', '', 'a', 'b', 'c'].map(piece));
  expect(told.slice(8)).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} rests`]));
});

test('once nobody waits, nothing keeps the process from resting', async () => {
  await letOthersRun();
  void giveWay();
  await letOthersRun();
  await letOthersRun();
  expect(process.getActiveResourcesInfo().filter((name) => name === 'Immediate')).toEqual([]);
});
