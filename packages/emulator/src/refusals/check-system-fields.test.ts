import { expect, test } from 'vitest';
import { createEmulator } from '../index.ts';
import { bodyOf, jsonOfBody, post } from '../testing/ask.ts';

const OUTPUT_CONFIG = 'mid-conversation-output-config-2026-07-01';
const CLEAR_AT = 'mid-conversation-system-clear-at-2026-08-21';
const user = { role: 'user', content: 'Hello' };

async function answerTo(betas: string, ...messages: unknown[]): Promise<[number, string]> {
  const response = await post(createEmulator(), bodyOf({ messages }), { headers: { 'anthropic-beta': betas } });
  const { error } = await jsonOfBody<{ error?: { message: string } }>(response);
  return [response.status, error?.message ?? 'accepted'];
}

test.each([OUTPUT_CONFIG, 'per-turn-control-2026-07-01'])('a system message sets the effort under %s', async (beta) => {
  const system = { role: 'system', content: 'Think less.', output_config: { effort: 'low' } };
  expect(await answerTo(beta, user, system)).toEqual([200, 'accepted']);
});

test.each([[[]], [undefined]])('a system message that sets the effort needs no content: %j', async (content) => {
  const system = { role: 'system', content, output_config: { effort: 'low' } };
  const answered = [user, system, { role: 'assistant', content: 'Hi' }, user];
  expect(await answerTo(OUTPUT_CONFIG, ...answered)).toEqual([200, 'accepted']);
});

test('a system message is shown for one turn only under a beta of its own', async () => {
  const system = { role: 'system', content: 'Be brief.', clear_at: 'next_user_message' };
  expect(await answerTo(CLEAR_AT, user, system)).toEqual([200, 'accepted']);
  expect(await answerTo(OUTPUT_CONFIG, user, system)).toEqual([
    400,
    'messages.1.clear_at: Extra inputs are not permitted',
  ]);
});

test.each([
  ['an effort without the beta', '', { content: 'x', output_config: { effort: 'low' } }, /output_config: Extra inputs/],
  ['neither content nor an effort', OUTPUT_CONFIG, { content: [], output_config: {} }, /non-empty content/],
  ['no content at all', OUTPUT_CONFIG, {}, /content: Input should be/],
  [
    'an unknown effort',
    OUTPUT_CONFIG,
    { content: 'x', output_config: { effort: 'huge' } },
    /effort: Input should be one/,
  ],
  ['a format', OUTPUT_CONFIG, { content: 'x', output_config: { format: {} } }, /output_config.format: Extra inputs/],
  ['an unknown duration', CLEAR_AT, { content: 'x', clear_at: 'tomorrow' }, /clear_at: Input should be one/],
] as const)('refuses a system message with %s', async (_why, betas, fields, message) => {
  expect(await answerTo(betas, user, { role: 'system', ...fields })).toEqual([400, expect.stringMatching(message)]);
});

test('an effort is set by system messages alone', async () => {
  expect(await answerTo(OUTPUT_CONFIG, { ...user, output_config: { effort: 'low' } })).toEqual([
    400,
    'messages.0.output_config: Extra inputs are not permitted',
  ]);
});
