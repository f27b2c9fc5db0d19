import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { createLocalFiles } from 'colloquy/internal';
import { SECRET } from './ground.ts';

type Files = ReturnType<typeof createLocalFiles>;
type Kind = 'folder' | 'file' | 'link' | 'hard';
type Planted = { at: string; kind: Kind; target: string };
type Step =
  | { do: 'read' | 'write' | 'list' | 'stat'; path: string }
  /** Judged, then what lies on its way is exchanged, then used. */
  | { do: 'swapped'; path: string; planted: Planted; write: boolean };
export type TreeRun = { tree: Planted[]; steps: Step[]; byName: boolean };

const inside = fc.constantFrom('a', 'b', 'c');
const outside = fc.constantFrom('oa', 'ob');
const step = fc.constantFrom('..', '.', '', 'a', 'b', 'c', 'oa', 'ob', 'w');
const way = fc.array(step, { minLength: 1, maxLength: 6 }).map((names) => names.join('/') || '.');
const spot = fc.oneof(
  fc.array(inside, { minLength: 1, maxLength: 3 }).map((names) => `work/${names.join('/')}`),
  fc.array(outside, { minLength: 1, maxLength: 2 }).map((names) => `outside/${names.join('/')}`),
);
const anyPath = fc.oneof(
  way,
  fc.tuple(fc.constantFrom('ROOT/work/', 'ROOT/outside/', 'ROOT/'), way).map((parts) => parts.join('')),
);
const planted = fc.record<Planted>({
  at: spot,
  kind: fc.constantFrom<Kind[]>('folder', 'file', 'link', 'link', 'hard'),
  target: fc.oneof(
    anyPath,
    spot.map((path) => `ROOT/${path}`),
  ),
});
const writable = fc.array(fc.constantFrom('..', '.', 'a', 'b', 'c', 'w'), { minLength: 1, maxLength: 5 });

export const treeRun: fc.Arbitrary<TreeRun> = fc.record({
  tree: fc.array(planted, { minLength: 3, maxLength: 12 }),
  steps: fc.array(
    fc.oneof(
      fc.record({ do: fc.constantFrom('read' as const, 'list' as const, 'stat' as const), path: anyPath }),
      fc.record({ do: fc.constant('write' as const), path: writable.map((names) => names.join('/')) }),
      fc.record({
        do: fc.constant('swapped' as const),
        path: writable.map((names) => names.join('/')),
        planted: planted.filter(({ at }) => at.startsWith('work/')),
        write: fc.boolean(),
      }),
    ),
    { minLength: 1, maxLength: 12 },
  ),
  byName: fc.boolean(),
});

/** Plays a run in a new folder. @returns what was wrong: the outside seen or changed, or something inside refused */
export async function playTree({ tree, steps, byName }: TreeRun): Promise<string[]> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'colloquy-attack-')));
  try {
    for (const folder of ['work', 'outside/oa']) mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, 'outside/ob'), SECRET);
    for (const each of tree) plant(root, each);
    const cwd = join(root, 'work');
    const files = createLocalFiles({ cwd, roots: () => [cwd], byName });
    const flaws: string[] = [];
    for (const each of steps) {
      const before = snapshot(join(root, 'outside'));
      const flaw = await playStep(files, root, each);
      if (flaw !== undefined) flaws.push(`${JSON.stringify(each)}: ${flaw}`);
      // A swap moves hard links and files about as well, and nothing else than the files of the session may.
      if (each.do !== 'swapped' && snapshot(join(root, 'outside')) !== before)
        flaws.push(`${JSON.stringify(each)}: outside`);
    }
    return flaws;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function playStep(files: Files, root: string, each: Step): Promise<string | undefined> {
  const path = each.path.replaceAll('ROOT', root);
  if (each.do === 'swapped') return playSwapped(files, root, path, each);
  const expected = whatIs(root, path);
  const seen = await attempt(async () => {
    switch (each.do) {
      case 'read':
        return Buffer.from(await files.read(path)).toString();
      case 'write':
        return files.write(path, 'in');
      case 'list':
        return files.list(path);
      case 'stat':
        return (await files.stat(path))?.kind;
      default:
        return each satisfies never;
    }
  });
  const isSeen = seen !== undefined && !(seen instanceof Error);
  if (each.do !== 'write' && isSeen && (expected === 'outside' || isSecret(seen)))
    return `a leak: ${JSON.stringify(seen)}`;
  const works: readonly string[] = { read: ['file'], list: ['folder'], stat: ['file', 'folder', 'linked'], write: [] }[
    each.do
  ];
  if (!isSeen && works.includes(expected)) return `refused: ${String(seen)}`;
  return undefined;
}

/** Looks at a path as the turn does, exchanges something, and then goes on with what was judged. */
async function playSwapped(
  files: Files,
  root: string,
  path: string,
  each: Step & { do: 'swapped' },
): Promise<string | undefined> {
  const judged = await attempt(() => files.locate(path));
  if (judged instanceof Error || !isBelow(join(root, 'work'), judged.real)) return undefined;
  plant(root, each.planted);
  const before = snapshot(join(root, 'outside'));
  const leave = files.withLeave([{ path, real: judged.real, mayBeLinked: judged.links > 1 && each.write }]);
  const seen = await attempt<unknown>(async () =>
    each.write ? leave.write(path, 'in') : Buffer.from(await leave.read(path)).toString(),
  );
  if (snapshot(join(root, 'outside')) !== before) return 'outside after a swap';
  return isSecret(seen) ? `a leak after a swap: ${JSON.stringify(seen)}` : undefined;
}

/** What a path names by the system's own word. */
function whatIs(root: string, path: string): 'file' | 'folder' | 'linked' | 'outside' | 'nothing' {
  const cwd = join(root, 'work');
  try {
    const real = realpathSync.native(path.startsWith('/') ? path : `${cwd}/${path}`);
    if (!isBelow(cwd, real)) return 'outside';
    const found = statSync(real);
    if (found.isDirectory()) return 'folder';
    return found.nlink === 1 ? 'file' : 'linked';
  } catch {
    return 'nothing';
  }
}

const isBelow = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`);

const isSecret = (seen: unknown): boolean => typeof seen === 'string' && seen.includes(SECRET);

async function attempt<T>(act: () => Promise<T>): Promise<T | Error> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

/** Puts something in a place, instead of what is there; nothing where that cannot be. */
function plant(root: string, { at, kind, target }: Planted): void {
  const path = join(root, at);
  try {
    // Only below real folders, so that nothing of the outside is planted inside, nor the other way round.
    mkdirSync(dirname(path), { recursive: true });
    if (realpathSync(dirname(path)) !== dirname(path)) return;
    const to = target.replaceAll('ROOT', root);
    const isHard = kind === 'hard' && lstatSync(join(root, 'outside/ob'), { throwIfNoEntry: false })?.isFile() === true;
    if (at === 'outside/ob') return;
    rmSync(path, { recursive: true, force: true });
    if (kind === 'folder') mkdirSync(path);
    else if (kind === 'file') writeFileSync(path, at.startsWith('work/') ? 'in' : SECRET);
    else if (isHard) linkSync(join(root, 'outside/ob'), path);
    else symlinkSync(to, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

/** All that lies in a folder, without following links. */
function snapshot(folder: string): string {
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const told = entries.map((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return `${path}/ ${snapshot(path)}`;
    return `${path} ${entry.isFile() ? readFileSync(path, 'utf8') : 'no file'}`;
  });
  return told.join('\n');
}
