import { messageOf } from '../helpers/message-of.ts';
import { type SDKMessage, textOf } from '../messages.ts';
import type { EngineSession } from './engine.ts';

const MAX_SAID_CHARS = 120;

/** Writes a line for each message of a session, as long as it is open. For the option `verbose`. */
export function sayAloud(
  session: Pick<EngineSession, 'id' | 'batches'>,
  say: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
): void {
  const name = `colloquy ${session.id.slice(0, 8)}`;
  const follow = async (): Promise<void> => {
    for await (const batch of session.batches()) {
      for (const message of batch) for (const line of linesOf(message)) say(`[${name}] ${line}`);
    }
  };
  follow().catch((error: unknown) => say(`[${name}] ${brief(messageOf(error))}`));
}

function linesOf(message: SDKMessage): string[] {
  switch (message.type) {
    case 'assistant':
      return message.message.content.map((block) =>
        block.type === 'tool_use'
          ? `call ${block.name} ${brief(JSON.stringify(block.input))}`
          : `${block.type} ${brief('text' in block ? String(block.text) : '')}`,
      );
    case 'user':
      return [`user ${brief(textOf(message) || resultsOf(message.message.content))}`];
    case 'result': {
      const said = message.subtype === 'success' ? message.result : message.errors.join('; ');
      const figures = `${message.duration_ms} ms, ${message.total_cost_usd.toFixed(4)} USD`;
      return [`result ${message.subtype} (${figures}) ${brief(said)}`];
    }
    case 'system':
      return [systemLine(message)];
    default:
      return [];
  }
}

function systemLine(message: SDKMessage & { type: 'system' }): string {
  if (message.subtype === 'init') return `init ${message.model}, ${message.permissionMode}, in ${brief(message.cwd)}`;
  if (message.subtype === 'api_retry') {
    const { attempt, max_retries, retry_delay_ms, error } = message;
    return `retry ${attempt} of ${max_retries} in ${Math.round(retry_delay_ms)} ms (${error})`;
  }
  if (message.subtype === 'permission_denied') return `denied ${message.tool_name}: ${brief(message.message)}`;
  return message.subtype === 'informational' ? `${message.level} ${brief(message.content)}` : message.subtype;
}

function resultsOf(content: unknown): string {
  if (!Array.isArray(content)) return '';
  return content
    .map(({ content: said }: { content?: unknown }) => (typeof said === 'string' ? said : JSON.stringify(said ?? '')))
    .join(' ');
}

/** The beginning, on one line, without what a terminal would take for commands. */
function brief(text: string): string {
  const line = text
    .slice(0, MAX_SAID_CHARS * 4)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > MAX_SAID_CHARS ? `${line.slice(0, MAX_SAID_CHARS)}…` : line;
}
