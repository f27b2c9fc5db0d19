import { readFile } from 'node:fs/promises';
import { isRecord } from '../../helpers/is-record.ts';
import type { SessionMessage } from '../engine.ts';

type Line = {
  uuid: string;
  parent: string | undefined;
  /** Undefined for what stands between messages, such as attachments. */
  message: SessionMessage | undefined;
  isAside: boolean;
};

/** A line of a transcript as it was written; those of other kinds than messages have no uuid. */
export type TranscriptLine = Record<string, unknown>;

/** The conversation in a transcript of Claude Code, oldest first. @see historyOf */
export async function readTranscript(file: string): Promise<SessionMessage[]> {
  return historyOf(await readLines(file));
}

/** All lines of a transcript; those that were cut are passed over. */
export async function readLines(file: string): Promise<TranscriptLine[]> {
  return (await readFile(file, 'utf8')).split('\n').flatMap((text): TranscriptLine[] => {
    const line = parseTranscriptLine(text);
    return line === undefined ? [] : [line];
  });
}

/**
 * The conversation in these lines, oldest first: from the last message of the main thread back to the first. Lines of other kinds are
 * passed over. The transcript of an agent (`ofAgent`) is aside of the main thread as a whole. @see docs/internals/facts/agent-protocol.md (h)
 */
export function historyOf(lines: readonly TranscriptLine[], o: { ofAgent?: boolean } = {}): SessionMessage[] {
  const messages = lines.map(toLine).filter((line) => line !== undefined);
  const byId = new Map(messages.map((line) => [line.uuid, line]));
  const history: SessionMessage[] = [];
  const seen = new Set<string>();
  let at = messages.findLast(({ isAside, message }) => (o.ofAgent === true || !isAside) && message !== undefined);
  while (at !== undefined && !seen.has(at.uuid)) {
    seen.add(at.uuid);
    if (at.message !== undefined) history.push(at.message);
    at = at.parent === undefined ? undefined : byId.get(at.parent);
  }
  return history.toReversed();
}

function toLine(line: TranscriptLine): Line | undefined {
  if (typeof line['uuid'] !== 'string') return undefined;
  const { uuid, type, message, parentUuid: parent } = line;
  const isMessage = (type === 'user' || type === 'assistant') && line['isMeta'] !== true && isRecord(message);
  return {
    uuid,
    parent: typeof parent === 'string' ? parent : undefined,
    isAside: line['isSidechain'] === true,
    message: isMessage
      ? { type, uuid, session_id: String(line['sessionId']), message, parent_tool_use_id: null }
      : undefined,
  };
}

/** A line of a transcript; undefined for one that is none, such as one that was cut. */
export function parseTranscriptLine(text: string): TranscriptLine | undefined {
  if (text === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    // Cut by the end of the process that wrote it.
    return undefined;
  }
}
