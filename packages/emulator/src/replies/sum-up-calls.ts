import type { ToolCall } from '../request/turn-so-far.ts';

/** Stands at the head of every answer that the emulator words itself. */
export const SIMULATED = '(Simulated answer: no model is connected.)';

const MAX_CHARS = 200;

/** A text that tells the outcome of each call, in order. */
export function sumUpCalls(calls: readonly ToolCall[]): string {
  if (calls.length === 0) return `${SIMULATED} Done.`;
  const lines = calls.map(({ name, result }) => `- ${name}: ${outcome(result)}`);
  return `${SIMULATED} ${calls.length === 1 ? '1 tool call' : `${calls.length} tool calls`}:\n${lines.join('\n')}`;
}

function outcome(result: ToolCall['result']): string {
  if (result === undefined) return 'no result came back';
  const said = shorten(result.text.replaceAll(/\s+/g, ' ').trim(), MAX_CHARS);
  if (result.isError) return `failed: ${said === '' ? 'no reason was given' : said}`;
  return said === '' ? 'no output' : said;
}

/** At most so many characters, with `…` for what is left out. */
export function shorten(text: string, maxChars: number): string {
  const characters = Array.from(text);
  return characters.length <= maxChars ? text : `${characters.slice(0, maxChars).join('')}…`;
}
