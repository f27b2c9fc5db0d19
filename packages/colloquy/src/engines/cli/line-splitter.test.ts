import { expect, test } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

const TEXT = 'one\n\nünïcödé 你好 🎈\nlast without an end';
const LINES = ['one', '', 'ünïcödé 你好 🎈'];

test.each([1, 2, 3, 7, 1000])('lines are the same in pieces of %i bytes', (size) => {
  const bytes = Buffer.from(TEXT);
  const splitter = new LineSplitter();
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += size) lines.push(...splitter.add(bytes.subarray(at, at + size)));
  expect(lines).toEqual(LINES);
  expect(splitter.rest()).toBe('last without an end');
});

test('a line that is longer than its bound is refused', () => {
  const splitter = new LineSplitter(10);
  expect(splitter.add(Buffer.from('short\n12345'))).toEqual(['short']);
  expect(() => splitter.add(Buffer.from('678901'))).toThrow(RangeError);
});
