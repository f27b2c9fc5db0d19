import { expect, test } from 'vitest';
import { countChanges, hunkFromTexts, hunksFromStructured, type Hunk } from './patch.ts';

const show = (hunk: Hunk): string[] =>
  hunk.lines.map((line) => `${line.oldLine ?? ''}|${line.newLine ?? ''}|${line.sign}${line.text}`);

test('a structured patch has the numbers of both files', () => {
  const structuredPatch = [
    { oldStart: 4, oldLines: 3, newStart: 6, newLines: 3, lines: [' a', '-b', '+B', ' c', '\\ No newline'] },
  ];
  const hunks = hunksFromStructured({ structuredPatch });
  expect(hunks?.map(show)).toEqual([['4|6| a', '5||-b', '|7|+B', '6|8| c']]);
  expect(countChanges(hunks ?? [])).toEqual({ added: 1, removed: 1 });
});

test('an output without a patch has no hunks', () => {
  expect(hunksFromStructured({ structuredPatch: [] })).toBeUndefined();
  expect(hunksFromStructured('Error: no')).toBeUndefined();
});

test('two texts differ in the lines between those they share', () => {
  expect(show(hunkFromTexts('a\nb\nc\n', 'a\nB\nB2\nc\n'))).toEqual(['|| a', '||-b', '||+B', '||+B2', '|| c']);
});

test('a new text is added whole, and a repeated line is not counted twice', () => {
  expect(show(hunkFromTexts('', 'a\n\nb\n'))).toEqual(['||+a', '||+', '||+b']);
  expect(show(hunkFromTexts('x\nx', 'x'))).toEqual(['|| x', '||-x']);
});
