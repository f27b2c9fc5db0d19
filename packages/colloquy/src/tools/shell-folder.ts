import { stat } from 'node:fs/promises';
import { isInside } from '../permissions/paths.ts';
import { unlessMissing } from './real-path.ts';
import type { ToolContext } from './tool.ts';

/** The key under which a session keeps where its shell stands: a real path, or the working directory as it was given. */
export const SHELL_FOLDER = 'bash.cwd';

type Place = Pick<ToolContext, 'cwd' | 'files' | 'state' | 'folders'>;

/** Where commands of this session run: where the last one has left the shell, else the working directory. */
export function shellFolder({ state, cwd }: Pick<ToolContext, 'cwd' | 'state'>): string {
  const kept = state(SHELL_FOLDER);
  return typeof kept === 'string' ? kept : cwd;
}

/**
 * The same, before a command runs there.
 * @throws Error when it is gone, or no longer one of the working folders: elsewhere the command could mean something else.
 */
export async function checkedShellFolder(place: Place): Promise<string> {
  const folder = shellFolder(place);
  if (folder === place.cwd || (await isWorkingFolder(place, folder))) return folder;
  throw new ShellFolderGone(folder, place.cwd);
}

/** The shell cannot go on where it stood. */
export class ShellFolderGone extends Error {
  override readonly name = 'ShellFolderGone';
  constructor(folder: string, cwd: string) {
    super(
      `${folder}, where the shell stood, is gone or is no longer a working folder. The command was not run; the next one runs in ${cwd}.`,
    );
  }
}

/** What a command's end changes: where the next one runs, and what the model has to be told of it. */
export type FolderChange = { state?: Record<string, string>; note?: string };

/** Where the shell stands after a command, by what it said itself. A place that it may not stay in is left again. */
export async function afterCommand(place: Place, before: string, told: string | undefined): Promise<FolderChange> {
  const after = told ?? before;
  if (after === place.cwd) return after === before ? {} : keep(after);
  if (after === (await place.files.resolve(place.cwd))) return before === place.cwd ? {} : keep(place.cwd);
  if (await isWorkingFolder(place, after)) return after === before ? {} : keep(after);
  return {
    ...(before === place.cwd ? {} : keep(place.cwd)),
    note: `The shell stood in ${after} at the end, which is ${(await isFolder(after)) ? 'no working folder' : 'gone'}. The next command runs in ${place.cwd}.`,
  };
}

const keep = (folder: string): FolderChange => ({ state: { [SHELL_FOLDER]: folder } });

async function isWorkingFolder({ files, folders }: Place, folder: string): Promise<boolean> {
  // A link that was put there leads elsewhere.
  if (!(await isFolder(folder)) || (await files.resolve(folder)) !== folder) return false;
  const roots = await Promise.all(folders().map((root) => files.resolve(root)));
  return roots.some((root) => isInside(root, folder));
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await unlessMissing(stat(path)))?.isDirectory() === true;
  } catch {
    // Not a path at all, or in a place that may not be looked into.
    return false;
  }
}
