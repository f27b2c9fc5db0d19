import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { letOthersRun } from '../helpers/let-others-run.ts';
import { type Disk, SqliteWal } from './sqlite-wal.ts';

function openWal(disk: Disk): SqliteWal {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-wal-'));
  writeFileSync(join(folder, 'x.db-wal'), '');
  const wal = new SqliteWal(join(folder, 'x.db'), disk);
  onTestFinished(async () => {
    await wal.close();
    rmSync(folder, { recursive: true });
  });
  return wal;
}

/** A disk that takes so many milliseconds, and says how it was used. */
function diskThatTakes(ms: { is: number }): { disk: Disk; used: string[] } {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const used: string[] = [];
  const work = (how: string): void => {
    used.push(how);
    vi.advanceTimersByTime(ms.is);
  };
  return { used, disk: { later: async () => work('later'), now: () => work('now') } };
}

test('a disk is waited for in a thread, and on the spot if it was quick the last time', async () => {
  const ms = { is: 0 };
  const { disk, used } = diskThatTakes(ms);
  const wal = openWal(disk);
  for (let time = 1; time <= 3; time += 1) await wal.sync();
  ms.is = 2;
  for (let time = 1; time <= 3; time += 1) await wal.sync();
  ms.is = 0;
  for (let time = 1; time <= 2; time += 1) await wal.sync();
  expect(used).toEqual(['later', 'now', 'now', 'now', 'later', 'later', 'later', 'now']);
});

test('it waits for the commits that are about to come, for some turns of the event loop', async () => {
  const { disk, used } = diskThatTakes({ is: 0 });
  const wal = openWal(disk);
  let turns = 0;
  wal.isBusy = () => (turns += 1) < 3;
  await wal.sync();
  expect({ turns, syncs: used.length }).toEqual({ turns: 3, syncs: 1 });
  wal.isBusy = () => (turns += 1) > 0;
  await wal.sync();
  expect({ turns, syncs: used.length }).toEqual({ turns: 8, syncs: 2 });
});

test('whoever comes before it begins shares it; whoever comes while it is under way waits for the next', async () => {
  const disk = Promise.withResolvers<void>();
  let syncs = 0;
  const later = (): Promise<void> => {
    syncs += 1;
    return disk.promise;
  };
  const wal = openWal({ later });
  const first = [wal.sync(), wal.sync()];
  while (syncs === 0) await letOthersRun();
  const second = [wal.sync(), wal.sync()];
  await letOthersRun();
  expect(syncs).toBe(1);
  disk.resolve();
  await Promise.all([...first, ...second]);
  expect(syncs).toBe(2);
});

test('what has failed once fails for ever; a file that cannot be opened may be there the next time', async () => {
  let syncs = 0;
  const wal = openWal({
    later: async () => {
      syncs += 1;
      throw new Error('EIO');
    },
  });
  await expect(wal.sync()).rejects.toThrow('EIO');
  await expect(wal.sync()).rejects.toThrow('EIO');
  expect(syncs).toBe(1);
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-wal-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const later = new SqliteWal(join(folder, 'x.db'));
  await expect(later.sync()).rejects.toThrow('ENOENT');
  writeFileSync(join(folder, 'x.db-wal'), '');
  await later.sync();
  await later.close();
});
