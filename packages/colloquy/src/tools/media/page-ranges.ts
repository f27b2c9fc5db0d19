/** The most pages that one call shows. */
export const MAX_PAGES = 20;

/**
 * Reads page numbers such as `3`, `1-5`, `2,4,7-9` or `10-` (to the end), counted from 1. @returns them in the order given, once each.
 * @throws Error which tells the model what to mend.
 */
export function parsePages(text: string, count: number): number[] {
  const pages = new Set<number>();
  for (const part of text.split(',')) {
    const found = /^\s*(\d{1,9})\s*(?:(-)\s*(\d{1,9})?\s*)?$/.exec(part);
    if (found === null)
      throw new Error(`pages must be like 3, 1-5, 2,4,7-9 or 10-, and "${text.slice(0, 100)}" is not.`);
    const first = Number(found[1]);
    const last = found[2] === undefined ? first : Number(found[3] ?? count);
    if (first < 1 || last < first || first > count)
      throw new Error(`There are no pages ${part.trim()}: the file has ${pagesOf(count)}.`);
    for (let page = first; page <= Math.min(last, count); page++) {
      pages.add(page);
      if (pages.size > MAX_PAGES)
        throw new Error(`At most ${MAX_PAGES} pages are shown at once, and ${text} are more. Ask for fewer.`);
    }
  }
  return [...pages];
}

export function pagesOf(count: number): string {
  return count === 1 ? '1 page' : `${count} pages`;
}
