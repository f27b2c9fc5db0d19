import { expect, test } from 'vitest';
import { costUsd, listModels, modelInfo, resolveModel, DEFAULT_MODEL } from './models.ts';
import type { Usage } from './types.ts';

const usage = (parts: Partial<Usage>): Usage => ({
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: null,
  cache_read_input_tokens: null,
  ...parts,
});

test.each([
  ['opus', 'claude-opus-5-5'],
  ['Sonnet', 'claude-sonnet-5-5'],
  [' haiku ', 'claude-haiku-5-5'],
  ['fable', 'claude-fable-5-2'],
  ['claude-haiku-4-5-20251001', 'claude-haiku-4-5-20251001'],
  ['constructor', 'constructor'],
])('%j resolves to %s', (name, id) => {
  expect(resolveModel(name)).toBe(id);
});

test('a dated id has the entry of its model', () => {
  expect(modelInfo('claude-sonnet-4-5-20250929').id).toBe('claude-sonnet-4-5');
});

test('an alias has the entry of the model behind it, and the default model has one', () => {
  expect(modelInfo('opus')).toBe(modelInfo('claude-opus-5-5'));
  expect(modelInfo(DEFAULT_MODEL).price).toBeDefined();
});

test('an unknown model promises nothing', () => {
  expect(modelInfo('claude-next-9')).toMatchObject({
    id: 'claude-next-9',
    price: undefined,
    thinking: { accepts: [] },
    acceptsForcedToolChoice: false,
    acceptsSystemMessages: false,
    preservesThinking: true,
  });
  expect(costUsd('claude-next-9', usage({ input_tokens: 1 }))).toBeUndefined();
});

test('every id is listed once, and a cache read is never dearer than a fresh token', () => {
  const ids = listModels().map((info) => info.id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { price } of listModels()) {
    expect(price).toBeDefined();
    if (price === undefined) continue;
    expect(price.cacheRead).toBeLessThan(price.input);
    expect(price.cacheWrite5m).toBeCloseTo(price.input * 1.25, 6);
    expect(price.cacheWrite1h).toBeCloseTo(price.input * 2, 6);
  }
});

test('cost counts input, output, cache reads, and the two kinds of cache writes at their own prices', () => {
  const cost = costUsd(
    'claude-opus-5-5',
    usage({
      input_tokens: 1_000_000,
      output_tokens: 100_000,
      cache_read_input_tokens: 2_000_000,
      cache_creation_input_tokens: 300_000,
      cache_creation: { ephemeral_5m_input_tokens: 100_000, ephemeral_1h_input_tokens: 200_000 },
    }),
  );
  expect(cost).toBeCloseTo(4 + 2 + 0.4 + 0.5 + 1.6, 9);
});

test('cache writes without a breakdown are five-minute writes', () => {
  expect(costUsd('opus', usage({ cache_creation_input_tokens: 1_000_000 }))).toBeCloseTo(5, 9);
});

test('Haiku 5.5 has its second price only above 100,000 prompt tokens, cached ones counted', () => {
  const at = costUsd('haiku', usage({ input_tokens: 40_000, cache_read_input_tokens: 60_000, output_tokens: 1_000 }));
  const above = costUsd(
    'haiku',
    usage({ input_tokens: 40_001, cache_read_input_tokens: 60_000, output_tokens: 1_000 }),
  );
  expect(at).toBeCloseTo((40_000 * 0.1 + 60_000 * 0.01 + 1_000 * 0.5) / 1e6, 12);
  expect(above).toBeCloseTo((40_001 * 0.5 + 60_000 * 0.05 + 1_000 * 2.5) / 1e6, 12);
});

test('web searches are billed apart from tokens', () => {
  expect(costUsd('opus', usage({ server_tool_use: { web_search_requests: 3 } }))).toBeCloseTo(0.03, 9);
});
