import { randomUUID } from 'node:crypto';
import { appendFile, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ConfigurationError, SessionNotFoundError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';
import type { SDKSessionInfo, SessionFunctions } from '../engine.ts';
import { parseTranscriptLine, readTranscript } from './read-transcript.ts';
import { transcriptOf, transcripts } from './transcripts.ts';

type Line = Record<string, unknown>;

/** The sessions that Claude Code has kept for this user, in its own files. @see docs/internals/facts/agent-protocol.md (h) */
export const CLI_SESSIONS: SessionFunctions = {
  async list({ dir, limit, offset = 0 } = {}) {
    const files = (await transcripts(process.env, dir)).toSorted((a, b) => b.changedAtMs - a.changedAtMs);
    const found: SDKSessionInfo[] = [];
    // One after another, newest first: as many are read as are wanted.
    for (const { path } of files) {
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
  async messages(id, { limit, offset = 0 } = {}) {
    const file = await transcriptOf(process.env, id);
    if (file === undefined) return [];
    return (await readTranscript(file)).slice(offset, limit === undefined ? undefined : offset + limit);
  },
  async fork(id, { upToMessageId, title, sessionId = randomUUID() } = {}) {
    const file = await existing(id);
    const kept = cutAfter(await readLines(file), upToMessageId, id);
    const name = title?.trim() || `${(await infoOf(file))?.summary ?? ''} (fork)`;
    const lines = [...copies(kept, id, sessionId), { type: 'custom-title', sessionId, customTitle: name }];
    await writeFile(join(dirname(file), `${sessionId}.jsonl`), lines.map(toText).join(''), { flag: 'wx', mode: 0o600 });
    return { sessionId };
  },
  async rename(id, title) {
    const customTitle = title.trim();
    if (customTitle === '') throw new ConfigurationError('The title of a session must not be empty');
    await append(id, { type: 'custom-title', customTitle, sessionId: id });
  },
  async tag(id, tag) {
    const trimmed = tag?.trim();
    if (trimmed === '') throw new ConfigurationError('A tag must not be empty; null removes it');
    await append(id, { type: 'tag', tag: trimmed ?? '', sessionId: id });
  },
  async delete(id) {
    const file = await existing(id);
    await rm(file, { force: true });
    await rm(file.slice(0, -'.jsonl'.length), { recursive: true, force: true });
  },
};

const toText = (line: Line): string => `${JSON.stringify(line)}\n`;

async function existing(id: string): Promise<string> {
  const file = await transcriptOf(process.env, id);
  if (file === undefined) throw new SessionNotFoundError(id);
  return file;
}

async function append(id: string, line: Line): Promise<void> {
  await appendFile(await existing(id), toText(line));
}

async function readLines(file: string): Promise<Line[]> {
  const texts = (await readFile(file, 'utf8')).split('\n');
  return texts.flatMap((line): Line[] => {
    const parsed = parseTranscriptLine(line);
    return parsed === undefined ? [] : [parsed];
  });
}

/** What a transcript tells of its session; undefined for one without a conversation of its own. */
async function infoOf(file: string): Promise<SDKSessionInfo | undefined> {
  const [lines, { mtimeMs, size }] = await Promise.all([readLines(file), stat(file)]);
  const main = lines.filter((line) => isMessage(line) && line['isSidechain'] !== true);
  if (main.length === 0) return undefined;
  const last = (type: string, field: string): string | undefined =>
    text(lines.findLast((line) => line['type'] === type && field in line)?.[field]);
  const customTitle = last('custom-title', 'customTitle');
  const firstPrompt = main.flatMap((line) => promptIn(line) ?? [])[0];
  const summary = customTitle ?? last('last-prompt', 'lastPrompt') ?? last('summary', 'summary') ?? firstPrompt ?? '';
  const described = lines.find((line) => typeof line['cwd'] === 'string');
  const known = {
    customTitle,
    firstPrompt,
    gitBranch: text(main.findLast((line) => 'gitBranch' in line)?.['gitBranch']),
    cwd: text(described?.['cwd']),
    tag: last('tag', 'tag'),
  };
  return {
    sessionId: basename(file, '.jsonl'),
    summary,
    lastModified: Math.round(mtimeMs),
    fileSize: size,
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
    createdAt: Date.parse(text(lines.find((line) => 'timestamp' in line)?.['timestamp']) ?? '') || Math.round(mtimeMs),
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const isMessage = (line: Line): boolean =>
  (line['type'] === 'user' || line['type'] === 'assistant') && typeof line['uuid'] === 'string';

/** The words of a prompt; undefined for what is none, such as the result of a tool. */
function promptIn(line: Line): string | undefined {
  const { type, message } = line;
  if (type !== 'user' || line['isMeta'] === true || !isRecord(message)) return undefined;
  const { content } = message;
  if (typeof content === 'string') return text(content);
  if (!Array.isArray(content)) return undefined;
  return text(
    content
      .flatMap((block: unknown) => (isRecord(block) && block['type'] === 'text' ? [block['text']] : []))
      .join('\n'),
  );
}

function cutAfter(lines: readonly Line[], uuid: string | undefined, id: string): readonly Line[] {
  if (uuid === undefined) return lines;
  const at = lines.findIndex((line) => line['uuid'] === uuid);
  if (at === -1) throw new SessionNotFoundError(`${id}, or no message ${uuid} in it`);
  return lines.slice(0, at + 1);
}

/** The messages of a session under new uuids, for another session. */
function copies(lines: readonly Line[], from: string, to: string): Line[] {
  const messages = lines.filter((line) => typeof line['uuid'] === 'string' && line['isSidechain'] !== true);
  const renamed = new Map(messages.map(({ uuid }) => [uuid, randomUUID()]));
  return messages.map((line) => ({
    ...line,
    uuid: renamed.get(line['uuid']),
    parentUuid: renamed.get(line['parentUuid']) ?? null,
    sessionId: to,
    forkedFrom: { sessionId: from, messageUuid: line['uuid'] },
  }));
}
