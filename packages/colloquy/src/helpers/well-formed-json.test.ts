import { expect, test } from 'vitest';
import { wellFormedJson } from './well-formed-json.ts';

test.each([
  ['a\ud83cb', '"a\ufffdb"'],
  ['\udf19', '"\ufffd"'],
  ['🌙 \ud800', '"🌙 \ufffd"'],
  ['\\\ud800', '"\\\\\ufffd"'],
  ['🌙', '"🌙"'],
  ['\\ud800', '"\\\\ud800"'],
  ['\\\\ud800', '"\\\\\\\\ud800"'],
  [{ a: ['\ud800', { b: '\udfff' }] }, '{"a":["\ufffd",{"b":"\ufffd"}]}'],
])('%j is JSON that the API takes', (value, json) => {
  expect(wellFormedJson(value)).toBe(json);
});
