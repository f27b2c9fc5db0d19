import { readdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isUuid } from '../../options/option-checks.ts';

/** Longer names of folders are cut by Claude Code, and get a checksum. */
const MAX_FOLDER_CHARS = 200;
const SUFFIX = '.jsonl';

type Env = Readonly<Record<string, string | undefined>>;

/** The file in which Claude Code has kept the session; undefined if it has kept nothing. @see docs/internals/facts/agent-protocol.md (h) */
export async function transcriptOf(env: Env, id: string): Promise<string | undefined> {
  // Never a path: it becomes the name of a file.
  if (!isUuid(id)) return undefined;
  const projects = projectsFolder(env);
  const files = (await list(projects)).map((folder) => join(projects, folder, `${id}${SUFFIX}`));
  const sizes = await Promise.all(files.map(async (file) => (await stat(file).catch(() => undefined))?.size ?? 0));
  return files.find((_, index) => (sizes[index] ?? 0) > 0);
}

/** The session of the folder in which something was said last; undefined when it has none. */
export async function newestSession(env: Env, cwd: string): Promise<string | undefined> {
  return (await transcripts(env, cwd)).toSorted((a, b) => b.changedAtMs - a.changedAtMs)[0]?.id;
}

/** The transcripts of all sessions, or of those of a working directory. */
export async function transcripts(env: Env, cwd?: string): Promise<Transcript[]> {
  const projects = projectsFolder(env);
  const folders = (await list(projects)).filter(cwd === undefined ? () => true : await isFolderOf(cwd));
  return (await Promise.all(folders.map((folder) => sessionsIn(join(projects, folder))))).flat();
}

async function isFolderOf(cwd: string): Promise<(folder: string) => boolean> {
  // One that is gone by now may have sessions still.
  const name = (await realpath(cwd).catch(() => cwd)).replaceAll(/[^a-zA-Z0-9]/g, '-');
  const isCut = name.length > MAX_FOLDER_CHARS;
  return (folder) => (isCut ? folder.startsWith(name.slice(0, MAX_FOLDER_CHARS)) : folder === name);
}

type Transcript = { id: string; path: string; changedAtMs: number };

async function sessionsIn(folder: string): Promise<Transcript[]> {
  const names = (await list(folder)).filter((name) => name.endsWith(SUFFIX) && isUuid(name.slice(0, -SUFFIX.length)));
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const file = await stat(path).catch(() => undefined);
      const isKept = file !== undefined && file.size > 0;
      return isKept ? [{ id: name.slice(0, -SUFFIX.length), path, changedAtMs: file.mtimeMs }] : [];
    }),
  );
  return found.flat();
}

function projectsFolder(env: Env): string {
  const configured = env['CLAUDE_CONFIG_DIR'];
  const home = env['HOME'] ?? env['USERPROFILE'] ?? homedir();
  return join(configured === undefined || configured === '' ? join(home, '.claude') : configured, 'projects');
}

/** What is in a folder; nothing if it is not there. */
async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
