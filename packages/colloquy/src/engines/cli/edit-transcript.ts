import { randomUUID } from 'node:crypto';
import { ConfigurationError, SessionNotFoundError } from '../../errors.ts';
import type { TranscriptLine } from './read-transcript.ts';

/** The line that gives a session a title. @throws ConfigurationError if it is empty */
export function titleLine(id: string, title: string): TranscriptLine & { type: string } {
  const customTitle = title.trim();
  if (customTitle === '') throw new ConfigurationError('The title of a session must not be empty');
  return { type: 'custom-title', customTitle, sessionId: id };
}

/** The line that marks a session with a tag; null removes it. @throws ConfigurationError if it is empty */
export function tagLine(id: string, tag: string | null): TranscriptLine & { type: string } {
  const trimmed = tag?.trim();
  if (trimmed === '') throw new ConfigurationError('A tag must not be empty; null removes it');
  return { type: 'tag', tag: trimmed ?? '', sessionId: id };
}

/** The lines of a new session with the same messages, up to and including one. @throws SessionNotFoundError if that is not there */
export function forkOf(
  lines: readonly TranscriptLine[],
  o: { from: string; to: string; upToMessageId: string | undefined; title: string },
): TranscriptLine[] {
  const kept = cutAfter(lines, o.upToMessageId, o.from);
  return [...copies(kept, o.from, o.to), { type: 'custom-title', sessionId: o.to, customTitle: o.title }];
}

function cutAfter(lines: readonly TranscriptLine[], uuid: string | undefined, id: string): readonly TranscriptLine[] {
  if (uuid === undefined) return lines;
  const at = lines.findIndex((line) => line['uuid'] === uuid);
  if (at === -1) throw new SessionNotFoundError(`${id}, or no message ${uuid} in it`);
  return lines.slice(0, at + 1);
}

/** The messages of a session under new uuids, for another session. */
function copies(lines: readonly TranscriptLine[], from: string, to: string): TranscriptLine[] {
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
