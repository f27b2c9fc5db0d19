import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Of sessions that a program did not close before its end; removed with it, unless it is killed. */
const open = new Set<string>();

let isHeard = false;

function removeAtExit(root: string): void {
  open.add(root);
  if (isHeard) return;
  isHeard = true;
  process.once('exit', () => open.forEach((left) => rmSync(left, { recursive: true, force: true })));
}

/** Folders that the commands of one session have to themselves: what they leave at home and in `/tmp` is there for the next one. */
export class SessionTemp {
  #made: Promise<{ root: string; home: string; tmp: string }> | undefined;

  /** Made at the first use, so that only this user may enter. `gitSettings` are put into the home folder. */
  folders(gitSettings: () => Promise<string | undefined>): Promise<{ home: string; tmp: string }> {
    return (this.#made ??= makeFolders(gitSettings));
  }

  async remove(): Promise<void> {
    const made = await this.#made?.catch(() => undefined);
    this.#made = undefined;
    if (made === undefined) return;
    await rm(made.root, { recursive: true, force: true, maxRetries: 2 });
    open.delete(made.root);
  }
}

async function makeFolders(
  gitSettings: () => Promise<string | undefined>,
): Promise<{ root: string; home: string; tmp: string }> {
  const root = await mkdtemp(join(tmpdir(), 'colloquy-session-'));
  removeAtExit(root);
  const [home, tmp] = [join(root, 'home'), join(root, 'tmp')];
  const [settings] = await Promise.all([gitSettings(), mkdir(home), mkdir(tmp)]);
  if (settings !== undefined) await writeFile(join(home, '.gitconfig'), settings);
  return { root, home, tmp };
}
