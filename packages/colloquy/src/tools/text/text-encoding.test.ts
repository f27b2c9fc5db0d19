import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeText, encodeText, isBinary, markedEncoding } from './text-encoding.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('a text', () => {
  test('in each encoding is read, and written back to the byte', () => {
    const cases = [
      [Buffer.from('é\r\n€'), { text: 'é\r\n€', encoding: 'utf-8', marked: false, damaged: false }],
      [bytes(0xef, 0xbb, 0xbf, 0x61), { text: 'a', encoding: 'utf-8', marked: true, damaged: false }],
      [bytes(0xff, 0xfe, 0x61, 0, 0xac, 0x20), { text: 'a€', encoding: 'utf-16le', marked: true, damaged: false }],
      [bytes(0xfe, 0xff, 0, 0x61, 0x20, 0xac), { text: 'a€', encoding: 'utf-16be', marked: true, damaged: false }],
      [bytes(0x61, 0xe9, 0x80), { text: 'aé€', encoding: 'windows-1252', marked: false, damaged: false }],
    ] as const;
    for (const [written, read] of cases) {
      expect(decodeText(written)).toEqual(read);
      expect(Buffer.compare(encodeText(read.text, read), written)).toBe(0);
    }
  });

  test('that is not damaged survives reading and writing, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.constantFrom([], [0xff, 0xfe], [0xfe, 0xff]), (rest, mark) => {
        const written = Uint8Array.from([...mark, ...rest]);
        const read = decodeText(written);
        if (!read.damaged) expect(Buffer.compare(encodeText(read.text, read), written)).toBe(0);
      }),
    );
  });

  test('that is damaged says so', () => {
    expect(decodeText(bytes(0xff, 0xfe, 0x61)).damaged).toBe(true);
    expect(decodeText(bytes(0xff, 0xfe, 0x00, 0xd8)).damaged).toBe(true);
    expect(decodeText(Buffer.concat([Buffer.from('äöü'), bytes(0xff)])).damaged).toBe(true);
  });

  test('cannot hold what its encoding lacks', () => {
    expect(() => encodeText('a 😀', { encoding: 'windows-1252', marked: false })).toThrow(
      'Windows-1252 (Latin-1), which has no 😀 (U+1F600)',
    );
  });
});

test('NUL bytes and many control characters are no text, unless UTF-16 is marked', () => {
  expect(isBinary(bytes(0x61, 0, 0x62))).toBe(true);
  expect(isBinary(bytes(1, 2, 3, 4, 0x61))).toBe(true);
  expect(isBinary(Buffer.from('\x1b[31mred\x1b[0m\ttext\r\n'))).toBe(false);
  expect(isBinary(bytes(0xff, 0xfe, 0x61, 0))).toBe(false);
  expect(isBinary(bytes(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0))).toBe(true);
  expect(isBinary(bytes())).toBe(false);
  expect(markedEncoding(bytes(0xff, 0xfe, 0, 0))).toBeUndefined();
});
