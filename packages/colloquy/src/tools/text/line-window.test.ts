import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineWindow } from './line-window.ts';

const read = (
  pieces: readonly Uint8Array[],
  o: { first: number; count: number },
): { lines: string[]; total: number; binary: boolean } => {
  const window = new LineWindow({ ...o, maxLineChars: 1000, maxChars: 1_000_000 });
  for (const piece of pieces) window.add(piece);
  const total = window.end();
  return { lines: window.lines, total, binary: window.binary };
};

test('picks the same lines however the text was cut into pieces, also inside a character', () => {
  const text = fc.array(fc.constantFrom('a', 'é', '😀', '\n', '\r\n')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(
      text,
      fc.array(fc.nat(50)),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
      (whole, cuts, first, count) => {
        const bytes = Buffer.from(whole);
        const ends = [...cuts.filter((cut) => cut < bytes.byteLength), bytes.byteLength].toSorted((a, b) => a - b);
        const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        const lines = whole.split(/\r?\n/);
        if (lines.at(-1) === '') lines.pop();
        expect(read(pieces, { first, count })).toEqual({
          lines: lines.slice(first - 1, first - 1 + count),
          total: lines.length,
          binary: false,
        });
      },
    ),
  );
});

test('a NUL counts in and before the window, not behind it', () => {
  const text = Buffer.from('a\nb\0\nc\nd\0\n');
  expect(read([text], { first: 1, count: 1 }).binary).toBe(false);
  expect(read([text], { first: 2, count: 1 }).binary).toBe(true);
  expect(read([text], { first: 3, count: 1 })).toEqual({ lines: ['c'], total: 4, binary: true });
});

test('ends early when enough characters were picked, but picks at least one line', () => {
  const window = new LineWindow({ first: 1, count: 10, maxLineChars: 100, maxChars: 5 });
  window.add(Buffer.from('abcdefgh\ni\n'));
  expect([window.end(), window.lines]).toEqual([2, ['abcdefgh']]);
});
