import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { createApiEngine, createMemoryStore } from 'colloquy/internal';
import { expect, test, vi } from 'vitest';
import { createField, needSandbox, play, tell } from './sandbox-scene.ts';

// Real processes need real time: what is waited for here are their ends, and bounds of a fraction of a second.

let count = 0;
/** A duration that no other process sleeps for. */
const someSeconds = (): string => `99.${process.pid}${count++}`;

/** Whether a process runs whose arguments contain a word. */
async function runs(word: string): Promise<boolean> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    numbers.map(async (number) => {
      const line = await readFile(`/proc/${number}/cmdline`, 'latin1').catch(() => '');
      return line.split('\0').includes(word);
    }),
  );
  return found.includes(true);
}

test('a command that takes too long goes on beside, and ends with all it has started when its session does', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const seconds = someSeconds();
  const command = `trap 'echo asked; exit 1' TERM; setsid sleep ${seconds} & (sleep ${seconds} &) ; wait`;
  const told = await tell(field, { command, timeout: 300 });
  expect(told).toMatchObject({ isError: false, text: expect.stringContaining('goes on in the background') });
  await expect.poll(() => runs(seconds), { interval: 20, timeout: 10_000 }).toBe(false);
});

test('what does not end when asked is killed', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const seconds = someSeconds();
  const told = await tell(field, { command: `trap '' TERM; sleep ${seconds}; sleep ${seconds}`, timeout: 200 });
  expect(told.isError).toBe(false);
  await expect.poll(() => runs(seconds), { interval: 20, timeout: 10_000 }).toBe(false);
});

test('what a command leaves behind ends with it', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const seconds = someSeconds();
  expect(await tell(field, `setsid nohup sleep ${seconds} >/dev/null 2>&1 & echo done`)).toMatchObject({
    text: 'done',
  });
  expect(await runs(seconds)).toBe(false);
});

test('an interrupt in the middle of a command ends all of it', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const seconds = someSeconds();
  const emulator = createEmulator({
    script: [toolUse('Bash', { command: `touch begun; sleep ${seconds}` }), text('Done')],
  });
  const engine = createApiEngine({ store: createMemoryStore(), send: emulator.send });
  const options = { cwd: field.workspace, env: field.env, tools: ['Bash'], allowedTools: ['Bash'] };
  await using session = await engine.open(options);
  await session.send({ type: 'user', message: { role: 'user', content: 'Go' }, parent_tool_use_id: null });
  await expect.poll(() => readdir(field.workspace), { interval: 5 }).toContain('begun');
  await session.control('interrupt', {});
  for await (const message of session.messages({ after: '0.0.0' })) if (message.type === 'result') break;
  expect(await runs(seconds)).toBe(false);
  await engine.close();
});

test('when the program is killed, its commands end with it', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const seconds = someSeconds();
  const victim = join(import.meta.dirname, 'victim.ts');
  const args = ['--conditions=colloquy-source', victim, field.workspace, `sleep ${seconds} & setsid sleep ${seconds}`];
  // What a killed program leaves in the temporary folder goes with the field.
  const running = promisify(execFile)(process.execPath, args, { env: { ...process.env, TMPDIR: field.root } });
  await expect.poll(() => runs(seconds), { interval: 10, timeout: 8_000 }).toBe(true);
  running.child.kill('SIGKILL');
  await expect(running).rejects.toMatchObject({ signal: 'SIGKILL' });
  await expect.poll(() => runs(seconds), { interval: 5 }).toBe(false);
}, 10_000);

test('a session leaves no folder and no process behind', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const temporary = join(field.root, 'temporary');
  await mkdir(temporary);
  vi.stubEnv('TMPDIR', temporary);
  const sandbox = { network: { allowedDomains: ['example.org'] } };
  await play(field, ['touch ~/a /tmp/b', 'true'], { sandbox });
  expect(await readdir(temporary)).toEqual([]);
  expect(await readdir(field.workspace)).toEqual([]);
}, 15_000);

test('many commands at once in one workspace do not take the ground from each other', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const played = await Promise.all(
    Array.from({ length: 6 }, (_, index) =>
      tell(field, `sleep 0.0${index}; mkdir .claude; touch .claude/x; echo ${index} > ${index}`),
    ),
  );
  expect(played.map(({ text: said }) => said.includes('Read-only file system'))).toEqual(Array(6).fill(true));
  expect((await readdir(field.workspace)).toSorted()).toEqual(['0', '1', '2', '3', '4', '5']);
}, 15_000);
