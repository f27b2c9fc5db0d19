import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { replacePassage, withLineFeeds } from './edit-text.ts';

const all = (lines: readonly number[]): number => lines.length;
const replaceAll = (text: string, passage: string, replacement: string): string =>
  replacePassage(text, passage, replacement, all).text;

describe('line ends', () => {
  test('of a CRLF file are matched by and put into a passage written with LF', () => {
    expect(replaceAll('a\r\nb\r\nc\r\n', 'a\nb\n', 'x\ny\nz\n')).toBe('x\r\ny\r\nz\r\nc\r\n');
  });

  test('of a LF file stay, though the passage is written with CRLF', () => {
    expect(replaceAll('a\nb\nc', 'a\r\nb', 'x\r\ny')).toBe('x\ny\nc');
  });

  test('of a mixed file stay where nothing is replaced; what is put in is like most lines', () => {
    expect(replaceAll('a\nb\r\nc\r\nd\n\re', 'c\nd', 'x\ny')).toBe('a\nb\r\nx\ny\n\re');
    expect(replaceAll('a\nb\r\nc\r\nd\r\ne', 'a\nb', 'x\ny')).toBe('x\r\ny\r\nc\r\nd\r\ne');
  });

  test('that are missing at the end stay missing', () => {
    expect(replaceAll('a\r\nb\r\nc', 'c', 'd')).toBe('a\r\nb\r\nd');
  });

  test('a passage may begin or end with a line end', () => {
    expect(replaceAll('a\r\nb\r\nc\r\n', '\nb\n', '\n')).toBe('a\r\nc\r\n');
  });
});

test('the lines are those at which the passages begin', () => {
  const { atLines } = replacePassage('x\r\n\r\nx x\ny\nx', 'x', 'z', all);
  expect(atLines).toEqual([1, 3, 3, 5]);
  expect(replacePassage('x\nx', 'x', 'z', () => 1)).toEqual({ text: 'z\nx', atLines: [1] });
});

test('a passage that is not there, or empty, changes nothing', () => {
  expect(replacePassage('abc', 'x', 'y', all)).toEqual({ text: 'abc', atLines: [] });
  expect(replacePassage('abc', '', 'y', all)).toEqual({ text: 'abc', atLines: [] });
});

test('dollar signs in the replacement are text', () => {
  expect(replaceAll('a', 'a', "$& $1 $'")).toBe("$& $1 $'");
});

const someText = fc.array(fc.constantFrom('a', 'b', '\n', '\r\n', 'ä', '😀')).map((parts) => parts.join(''));

test('read with line feeds only, it is what a plain replacement gives', () => {
  fc.assert(
    fc.property(
      someText,
      fc.constantFrom('a', 'ab', 'a\nb', '\n', '\n\n'),
      fc.constantFrom('', 'c', 'c\nd'),
      (text, passage, replacement) => {
        expect(withLineFeeds(replaceAll(text, passage, replacement))).toBe(
          withLineFeeds(text).replaceAll(passage, () => replacement),
        );
      },
    ),
  );
});
