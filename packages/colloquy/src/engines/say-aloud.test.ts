import { createEmulator, status, text, toolUse } from '@colloquy/emulator';
import { expect, test, vi } from 'vitest';
import { query } from '../query.ts';

test('verbose says on the error output what goes on, a line each, without control characters', async () => {
  const emulator = createEmulator({
    script: [status(529), toolUse('Read', { file_path: 'no\u001B[2Jne' }), text('Done\nhere.')],
  });
  const said: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => said.push(String(chunk)) > 0);
  const random = vi.spyOn(Math, 'random').mockReturnValue(0.999);
  const options = { send: emulator.send, env: {}, persistSession: false, verbose: true, settingSources: [] };
  for await (const _ of query({ prompt: 'Hello', options }));
  random.mockRestore();
  const lines = said.join('').trimEnd().split('\n');
  expect(lines.every((line) => /^\[colloquy [0-9a-f]{8}\] \P{Cc}+$/u.test(line))).toBe(true);
  expect(lines.map((line) => line.slice(20).split(' ').slice(0, 2).join(' '))).toEqual([
    'init claude-opus-5-5,',
    'retry 1',
    'call Read',
    expect.stringContaining('user '),
    'text Done',
    'result success',
  ]);
  expect(lines.at(-1)).toMatch(/Done here\.$/);
});
