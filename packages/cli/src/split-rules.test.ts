import { expect, test } from 'vitest';
import { splitRules } from './split-rules.ts';

test('rules are separated by commas, but not by those inside a rule', () => {
  expect(splitRules('Read')).toEqual(['Read']);
  expect(splitRules(' Read, Bash(echo a, b) ,Grep,')).toEqual(['Read', 'Bash(echo a, b)', 'Grep']);
  expect(splitRules('')).toEqual([]);
});
