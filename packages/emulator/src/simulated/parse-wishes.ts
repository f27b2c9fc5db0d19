import { wishOf } from './wish-patterns.ts';

/** Something the simulated assistant can do. */
export type Wish =
  | { type: 'read'; files: readonly string[]; question: string }
  | { type: 'run'; command: string }
  | { type: 'edit'; file: string; from: string; to: string }
  | { type: 'write'; file: string; content: string }
  | { type: 'list'; pattern: string; path: string | undefined }
  | { type: 'search'; pattern: string; path: string | undefined }
  | { type: 'call'; tool: string; json: string }
  /** `first`, or whatever follows `my`, such as `name`. */
  | { type: 'recall'; what: string };

/** Longer prompts are prose; it also bounds what the patterns cost. */
const MAX_CHARS = 10_000;
const COURTESY =
  /^(?:(?:please|now|then|and|first|next|also|ok|okay|hi|hello|hey|can you|could you|would you|will you|i want you to|let's)\b[\s,!.:]*)+/i;
/** Where one wish may end and the next begin, if what follows begins like one. */
const CONNECTOR = /(?:[,;.!?]?\s+and\s+then\s+|[,;.!?]?\s+then\s+|[,;]?\s+and\s+|[.!?;,]\s+|\n+)/gi;
const FIRM_CONNECTOR = /^(?:.?\s+and\s+then\s+|[.!?;,]\s+then\s+|\n+)$/i;
/** The content of a file and the text of an edit may hold anything, so only a firm "and then" ends them. */
const HOLDS_TEXT = /^(?:write|create|edit|modify|replace|change|in)\b/i;
const BEGINS_LIKE_ONE =
  /^(?:read|open|cat|print|view|show|look|summari[sz]e|run|execute|edit|change|modify|in|replace|write|create|list|find|glob|search|grep|call|use|what|who|do you)\s/i;

/** The wishes of a prompt in order; what is no wish is passed over. */
export function parseWishes(prompt: string): Wish[] {
  if (prompt.length > MAX_CHARS) return [];
  const clauses: { text: string; wish: Wish | undefined }[] = [];
  for (const { text, connector } of cutClauses(withoutCourtesy(prompt))) {
    const wish = wishOf(withoutCourtesy(text));
    const before = clauses.at(-1);
    // What only began like a wish belongs to the one before, as in "read a.txt and show me that …".
    if (wish === undefined && before !== undefined) {
      before.text += connector + text;
      before.wish = wishOf(before.text);
    } else clauses.push({ text, wish });
  }
  return clauses.flatMap(({ wish }) => (wish === undefined ? [] : [wish]));
}

/** Cuts before everything that begins like a wish; `connector` is what stood before a clause. */
function cutClauses(said: string): { text: string; connector: string }[] {
  const clauses = [];
  let start = 0;
  let connector = '';
  for (const match of said.matchAll(CONNECTOR)) {
    const end = match.index + match[0].length;
    if (HOLDS_TEXT.test(said.slice(start)) && !FIRM_CONNECTOR.test(match[0])) continue;
    if (isQuoted(said.slice(start, match.index)) || !BEGINS_LIKE_ONE.test(withoutCourtesy(said.slice(end)))) continue;
    clauses.push({ text: said.slice(start, match.index), connector });
    [start, connector] = [end, match[0]];
  }
  return [...clauses, { text: said.slice(start), connector }];
}

function withoutCourtesy(text: string): string {
  return text.trim().replace(COURTESY, '').trim();
}

/** The end of the text lies inside quotes or backticks. */
function isQuoted(text: string): boolean {
  return (text.split('`').length - 1) % 2 === 1 || (text.split('"').length - 1) % 2 === 1;
}
