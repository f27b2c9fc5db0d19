const FENCE = /^ {0,3}(`{3,}|~{3,})/;
// A bare number may become an item with the next characters of a growing text.
const LIST_ITEM = /^ {0,3}(?:[-+*]|\d{1,9}[.)]?)(?:\s|$)/;
/** Link and footnote definitions reach across the whole text, so a text that has them stays in one piece. */
const DEFINITION = /^ {0,3}\[[^\]\n]+\]:/m;

/**
 * Cuts Markdown at blank lines where the parts mean the same apart as together. While a text grows, all parts but the last
 * stay as they are, so that only the last one has to be parsed again. Joined, the parts are the text.
 */
export function splitMarkdown(text: string): string[] {
  if (DEFINITION.test(text)) return [text];
  const parts: string[] = [];
  let start = 0;
  let offset = 0;
  let fence: string | undefined;
  let inList = false;
  let afterBlank = false;
  for (const line of text.split('\n')) {
    const isBlank = line.trim() === '';
    if (fence === undefined && !isBlank) {
      const isItem = LIST_ITEM.test(line);
      // An indented line or a further item after a blank one belongs to the list before it.
      if (afterBlank && !/^\s/.test(line) && !(isItem && inList) && offset > start) {
        parts.push(text.slice(start, offset));
        start = offset;
        inList = false;
      }
      inList ||= isItem;
    }
    fence = nextFence(fence, line);
    afterBlank = isBlank;
    offset += line.length + 1;
  }
  parts.push(text.slice(start));
  return parts;
}

/** The fence that is open after a line, if any. */
function nextFence(open: string | undefined, line: string): string | undefined {
  const marks = FENCE.exec(line)?.[1];
  if (open === undefined) return marks;
  if (marks === undefined) return open;
  const closes = marks[0] === open[0] && marks.length >= open.length && line.trim() === marks;
  return closes ? undefined : open;
}
