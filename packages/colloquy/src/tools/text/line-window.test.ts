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

test('a NUL counts in the window only', () => {
  const text = Buffer.from('a\nb\0\nc\nd\0\n');
  expect(read([text], { first: 1, count: 1 }).binary).toBe(false);
  expect(read([text], { first: 2, count: 1 }).binary).toBe(true);
  expect(read([text], { first: 3, count: 1 })).toEqual({ lines: ['c'], total: 4, binary: false });
});

test('counts the same whether lines are short or long', () => {
  const lines = ['', 'x'.repeat(30), 'y'.repeat(3000), 'z'];
  const text = Array.from({ length: 3000 }, (_, index) => lines[(index * 7 + (index >> 5)) % 4]).join('\n');
  const pieces = Array.from({ length: Math.ceil(text.length / 10_007) }, (_, index) =>
    Buffer.from(text.slice(index * 10_007, (index + 1) * 10_007)),
  );
  expect(read(pieces, { first: 2990, count: 2 })).toEqual({
    lines: text
      .split('\n')
      .slice(2989, 2991)
      .map((line) => (line.length > 1000 ? expect.stringContaining('[cut: this line has 3000 bytes]') : line)),
    total: 3000,
    binary: false,
  });
});

test('tells Windows-1252 from damaged UTF-8', () => {
  const decode = (bytes: Uint8Array) => {
    const window = new LineWindow({ first: 1, count: 9, maxLineChars: 100, maxChars: 1000 });
    window.add(bytes);
    window.end();
    return { lines: window.lines, encoding: window.encoding, damaged: window.damaged };
  };
  expect(decode(Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a, 0x80]))).toEqual({
    lines: ['café', '€'],
    encoding: 'windows-1252',
    damaged: false,
  });
  expect(decode(Buffer.concat([Buffer.from('naïve café '), Buffer.from([0xff])]))).toEqual({
    lines: ['naïve café \uFFFD'],
    encoding: 'utf-8',
    damaged: true,
  });
  expect(decode(Buffer.from('one \uFFFD'))).toEqual({ lines: ['one \uFFFD'], encoding: 'utf-8', damaged: false });
});

test('ends early when enough characters were picked, but picks at least one line', () => {
  const window = new LineWindow({ first: 1, count: 10, maxLineChars: 100, maxChars: 5 });
  window.add(Buffer.from('abcdefgh\ni\n'));
  expect([window.end(), window.lines]).toEqual([2, ['abcdefgh']]);
});
