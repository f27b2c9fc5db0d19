import { oneLine } from './plain-text.ts';

const MAX_SUMMARY_CHARS = 160;

// The input that says most about a call, by what tools call it.
const TELLING = ['command', 'file_path', 'path', 'pattern', 'url', 'query', 'description'];

/** One line about a tool call: its name, and the command, file or pattern it is about. */
export function summariseTool(name: string, input: unknown): string {
  const entries = new Map(Object.entries(input ?? {}));
  const told = TELLING.map((key) => entries.get(key)).find((value) => typeof value === 'string' && value !== '');
  const about = typeof told === 'string' ? told : entries.size > 0 ? JSON.stringify(input) : '';
  return oneLine(`${name} ${about}`, MAX_SUMMARY_CHARS);
}
