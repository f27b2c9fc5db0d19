import { execFile } from 'node:child_process';
import { link, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Files by their path; a path that ends in / is a folder. ROOT in strings is the folder that holds all of it. */
export type Tree = Record<
  string,
  string | null | { link?: string; hard?: string; fifo?: boolean; socket?: boolean; file?: string }
>;

/** A folder `work` to work in, and one beside it that nothing may touch. */
export type Ground = AsyncDisposable & {
  root: string;
  cwd: string;
  /** What lies in `outside`, by path and content. */
  outside(): Promise<string[]>;
  /** Content of a file below the root; undefined when there is none. */
  text(path: string): Promise<string | undefined>;
};

/** What nothing from outside may show up as. */
export const SECRET = 'SECRET';

export const BASE: Tree = {
  'outside/secret.txt': SECRET,
  'outside/dir/': null,
  'work/a.txt': 'one',
  'work/sub/b.txt': 'two',
};

/** Plants the trees one after the other in a new folder, which is gone in the end. */
export async function createGround(...trees: Tree[]): Promise<Ground> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'colloquy-attack-')));
  const closers: (() => void)[] = [];
  for (const tree of trees) for (const [path, what] of Object.entries(tree)) await plant(root, path, what, closers);
  return {
    root,
    cwd: join(root, 'work'),
    outside: () => snapshot(join(root, 'outside')),
    text: (path) => readFile(join(root, path), 'utf8').catch(() => undefined),
    async [Symbol.asyncDispose]() {
      for (const close of closers) close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function plant(root: string, name: string, what: Tree[string], closers: (() => void)[]): Promise<void> {
  const path = join(root, name);
  await mkdir(name.endsWith('/') ? path : dirname(path), { recursive: true });
  if (what === null || what === undefined) return;
  if (typeof what === 'string') return writeFile(path, what);
  const { link: target, hard, fifo, socket } = what;
  if (target !== undefined) await symlink(target.replaceAll('ROOT', root), path);
  if (hard !== undefined) await link(hard.replaceAll('ROOT', root), path);
  if (fifo === true) await run('mkfifo', [path]);
  if (socket === true) {
    const server = createServer().listen(path);
    closers.push(() => server.close());
    await new Promise((resolve) => void server.once('listening', resolve));
  }
}

async function snapshot(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    found.push(`${path.slice(folder.length + 1)} ${entry.isFile() ? await readFile(path, 'utf8') : 'no file'}`);
  }
  return found.toSorted();
}
