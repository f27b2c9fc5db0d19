import type { SDKSessionInfo, SessionMessage } from 'colloquy';
import { oneLine, plainText } from './plain-text.ts';
import { summariseTool } from './summarise-tool.ts';

const SUMMARY_CHARS = 60;

/** One line of a list: id, last activity and what the session is about. */
export function formatSessionLine(session: SDKSessionInfo): string {
  const when = new Date(session.lastModified).toISOString().slice(0, 16).replace('T', ' ');
  return `${session.sessionId}  ${when}  ${oneLine(session.summary, SUMMARY_CHARS)}`;
}

/** A stored message as text: prompts behind `>`, answers as they are, a line for each tool call and failure. */
export function formatSessionMessage(message: SessionMessage): string {
  // Stored messages have the wire's shape; anything else in them is passed over.
  const { content } = message.message as { content: unknown };
  if (typeof content === 'string') return formatText(message.type, content);
  if (!Array.isArray(content)) return '';
  return content
    .map((block) => formatBlock(message.type, block))
    .filter((text) => text !== '')
    .join('\n');
}

type Block = { type?: unknown; text?: unknown; name?: unknown; input?: unknown; content?: unknown; is_error?: unknown };

function formatBlock(type: SessionMessage['type'], block: Block): string {
  if (typeof block.text === 'string') return formatText(type, block.text);
  if (block.type === 'tool_use') return `· ${summariseTool(String(block.name), block.input)}`;
  if (block.type === 'tool_result' && block.is_error === true)
    return `  ✗ ${oneLine(JSON.stringify(block.content), 200)}`;
  return '';
}

function formatText(type: SessionMessage['type'], text: string): string {
  return type === 'user' ? `> ${plainText(text).replaceAll('\n', '\n  ')}` : plainText(text);
}
