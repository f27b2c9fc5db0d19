import { isRecord } from '../helpers/is-record.ts';
import type { Json, NewEntry } from './entries.ts';

const MAX_PROMPT_CHARS = 200;

/** What a batch of entries changes in its session's row. Absent: unchanged. */
export type ColumnChanges = {
  /** Null clears it. */
  title?: string | null;
  /** Taken only by a session that has no first prompt yet. */
  firstPrompt?: string;
  lastPrompt?: string;
  running?: boolean;
};

/** The changes of a batch; `undefined` when it has none, as most do. Entries of other threads than `main` change nothing. */
export function columnChanges(entries: readonly NewEntry[]): ColumnChanges | undefined {
  let changes: ColumnChanges | undefined;
  for (const entry of entries) {
    if (entry.thread !== undefined && entry.thread !== 'main') continue;
    switch (entry.kind) {
      case 'prompt': {
        // What the engine says to the model is nobody's prompt.
        if (isRecord(entry.origin) && entry.origin['kind'] === 'task-notification') break;
        const text = promptText(entry.content);
        if (text !== '') changes = { ...changes, firstPrompt: changes?.firstPrompt ?? text, lastPrompt: text };
        break;
      }
      case 'turn_start':
        changes = { ...changes, running: true };
        break;
      case 'turn_end':
        changes = { ...changes, running: false };
        break;
      case 'settings': {
        const title = entry.patch['title'];
        if (typeof title === 'string') changes = { ...changes, title: title === '' ? null : title };
        else if (title === null) changes = { ...changes, title };
        break;
      }
      default:
    }
  }
  return changes;
}

/** The text of a prompt's blocks, trimmed, at most 200 characters; empty when it has no text. */
function promptText(content: readonly Json[]): string {
  let text = '';
  for (const block of content) {
    if (!isRecord(block) || block['type'] !== 'text' || typeof block['text'] !== 'string') continue;
    // More than the limit is taken at first, because trimming may shorten it.
    text = `${text} ${block['text'].trimStart().slice(0, 2 * MAX_PROMPT_CHARS)}`.trim();
    if (text.length >= MAX_PROMPT_CHARS) break;
  }
  const cut = text.slice(0, MAX_PROMPT_CHARS);
  // A character outside the basic plane is two units: half of one would not survive a database.
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}
