/** Beyond these a command is not looked into: it is denied where a deny rule names the tool, else asked. */
export const MAX_COMMAND_CHARS = 64 * 1024;
export const MAX_PARTS = 1000;
export const MAX_DEPTH = 50;
/** Nodes, words and calls of the parser; far more than a command within the other bounds needs. */
export const MAX_STEPS = 600_000;

const SEPARATORS: ReadonlySet<string> = new Set([';', '&', '|', '\n']);
const OPENERS: ReadonlySet<string> = new Set(['(', '{', '[']);
const CLOSERS: ReadonlySet<string> = new Set([')', '}', ']']);
/** Separators stand in quotes and here-documents too, and `&&` is two of them. */
const SEPARATORS_PER_PART = 4;
/** Each `<<` may begin a here-document, which the parser looks for up to the end of the text. */
const MAX_HEREDOCS = 300;

/** Why a command is too large to be parsed, found without parsing it; undefined when it may be. */
export function whyTooLarge(text: string): string | undefined {
  if (text.length > MAX_COMMAND_CHARS) return `it is longer than ${MAX_COMMAND_CHARS} characters`;
  let heredocs = 0;
  let before = '';
  let separators = 0;
  let depth = 0;
  for (const char of text) {
    if (SEPARATORS.has(char)) separators += 1;
    else if (OPENERS.has(char)) depth += 1;
    else if (CLOSERS.has(char)) depth = Math.max(0, depth - 1);
    if (char === '<' && before === '<') heredocs += 1;
    before = char;
    if (heredocs > MAX_HEREDOCS) return `it has more than ${MAX_HEREDOCS} signs of here-documents`;
    if (separators > MAX_PARTS * SEPARATORS_PER_PART) return `it has more than ${MAX_PARTS} parts`;
    // `$((` and `((` open two at once.
    if (depth > MAX_DEPTH * 2) return `it is nested more than ${MAX_DEPTH} deep`;
  }
  return undefined;
}
