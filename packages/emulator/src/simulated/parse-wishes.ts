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
/** Where one wish may end and the next begin, if what follows is one. */
const CONNECTOR = /(?:[,;.!?]?\s+and\s+then\s+|[,;.!?]?\s+then\s+|[,;]?\s+and\s+|[.!?;,]\s+|\n+)/gi;
const FIRM_CONNECTOR = /(?:[,;.!?]?\s+and\s+then\s+|[.!?;]\s+then\s+|,\s+then\s+|\n+)/gi;

/** The wishes of a prompt in order; what is no wish is passed over. */
export function parseWishes(prompt: string): Wish[] {
  const said = withoutCourtesy(prompt);
  if (said === '' || said.length > MAX_CHARS) return [];
  // The content of a file and the text of an edit may hold anything, so only a firm "and then" ends them.
  const connector = /^(?:write|create|edit|replace|change|in)\b/i.test(said) ? FIRM_CONNECTOR : CONNECTOR;
  for (const match of said.matchAll(connector)) {
    if (isQuoted(said, match.index)) continue;
    const rest = said.slice(match.index + match[0].length);
    if (wishOf(withoutCourtesy(rest)) === undefined) continue;
    const first = wishOf(said.slice(0, match.index));
    return [...(first ? [first] : []), ...parseWishes(rest)];
  }
  const only = wishOf(said);
  return only ? [only] : [];
}

function withoutCourtesy(text: string): string {
  return text.trim().replace(COURTESY, '').trim();
}

function isQuoted(text: string, at: number): boolean {
  const before = text.slice(0, at);
  return (before.split('`').length - 1) % 2 === 1 || (before.split('"').length - 1) % 2 === 1;
}
