import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** Starts a command in the background, and then ends the whole process. */
const program = (seconds: string, cwd: string, end: string): string => `
import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { ClaudeSDKClient } from 'colloquy';
const emulator = createEmulator({
  script: [toolUse('Bash', { command: 'setsid sleep ${seconds} & sleep ${seconds}', run_in_background: true }), text('Done.')],
});
const client = new ClaudeSDKClient({
  send: emulator.send, cwd: ${JSON.stringify(cwd)}, persistSession: false, settingSources: [], allowedTools: ['Bash'], sandbox: { enabled: false },
  env: { ANTHROPIC_API_KEY: 'test', PATH: process.env.PATH },
});
await client.query('Go');
for await (const message of client.receiveResponse());
${end};
`;

const isRunning = (seconds: string): boolean =>
  execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })
    .split('\n')
    .some((line) => line.trim() === `sleep ${seconds}`);

test.each([
  ['exits', 'process.exit(0)', []],
  // Nobody is left to remove it; the system clears its temporary files.
  ['is killed', 'process.kill(process.pid, "SIGKILL")', [expect.stringMatching(/^colloquy-output-/)]],
])('work in the background ends with a process that %s', { timeout: 20_000 }, async (_, end, left) => {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-exit-'));
  const seconds = `98.${process.pid}${Math.floor(performance.now() * 1000)}`;
  try {
    const child = spawn(process.execPath, ['--conditions=colloquy-source', '--input-type=module-typescript', '-'], {
      cwd: import.meta.dirname,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        TMPDIR: folder,
        NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
      },
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    child.stdin.end(program(seconds, folder, end));
    await once(child, 'close');
    while (isRunning(seconds)) await new Promise((resolve) => setImmediate(resolve));
    expect(readdirSync(folder)).toEqual(left);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
