import type { SyntaxNode } from './syntax-tree.ts';
import { everyChar } from './every-char.ts';
import type { Findings, Input } from './findings.ts';
import { endsWord, type Expansion, isNameChar, readQuotedText } from './read-word.ts';

const TOKENS: ReadonlySet<string> = new Set(['<<', '<<-', 'heredoc_start', 'heredoc_body', 'heredoc_end']);

/**
 * Reads a here-document: finds its end by itself, as a shell does, and notes a doubt where the parser saw it elsewhere. What else
 * stands on its first line is given to `onOther`.
 */
export function readHeredoc(
  node: SyntaxNode,
  source: string,
  findings: Findings,
  readExpansions: (body: SyntaxNode) => readonly Expansion[],
  onOther: (node: SyntaxNode) => void,
): Input {
  const [operator, start, body, end] = ['', 'heredoc_start', 'heredoc_body', 'heredoc_end'].map((type) =>
    type === '' ? node.children[0] : node.children.find((child) => child.type === type),
  );
  const delimiter = start?.text ?? '';
  const word = withoutQuotes(delimiter);
  const lineEnd = source.indexOf('\n', start?.endIndex ?? 0);
  const stripsTabs = operator?.text === '<<-';
  const others = node.children.filter((child) => !TOKENS.has(child.type));
  others.forEach(onOther);
  // `<<'E'F` has the delimiter EF.
  const isWhole = endsWord(source.charAt(start?.endIndex ?? 0));
  if (word === undefined || !isWhole || !end || lineEnd === -1 || others.some((child) => child.endIndex > lineEnd)) {
    findings.doubt('a here-document in it cannot be followed');
    if (body) readExpansions(body);
    return { text: undefined };
  }
  const bodyStart = lineEnd + 1;
  const close = findClose(source, bodyStart, word, stripsTabs);
  if (close === undefined || close.end !== end.endIndex || (body && body.startIndex < bodyStart))
    findings.doubt('the end of a here-document in it cannot be told for certain');
  const bodyEnd = close?.start ?? end.startIndex;
  if (word !== delimiter) return { text: stripsTabs ? undefined : source.slice(bodyStart, bodyEnd) };
  const expansions = body ? readExpansions(body) : [];
  const read = readQuotedText(source, bodyStart, bodyEnd, expansions);
  if (read.doubt !== undefined) findings.doubt(read.doubt);
  return { text: stripsTabs ? undefined : read.value };
}

/** The line that is the delimiter alone. */
function findClose(
  source: string,
  from: number,
  word: string,
  stripsTabs: boolean,
): { start: number; end: number } | undefined {
  for (let start = from; start <= source.length;) {
    const lineEnd = source.indexOf('\n', start);
    const end = lineEnd === -1 ? source.length : lineEnd;
    let text = start;
    while (stripsTabs && source.charAt(text) === '\t') text += 1;
    if (source.slice(text, end) === word) return { start, end };
    if (lineEnd === -1) return undefined;
    start = end + 1;
  }
  return undefined;
}

/** Only plain words, in one pair of quotes or none. */
function withoutQuotes(delimiter: string): string | undefined {
  const quote = delimiter.charAt(0);
  const isQuoted = (quote === "'" || quote === '"') && delimiter.length > 2 && delimiter.endsWith(quote);
  const word = isQuoted ? delimiter.slice(1, -1) : delimiter;
  return word !== '' && everyChar(word, isNameChar) ? word : undefined;
}
