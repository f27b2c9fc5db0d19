import type { Random } from './random.ts';

// Letters of one to four bytes, what JSON escapes, what separates lines, and what joins with its neighbours.
const ALPHABET = [
  ...Array.from('abc xyz 019 "\\/{}[]:, \n\r\téß你好한🌙'),
  '👩‍👩‍👧',
  '\u2028',
  '\u0000',
  '\uFEFF',
  'e\u0301',
];

/** A text with characters of every length in UTF-8. */
export function randomText(random: Random, maxLength = 30): string {
  return random.times(random.whole(1, maxLength), () => random.pick(ALPHABET)).join('');
}

/** A text that has a word in it. */
export function randomWords(random: Random, maxLength = 30): string {
  return `w${randomText(random, maxLength)}`;
}

/**
 * A name for a field. No backslash is in it: once V8 13.6, in Node 24, has read an object with the key `a\\`, it reads the key
 * `a\t` of another as `a\\` too (`JSON.parse` of `{"v":1,"a\\\\":2}`, then of `{"v":1,"a\\t":2}`).
 */
export function randomKey(random: Random, maxLength: number): string {
  return randomWords(random, maxLength).replaceAll('\\', '/');
}

/** Any JSON value; `depth` bounds how far it nests. */
export function randomJson(random: Random, depth = 2): unknown {
  switch (random.whole(0, depth > 0 ? 6 : 4)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.whole(-1000, 1000) / 4;
    case 3:
      return '';
    case 4:
      return randomText(random);
    case 5:
      return random.times(random.whole(0, 3), () => randomJson(random, depth - 1));
    default:
      return Object.fromEntries(
        random.times(random.whole(0, 3), (index) => [`${index}${randomKey(random, 3)}`, randomJson(random, depth - 1)]),
      );
  }
}

/** A text cut into pieces at any of its code units, so inside surrogate pairs and escapes too; some of them empty. */
export function randomPieces(random: Random, text: string): string[] {
  const pieces = random.chance(0.3) ? [''] : [];
  for (let at = 0; at < text.length;) {
    const length = random.whole(1, 8);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}

/** How long the longest chunk of a body may be, from single bytes to all at once. */
export const LONGEST_CHUNKS: readonly number[] = [1, 2, 3, 7, 16, 64, 300, 4096, 65_536];

/** Bytes cut into chunks of random lengths, the longest of which is picked too. */
export function randomChunks(random: Random, bytes: Uint8Array, longestOf: readonly number[]): Uint8Array[] {
  const longest = random.pick(longestOf);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = longest <= 2 ? longest : random.whole(1, longest);
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}
