import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { TimeoutError } from '../../errors.ts';
import { delay } from '../../helpers/delay.ts';
import { isMissing } from './settings-file.ts';

const WAIT_MS = 10_000;
const LOOK_AGAIN_MS = 15;
/** Nobody holds a lock for so long: whoever made it has gone. */
const STALE_MS = 30_000;

/**
 * Runs something while no other process does it for the same file. The lock is a file beside it.
 * @throws TimeoutError when others hold it for ten seconds
 */
export async function withFileLock<T>(path: string, run: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  const token = randomUUID();
  const until = performance.now() + WAIT_MS;
  while (!(await take(lock, token))) {
    if (performance.now() > until)
      throw new TimeoutError(
        `${path} was being written by others for ${WAIT_MS / 1000} s; if nobody does, remove ${lock}`,
      );
    await removeIfStale(lock);
    await delay(LOOK_AGAIN_MS * (0.5 + Math.random()));
  }
  try {
    return await run();
  } finally {
    if ((await holder(lock)) === token) await rm(lock, { force: true });
  }
}

async function take(lock: string, token: string): Promise<boolean> {
  try {
    await writeFile(lock, token, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes away a lock that was left behind. Moved first and looked at again: another process may have done the same a moment ago. */
async function removeIfStale(lock: string): Promise<void> {
  const token = await holder(lock);
  const found = await stat(lock).catch(() => undefined);
  if (found === undefined || Date.now() - found.mtimeMs < STALE_MS) return;
  const aside = `${lock}.${randomUUID()}`;
  try {
    await rename(lock, aside);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  if ((await holder(aside)) === token) await rm(aside, { force: true });
  else await rename(aside, lock);
}

async function holder(lock: string): Promise<string | undefined> {
  try {
    return await readFile(lock, 'utf8');
  } catch {
    return undefined;
  }
}
