import type { Span } from './regex-thread.ts';
import { MAX_LINE_BYTES, type MatchQuery } from './search-query.ts';

/** What ripgrep would print of the matches in one file, record by record: a path, a NUL and the rest. Pure. */
export function matchRecords(path: string, text: string, spans: readonly Span[], query: MatchQuery): string[] {
  if (query.mode === 'files_with_matches') return [path];
  const lines = new Lines(text);
  const hits = new Set(spans.flatMap(([start, end]) => range(lines.at(start), lines.at(Math.max(start, end - 1)))));
  if (query.mode === 'count') return [`${path}\0${hits.size}`];
  const toRecord = (line: number, mark: string, shown: string): string =>
    `${path}\0${query.lineNumbers ? `${line + 1}${mark}` : ''}${cut(shown)}`;
  if (query.onlyMatching) {
    return spans.flatMap(([start, end]) => {
      const first = lines.at(start);
      return text
        .slice(start, end)
        .split('\n')
        .map((part, below) => toRecord(first + below, ':', part));
    });
  }
  return passages([...hits], lines.count, query).flatMap((passage, index) => [
    ...(index > 0 ? ['--'] : []),
    ...passage.map((line) => toRecord(line, hits.has(line) ? ':' : '-', lines.text(line))),
  ]);
}

/** The lines to show, in passages with gaps in between; without lines around matches, all is one passage. */
function passages(
  hits: readonly number[],
  count: number,
  { linesBefore, linesAfter }: { linesBefore: number; linesAfter: number },
): number[][] {
  if (linesBefore === 0 && linesAfter === 0) return [[...hits]];
  const all: number[][] = [];
  let shown = -1;
  for (const hit of hits) {
    const from = Math.max(hit - linesBefore, 0);
    const passage = from <= shown + 1 ? (all.at(-1) ?? []) : [];
    if (passage !== all.at(-1)) all.push(passage);
    const next = range(Math.max(from, shown + 1), Math.min(hit + linesAfter, count - 1));
    for (const line of next) passage.push(line);
    shown = Math.max(shown, next.at(-1) ?? shown);
  }
  return all;
}

class Lines {
  readonly #text: string;
  readonly #starts: number[] = [0];

  constructor(text: string) {
    this.#text = text;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
    // Nothing stands after the last line end.
    if (this.#starts.at(-1) === text.length && text !== '') this.#starts.pop();
  }

  get count(): number {
    return this.#starts.length;
  }

  /** The line, from 0, that holds an offset. */
  at(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  text(line: number): string {
    const next = this.#starts[line + 1];
    const text = this.#text.slice(this.#starts[line], next === undefined ? undefined : next - 1);
    return next === undefined && text.endsWith('\n') ? text.slice(0, -1) : text;
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}

function cut(line: string): string {
  return line.length > MAX_LINE_BYTES ? `${line.slice(0, MAX_LINE_BYTES)} [... omitted end of long line]` : line;
}
