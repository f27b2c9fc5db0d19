import { isRecord } from '../../helpers/is-record.ts';
import type { SDKSessionInfo } from '../engine.ts';
import type { TranscriptLine } from './read-transcript.ts';

/** What is known of a session besides its lines. */
type About = { id: string; changedAtMs: number; size: number; isArchived?: boolean | undefined };

/** What a transcript tells of its session; undefined for one without a conversation of its own. */
export function infoFrom(lines: readonly TranscriptLine[], o: About): SDKSessionInfo | undefined {
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
    sessionId: o.id,
    summary,
    lastModified: Math.round(o.changedAtMs),
    fileSize: o.size,
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
    ...(o.isArchived === undefined ? {} : { archived: o.isArchived }),
    createdAt:
      Date.parse(text(lines.find((line) => 'timestamp' in line)?.['timestamp']) ?? '') || Math.round(o.changedAtMs),
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const isMessage = (line: TranscriptLine): boolean =>
  (line['type'] === 'user' || line['type'] === 'assistant') && typeof line['uuid'] === 'string';

/** The words of a prompt; undefined for what is none, such as the result of a tool. */
function promptIn(line: TranscriptLine): string | undefined {
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
