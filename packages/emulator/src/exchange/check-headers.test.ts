import { expect, test } from 'vitest';
import { createEmulator } from '../index.ts';
import { bodyOf, jsonOfBody, post } from '../testing/ask.ts';

const send = (betas: string, o?: Parameters<typeof createEmulator>[0]) =>
  post(createEmulator(o), bodyOf(), { headers: { 'anthropic-beta': betas } });

test('refuses a beta that nobody knows, and names all of them', async () => {
  const response = await send('context-1m-2025-08-07, time-travel-2027-01-01,,mind-reading-2027-01-01');
  expect([response.status, await jsonOfBody(response)]).toEqual([
    400,
    {
      type: 'error',
      error: {
        type: 'invalid_request_error',
        message: expect.stringContaining(
          'Unexpected value(s) `time-travel-2027-01-01`, `mind-reading-2027-01-01` for the `anthropic-beta` header',
        ),
      },
      request_id: response.headers['request-id'],
    },
  ]);
});

test('accepts the known betas, several at once, and those that the emulator was told of', async () => {
  expect((await send('context-1m-2025-08-07,fast-mode-2026-02-01')).status).toBe(200);
  expect((await send('', {})).status).toBe(200);
  expect((await send('time-travel-2027-01-01', { betas: ['time-travel-2027-01-01'] })).status).toBe(200);
});

test.each([
  ['context_management', 'fast-mode-2026-02-01', 'context-management-2025-06-27', { edits: [] }],
  ['mcp_servers', 'compact-2026-09-04', 'mcp-client-2025-11-20', []],
  ['fallbacks', 'mcp-client-2025-11-20', 'server-side-fallback-2026-07-01', []],
])('takes %s with its own beta only', async (field, other, own, value) => {
  const statusWith = async (beta: string): Promise<number> =>
    (await post(createEmulator(), bodyOf({ [field]: value }), { headers: { 'anthropic-beta': beta } })).status;
  expect([await statusWith(other), await statusWith(own)]).toEqual([400, 200]);
});

test('every answer names the workspace that the request belongs to, unless nobody knows who asks', async () => {
  const workspace = async (headers: Record<string, string>, path = '/v1/messages'): Promise<string | undefined> =>
    (await post(createEmulator(), bodyOf(), { headers, path })).headers['anthropic-workspace-id'];
  expect(await workspace({ 'anthropic-workspace-id': 'wrkspc_mine' })).toBe('wrkspc_mine');
  expect(await workspace({})).toMatch(/^wrkspc_01/);
  expect(await workspace({ 'anthropic-workspace-id': 'wrkspc_mine' }, '/v1/nothing')).toBe('wrkspc_mine');
  expect(await workspace({ 'x-api-key': 'other' })).toBeUndefined();
});
