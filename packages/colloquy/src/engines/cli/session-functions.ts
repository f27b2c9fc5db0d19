import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SessionNotFoundError } from '../../errors.ts';
import type { SDKSessionInfo } from '../engine.ts';
import { forkOf, tagLine, titleLine } from './edit-transcript.ts';
import { historyOf, parseTranscriptLine, readLines, readTranscript, type TranscriptLine } from './read-transcript.ts';
import { type CliSessionFunctions, storeSessions } from './store-sessions.ts';
import { infoFrom } from './transcript-info.ts';
import { page, transcriptOf, transcripts } from './transcripts.ts';
import { worktreesOf } from './worktrees.ts';

const AGENTS = 'subagents';
const AGENT_ID = /^[\w-]+$/;
const AGENT_FILE = /^agent-([\w-]+)\.jsonl$/;

/** What belongs to a session besides its transcript. */
const partsOf = (file: string): string => file.slice(0, -'.jsonl'.length);
/** Says whether the session is put away; Claude Code changes it with the next prompt. */
const archiveMark = (file: string): string => join(partsOf(file), 'archived.json');

/** The sessions that Claude Code has kept for this user, in its own files. @see docs/internals/facts/agent-protocol.md (h) */
export const CLI_SESSIONS: CliSessionFunctions = {
  async list({ dir, limit, offset = 0, includeWorktrees = true } = {}) {
    const dirs = dir === undefined ? [undefined] : includeWorktrees ? await worktreesOf(dir) : [dir];
    const kept = (await Promise.all(dirs.map((one) => transcripts(process.env, one)))).flat();
    const files = [...new Map(kept.map((file) => [file.path, file])).values()];
    const found: SDKSessionInfo[] = [];
    // One after another, newest first: as many are read as are wanted.
    for (const { path } of files.toSorted((x, y) => y.changedAtMs - x.changedAtMs)) {
      if (limit !== undefined && found.length >= offset + limit) break;
      const info = await infoOf(path);
      if (info !== undefined) found.push(info);
    }
    return found.slice(offset, limit === undefined ? undefined : offset + limit);
  },
  async get(id) {
    const file = await transcriptOf(process.env, id);
    return file === undefined ? undefined : infoOf(file);
  },
  async messages(id, o) {
    const file = await transcriptOf(process.env, id);
    return file === undefined ? [] : page(await readTranscript(file), o);
  },
  async agents(id) {
    const file = await transcriptOf(process.env, id);
    const names = file === undefined ? [] : await readdir(join(partsOf(file), AGENTS)).catch(() => []);
    return names.flatMap((name) => AGENT_FILE.exec(name)?.[1] ?? []).toSorted();
  },
  async agentMessages(id, agentId, o) {
    const file = await transcriptOf(process.env, id);
    // Never a path: it becomes the name of a file.
    if (file === undefined || !AGENT_ID.test(agentId)) return [];
    const lines = await readLines(join(partsOf(file), AGENTS, `agent-${agentId}.jsonl`)).catch(() => []);
    return page(historyOf(lines, { ofAgent: true }), o);
  },
  async archive(id, isArchived) {
    const mark = archiveMark(await existing(id));
    await mkdir(dirname(mark), { recursive: true, mode: 0o700 });
    const text = JSON.stringify({ archived: isArchived, at: new Date().toISOString(), by: 'sdk' });
    await writeFile(mark, text, { mode: 0o600 });
  },
  inStore: storeSessions,
  async fork(id, { upToMessageId, title, sessionId = randomUUID() } = {}) {
    const file = await existing(id);
    const name = title?.trim() || `${(await infoOf(file))?.summary ?? ''} (fork)`;
    const lines = forkOf(await readLines(file), { from: id, to: sessionId, upToMessageId, title: name });
    await writeFile(join(dirname(file), `${sessionId}.jsonl`), lines.map(toText).join(''), { flag: 'wx', mode: 0o600 });
    return { sessionId };
  },
  async rename(id, title) {
    await append(id, titleLine(id, title));
  },
  async tag(id, tag) {
    await append(id, tagLine(id, tag));
  },
  async delete(id) {
    const file = await existing(id);
    await rm(file, { force: true });
    await rm(partsOf(file), { recursive: true, force: true });
  },
};

const toText = (line: TranscriptLine): string => `${JSON.stringify(line)}\n`;

async function existing(id: string): Promise<string> {
  const file = await transcriptOf(process.env, id);
  if (file === undefined) throw new SessionNotFoundError(id);
  return file;
}

async function append(id: string, line: TranscriptLine): Promise<void> {
  await appendFile(await existing(id), toText(line));
}

async function infoOf(file: string): Promise<SDKSessionInfo | undefined> {
  const [lines, { mtimeMs, size }] = await Promise.all([readLines(file), stat(file)]);
  const isArchived = parseTranscriptLine(await readFile(archiveMark(file), 'utf8').catch(() => ''))?.['archived'];
  const about = { id: basename(file, '.jsonl'), changedAtMs: mtimeMs, size };
  return infoFrom(lines, typeof isArchived === 'boolean' ? { ...about, isArchived } : about);
}
