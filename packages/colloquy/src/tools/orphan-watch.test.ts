import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, watch } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';

// A process that is killed cannot end what it has started; real processes need real time.

const shellModule = new URL('./local-shell.ts', import.meta.url).href;

/** Ids of the living processes with this argument. */
async function processesWith(argument: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    ids.map(async (id) => {
      try {
        const isDead = / [ZX] /.test((await readFile(`/proc/${id}/stat`, 'latin1')).replace(/^.*\)/, ''));
        const args = (await readFile(`/proc/${id}/cmdline`, 'latin1')).split('\0');
        return !isDead && args[0] === 'sleep' && args[1] === argument ? [id] : [];
      } catch {
        // It ended meanwhile.
        return [];
      }
    }),
  );
  return found.flat();
}

/** A process that runs a command in a folder of its own, as soon as the command has begun. */
async function startVictim(command: string): Promise<{ kill(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-orphans-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const code = `
    import { createLocalShell } from ${JSON.stringify(shellModule)};
    const shell = createLocalShell({ env: process.env });
    await shell.run(${JSON.stringify(command)}, { cwd: ${JSON.stringify(folder)}, timeoutMs: 60000, signal: new AbortController().signal });`;
  const watcher = watch(folder);
  const started = once(watcher, 'change');
  const victim = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await started;
  watcher.close();
  return {
    async kill() {
      const ended = once(victim, 'exit');
      victim.kill('SIGKILL');
      await ended;
    },
  };
}

test.skipIf(process.platform !== 'linux')(
  'what a command has started ends with our process, though that is killed',
  async () => {
    const seconds = `88.${process.pid}`;
    const victim = await startVictim(`sleep ${seconds} & setsid sleep ${seconds} & touch started; sleep ${seconds}`);
    await vi.waitFor(async () => expect(await processesWith(seconds)).toHaveLength(3), {
      interval: 10,
      timeout: 2_000,
    });
    await victim.kill();
    await vi.waitFor(async () => expect(await processesWith(seconds)).toEqual([]), { interval: 20, timeout: 3_000 });
  },
);
