import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text, toolUse, type Reply } from '@colloquy/emulator';
import { expect, test, vi } from 'vitest';
import { openTools, resultsOf } from './tool-scene.ts';

/** A thousand takes a quarter of a minute or more: `COLLOQUY_CALLS=1000 npx vitest run …/leftovers.test.ts`. */
const CALLS = Number(process.env['COLLOQUY_CALLS'] ?? 200);

/** Calls of every kind: those that succeed, fail, print much, go on in the background, are refused. */
function mixedCall(index: number): Reply {
  switch (index % 10) {
    case 0:
      return toolUse('Bash', { command: `exit ${index % 256}` });
    case 1:
      return toolUse('Bash', { command: 'head -c 70000 /dev/zero' });
    case 2:
      return toolUse('Bash', { command: 'true', run_in_background: true });
    case 3:
      return toolUse('Bash', { command: 'no-such-command' });
    case 4:
      return toolUse('Read', { file_path: index % 20 === 4 ? 'a.txt' : 'missing.txt' });
    case 5:
      return toolUse('Edit', { file_path: 'a.txt', old_string: 'absent', new_string: 'x' });
    case 6:
      return toolUse('Grep', { pattern: index % 20 === 6 ? 'one' : '(' });
    case 7:
      return toolUse('Bash', { wrong: true });
    case 8:
      return toolUse('Write', { file_path: `out-${index % 30}.txt`, content: String(index) });
    default:
      return toolUse('TaskOutput', { task_id: 'b0000000' });
  }
}

const descriptors = (): number => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0);
const timers = (): string[] => process.getActiveResourcesInfo().filter((name) => name === 'Timeout');
const children = (): string[] =>
  execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => Number(line.trim().split(/\s+/)[1]) === process.pid && !line.includes('ps -eo'));

test('calls leave no process, timer, file or descriptor behind', { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-leftovers-'));
  vi.stubEnv('TMPDIR', folder);
  try {
    // What is loaded and opened once is not counted.
    for (let round = 0; round < 2; round++) await play(10);
    const before = { descriptors: descriptors(), timers: timers(), children: children() };
    await play(CALLS);
    expect({ descriptors: descriptors(), timers: timers(), children: children() }).toEqual(before);
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  }
});

/** So many calls in one session, the last one interrupted; then the session is closed. */
async function play(calls: number): Promise<void> {
  const scene = await openTools(
    { 'a.txt': 'one\n' },
    {
      tools: ['Bash', 'TaskOutput', 'Read', 'Edit', 'Grep', 'Write'],
      allowedTools: ['Bash'],
      sandbox: { enabled: false },
    },
  );
  const { emulator, client } = scene;
  emulator.script(
    ...Array.from({ length: calls }, (_, index) => mixedCall(index)),
    toolUse('Bash', { command: 'touch begun; sleep 60' }),
  );
  await client.query('Go');
  let results = 0;
  for await (const message of client.receiveResponse()) {
    results += resultsOf(message).length;
    if (message.type !== 'assistant' || results < calls) continue;
    while (!existsSync(scene.path('begun'))) await new Promise((resolve) => setImmediate(resolve));
    emulator.script(text('Over.'));
    await client.interrupt();
  }
  expect(results).toBe(calls + 1);
  await scene[Symbol.asyncDispose]();
}
