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
  const name = await folderNameOf(cwd);
  const isCut = name.length > MAX_FOLDER_CHARS;
  return (folder) => (isCut ? folder.startsWith(name.slice(0, MAX_FOLDER_CHARS)) : folder === name);
}

/** By which a store keeps the sessions of a working directory: the name of its folder of transcripts. */
export async function projectKeyOf(cwd: string): Promise<string> {
  const name = await folderNameOf(cwd);
  return name.length <= MAX_FOLDER_CHARS
    ? name
    : `${name.slice(0, MAX_FOLDER_CHARS)}-${checksum(await realFolder(cwd))}`;
}

const folderNameOf = async (cwd: string): Promise<string> => (await realFolder(cwd)).replaceAll(/[^a-zA-Z0-9]/g, '-');
/** One that is gone by now may have sessions still. */
const realFolder = (cwd: string): Promise<string> => realpath(cwd).catch(() => cwd);

/** Of 32 bits, the same on every machine. */
function checksum(text: string): string {
  let sum = 0;
  for (let at = 0; at < text.length; at += 1) sum = (Math.imul(sum, 31) + text.charCodeAt(at)) | 0;
  return Math.abs(sum).toString(36);
}

/** A part of a list, as the session functions let one ask for it. */
export function page<T>(
  all: readonly T[],
  { limit, offset = 0 }: { limit?: number | undefined; offset?: number | undefined } = {},
): T[] {
  return all.slice(offset, limit === undefined ? undefined : offset + limit);
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

/** Where Claude Code keeps its settings and sessions. */
export function configFolder(env: Env): string {
  const configured = env['CLAUDE_CONFIG_DIR'];
  const home = env['HOME'] ?? env['USERPROFILE'] ?? homedir();
  return configured === undefined || configured === '' ? join(home, '.claude') : configured;
}

function projectsFolder(env: Env): string {
  return join(configFolder(env), 'projects');
}

/** What is in a folder; nothing if it is not there. */
async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
