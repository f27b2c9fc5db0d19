import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createEmulator, text } from '@colloquy/emulator';
import { ConfigurationError } from './errors.ts';
import type { SDKMessage } from './messages.ts';
import type { Options } from './options/options.ts';
import { prewarm, startup } from './startup.ts';

const FAKE = join(import.meta.dirname, 'engines/cli/__fixtures__/fake-claude.mjs');

async function cliOptions(): Promise<Options> {
  const home = await mkdtemp(join(tmpdir(), 'colloquy-startup-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: home };
  return { engine: 'cli', pathToClaudeCodeExecutable: FAKE, cwd: home, env };
}

async function resultOf(messages: AsyncIterable<SDKMessage>): Promise<string> {
  let said = '';
  for await (const message of messages)
    if (message.type === 'result' && message.subtype === 'success') said = message.result;
  return said;
}

test('a session from startup() is ready, for one query', async () => {
  const warm = await startup({ options: await cliOptions() });
  expect(await resultOf(warm.query('say hi'))).toBe('hi');
  expect(() => warm.query('say again')).toThrow(ConfigurationError);
});

test('startup() works with our own loop too', async () => {
  const emulator = createEmulator({ script: [text('Hello.')] });
  const options = { send: emulator.send, persistSession: false, env: { ANTHROPIC_API_KEY: 'k' } };
  const warm = await startup({ options });
  expect(await resultOf(warm.query('Hi'))).toBe('Hello.');
});

test('a process from prewarm() becomes a session with the callbacks given later', async () => {
  const options = {
    ...(await cliOptions()),
    canUseTool: async () => ({ behavior: 'deny' as const, message: 'early' }),
  };
  const spare = await prewarm({ options });
  expect(spare.claimed).toBe(false);
  const claimed = { ...options, canUseTool: async () => ({ behavior: 'deny' as const, message: 'late' }) };
  const said = await resultOf(spare.claim({ prompt: 'tool Bash', options: claimed }));
  expect(said).toContain('"message":"late"');
  expect(spare.claimed).toBe(true);
  await spare.exited;
  expect(() => spare.claim({ prompt: 'say again' })).toThrow(ConfigurationError);
});

test('one that was started in another way is ended, and a new one started', async () => {
  const options = await cliOptions();
  const spare = await prewarm({ options });
  const said = await resultOf(spare.claim({ prompt: 'args', options: { ...options, model: 'other' } }));
  expect(said).toContain('--model=other');
  await spare.exited;
});

test('one that nobody wants is gone', async () => {
  const spare = await prewarm({ options: await cliOptions() });
  await spare[Symbol.asyncDispose]();
  await expect(spare.exited).resolves.toBeUndefined();
});
