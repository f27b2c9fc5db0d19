import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator, text } from '@colloquy/emulator';
import { expect, test } from 'vitest';
import { ask } from '../direct/ask.ts';
import { type CassetteContext, useCassette } from './use-cassette.ts';

test('the context of vitest is one to use a cassette with', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-use-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true }));
  // The cassette of this very test, but not beside it, and each time as if the test had begun anew.
  const { name, fullTestName } = context.task;
  const there = (): CassetteContext => ({
    task: { name, fullTestName, file: { filepath: join(folder, 'use.test.ts') } },
    onTestFinished: context.onTestFinished,
  });
  const { send } = createEmulator({ script: [text('Hi.')] });
  expect(await ask('Hello', { send: useCassette(there(), { send, record: true }), env: {} })).toBe('Hi.');
  expect(await ask('Hello', { send: useCassette(there(), { env: { CI: '1' } }), env: {} })).toBe('Hi.');
  expect(readdirSync(join(folder, '__cassettes__'))).toHaveLength(1);
});
