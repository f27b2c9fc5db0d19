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

/**
 * The conversation in a transcript of Claude Code, oldest first: from the last message of the main thread back to the first. Lines of
 * other kinds, and those that were cut, are passed over. @see docs/internals/facts/agent-protocol.md (h)
 */
export async function readTranscript(file: string): Promise<SessionMessage[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').flatMap((text) => toLine(text) ?? []);
  const byId = new Map(lines.map((line) => [line.uuid, line]));
  const history: SessionMessage[] = [];
  const seen = new Set<string>();
  let at = lines.findLast(({ isAside, message }) => !isAside && message !== undefined);
  while (at !== undefined && !seen.has(at.uuid)) {
    seen.add(at.uuid);
    if (at.message !== undefined) history.push(at.message);
    at = at.parent === undefined ? undefined : byId.get(at.parent);
  }
  return history.toReversed();
}

function toLine(text: string): Line | undefined {
  const line = parseTranscriptLine(text);
  if (line === undefined || typeof line['uuid'] !== 'string') return undefined;
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
export function parseTranscriptLine(text: string): Record<string, unknown> | undefined {
  if (text === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    // Cut by the end of the process that wrote it.
    return undefined;
  }
}
