import type { Entry, Json, Seq } from 'colloquy/internal';

/** Of one entry; a longer one is found by its beginning. */
const MAX_CHARS = 100_000;

export type Words = { seq: Seq; role: 'user' | 'assistant'; at: string; text: string };
/** What an entry does to the words of its session: adds some, or takes some back. */
export type WordsChange = { add: Words } | { remove: Seq } | { removeAfter: Seq } | undefined;

/** The words of the person and of the model in the session's own thread: prompts and texts of answers. */
export function wordsOf(entry: Entry): WordsChange | readonly WordsChange[] {
  if (entry.thread !== 'main') return undefined;
  switch (entry.kind) {
    case 'prompt':
      return words(entry, 'user', textOf(entry.content));
    case 'prompt_withdrawn':
      return { remove: entry.prompt };
    case 'model_block':
      return words(entry, 'assistant', textOf([entry.block]));
    case 'model_error':
      return entry.discards.map((seq) => ({ remove: seq }));
    case 'rewind':
      return { removeAfter: entry.to };
    default:
      return undefined;
  }
}

function words({ seq, at }: Entry, role: Words['role'], text: string): WordsChange {
  return text === '' ? undefined : { add: { seq, role, at, text: text.slice(0, MAX_CHARS) } };
}

function textOf(content: readonly Json[]): string {
  return content.flatMap((block) => (isText(block) ? [block.text] : [])).join('\n');
}

function isText(block: Json): block is { type: 'text'; text: string } {
  if (typeof block !== 'object' || block === null || !('type' in block) || block.type !== 'text') return false;
  return 'text' in block && typeof block.text === 'string';
}
