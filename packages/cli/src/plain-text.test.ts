import { expect, test } from 'vitest';
import { oneLine, plainText } from './plain-text.ts';

test('ordinary text in any script passes unchanged', () => {
  expect(plainText('a\tb\nGrüße, 世界 👋🏽')).toBe('a\tb\nGrüße, 世界 👋🏽');
});

test('what would steer a terminal is shown instead', () => {
  expect(plainText('\u001b[2J\u001b]0;title\u0007 \u009b31m \rover \u202egnp.exe')).toBe(
    '␛[2J␛]0;title␇ �31m ␍over �gnp.exe',
  );
  expect(plainText('dos\r\nlines\r\n')).toBe('dos\nlines\n');
});

test('one line has no breaks and a bound', () => {
  expect(oneLine('  ls -la\n\n\trm x ', 20)).toBe('ls -la rm x');
  expect(oneLine('abcdefghij', 5)).toBe('abcd…');
});
