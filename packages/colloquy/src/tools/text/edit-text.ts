/** A text after an edit, and the lines (from 1) at which the replaced passages began. */
export type EditedText = { text: string; atLines: number[] };

/**
 * Replaces a passage, compared without regard to whether lines end with LF or CRLF. What is not replaced stays as it is to the
 * byte; what is put in gets the line ends that most lines have. Pure.
 * @param choose Gets the lines at which the passage begins and says how many of the occurrences to replace; it may throw.
 */
export function replacePassage(
  text: string,
  passage: string,
  replacement: string,
  choose: (atLines: readonly number[]) => number,
): EditedText {
  const plain = withLineFeeds(text);
  const wanted = withLineFeeds(passage);
  const found = occurrences(plain, wanted);
  const atLines = lineNumbers(plain, found);
  const chosen = found.slice(0, choose(atLines));
  const inserted = inLineEndsOf(text, withLineFeeds(replacement));
  const toOriginal = offsetMapper(text);
  const pieces: string[] = [];
  let end = 0;
  for (const start of chosen) {
    pieces.push(text.slice(end, toOriginal(start)), inserted);
    end = toOriginal(start + wanted.length);
  }
  return { text: pieces.join('') + text.slice(end), atLines: atLines.slice(0, chosen.length) };
}

/** The same text with every CRLF as LF. */
export function withLineFeeds(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

/** Where a passage begins, occurrences that overlap counted once. */
function occurrences(text: string, passage: string): number[] {
  const found: number[] = [];
  if (passage === '') return found;
  for (let at = text.indexOf(passage); at !== -1; at = text.indexOf(passage, at + passage.length)) found.push(at);
  return found;
}

function lineNumbers(text: string, ascending: readonly number[]): number[] {
  let line = 1;
  let from = 0;
  return ascending.map((offset) => {
    for (let at = text.indexOf('\n', from); at !== -1 && at < offset; at = text.indexOf('\n', from)) {
      line++;
      from = at + 1;
    }
    return line;
  });
}

/** From offsets in the text with line feeds only to those in the original; to be asked in ascending order. */
function offsetMapper(original: string): (offset: number) => number {
  let shortened = 0;
  let next = original.indexOf('\r\n');
  return (offset) => {
    while (next !== -1 && next - shortened < offset) {
      shortened++;
      next = original.indexOf('\r\n', next + 2);
    }
    return offset + shortened;
  };
}

function inLineEndsOf(text: string, insertion: string): string {
  const withReturn = occurrences(text, '\r\n').length;
  const all = occurrences(text, '\n').length;
  return withReturn > all - withReturn ? insertion.replaceAll('\n', '\r\n') : insertion;
}
