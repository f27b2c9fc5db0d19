import type { SyntaxNode } from './syntax-tree.ts';

/** Nodes whose inside is read character by character elsewhere. */
const READ_ELSEWHERE: ReadonlySet<string> = new Set(['string', 'heredoc_body', 'expansion', 'arithmetic_expansion']);
const SUBSTITUTIONS: ReadonlySet<string> = new Set(['command_substitution', 'process_substitution']);

/** First and last code points of characters that cannot be seen, or look like a blank and are none for a shell. */
const INVISIBLE: readonly (readonly [number, number])[] = [
  [0x00, 0x08],
  [0x0b, 0x1f],
  [0x7f, 0xa0],
  [0xad, 0xad],
  [0x1680, 0x1680],
  [0x180e, 0x180e],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x3000, 0x3000],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe007f],
];

/** Whether a text has a character that people do not see, or take for a blank. */
export function hasInvisible(text: string): boolean {
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (INVISIBLE.some(([first, last]) => code >= first && code <= last)) return true;
  }
  return false;
}

/** Whether the parser's tree leaves out anything of the text but blanks between words, so that nothing hides from a reader of it. */
export function hasGaps(root: SyntaxNode, source: string, step: () => boolean): boolean {
  if (!isBlank(source.slice(0, root.startIndex)) || !isBlank(source.slice(root.endIndex))) return true;
  const roots = [root];
  for (let next = roots.pop(); next !== undefined; next = roots.pop()) {
    if (hasGapsBelow(next, source, step, roots)) return true;
  }
  return false;
}

function hasGapsBelow(root: SyntaxNode, source: string, step: () => boolean, later: SyntaxNode[]): boolean {
  let end = root.startIndex;
  const open: SyntaxNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (!step()) return true;
    const apart = node !== root && READ_ELSEWHERE.has(node.type);
    if (!apart && node.children.length > 0) {
      open.push(...node.children.toReversed());
      continue;
    }
    if (apart) later.push(...substitutionsIn(node));
    if (node.startIndex > end && !isBlank(source.slice(end, node.startIndex))) return true;
    end = Math.max(end, node.endIndex);
  }
  return !isBlank(source.slice(end, root.endIndex));
}

function substitutionsIn(node: SyntaxNode): SyntaxNode[] {
  return node.children.flatMap((child) => (SUBSTITUTIONS.has(child.type) ? [child] : substitutionsIn(child)));
}

/** Blanks, ends of lines, and continued lines. */
export function isBlank(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\' && text.charAt(at + 1) === '\n') at += 1;
    else if (char !== ' ' && char !== '\t' && char !== '\n') return false;
  }
  return true;
}

/** Whether an end of line stands in a text that is not continued by a backslash. */
export function hasLineEnd(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    if (text.charAt(at) === '\\') at += 1;
    else if (text.charAt(at) === '\n') return true;
  }
  return false;
}
