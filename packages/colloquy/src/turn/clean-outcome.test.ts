import { expect, test } from 'vitest';
import { cleanContent, cleanOutcome } from './clean-outcome.ts';

const circle: Record<string, unknown> = {};
circle['self'] = circle;

test.each([
  ['text', 'text'],
  ['', ''],
  [[{ type: 'text', text: 'a' }], [{ type: 'text', text: 'a' }]],
  [
    [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }],
    [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }],
  ],
  [{ rows: 2 }, '{"rows":2}'],
  [[1, 2], '[1,2]'],
  [[{ type: 'text' }], '[{"type":"text"}]'],
  [[{ type: 'tool_use', id: 'x' }], '[{"type":"tool_use","id":"x"}]'],
  [null, 'null'],
  [undefined, '[The tool returned nothing.]'],
  [1n, '[The tool returned nothing.]'],
  [circle, '[The tool returned nothing.]'],
])('whatever comes becomes content of a result (%#)', (value: unknown, content) => {
  expect(cleanContent(value)).toEqual(content);
});

test('text beyond what fits is cut, over all blocks together', () => {
  const long = 'x'.repeat(150_000);
  expect(cleanContent(long + long)).toMatch(/x\n\[cut: 100000 more characters were left out\]$/);
  const blocks = [long, long, long].map((text) => ({ type: 'text', text }));
  const [first, second, ...rest] = cleanContent(blocks) as { text: string }[];
  expect(first).toEqual(blocks[0]);
  expect(second?.text).toMatch(/x\n\[cut: 100000 more/);
  expect(rest).toEqual([]);
});

test('structured output is kept as JSON holds it, and what it cannot hold is told', () => {
  expect(cleanOutcome({ content: 'a', structured: { at: new Date(0), f: () => 1 } })).toEqual({
    content: 'a',
    isError: false,
    structured: { at: '1970-01-01T00:00:00.000Z' },
  });
  const left = cleanOutcome({ content: 'a', structured: { n: 1n } });
  expect(left).toEqual({ content: 'a', isError: false, problem: expect.stringContaining('BigInt') });
});
