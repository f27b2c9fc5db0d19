import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';

const MAIN = join(import.meta.dirname, '../src/main.ts');
const NODE_ARGS = ['--conditions=colloquy-source', MAIN];
const GIVE_UP_MS = 20_000;

// Each command is a process, and several in a test take seconds on a busy machine.
vi.setConfig({ testTimeout: 40_000 });

/** What a finished command left. */
export type Finished = { code: number | null; stdout: string; stderr: string };

/** A command that runs: the real one, in a process of its own. */
export type RunningCli = {
  stdin: ChildProcessWithoutNullStreams['stdin'];
  kill(signal: NodeJS.Signals): void;
  /** Stops reading what it prints, as `head` does when it has enough. */
  closeOutput(): void;
  /**
   * Resolves when standard output (or what `stream` names) holds the text behind what an earlier call has found, with all of that
   * stream so far. Rejects when the command ends before.
   */
  until(text: string, stream?: 'stdout' | 'stderr'): Promise<string>;
  finished: Promise<Finished>;
};

/** A folder to work in and an empty data folder; both go away at the end of the test. */
export type Workspace = AsyncDisposable & {
  folder: string;
  /** Starts `colloquy` with these arguments. No variable of ours but those given reaches it, and no credential of the machine. */
  start(args: readonly string[], env?: Record<string, string>): RunningCli;
  /** Starts it on a terminal of its own, which `script` of util-linux makes. Keys go to `stdin`, the screen comes on `stdout`. */
  startOnTerminal(args: readonly string[]): RunningCli;
  /** Runs it to its end with this on standard input. */
  run(args: readonly string[], o?: { input?: string; env?: Record<string, string> }): Promise<Finished>;
};

/** Makes a workspace with these files. */
export async function createWorkspace(files: Record<string, string> = {}): Promise<Workspace> {
  const root = await mkdtemp(join(tmpdir(), 'colloquy-cli-'));
  const running = new Set<ChildProcessWithoutNullStreams>();
  for (const [name, content] of Object.entries(files)) await writeFile(join(root, name), content);
  const base = {
    PATH: process.env['PATH'] ?? '',
    HOME: root,
    COLLOQUY_HOME: join(root, '.data'),
    LANG: 'C.UTF-8',
    // Half of a short command is the compiling of it.
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
  };

  const startProgram = (program: string, args: readonly string[], env: Record<string, string>): RunningCli => {
    const child = spawn(program, args, { cwd: root, env: { ...base, ...env } });
    running.add(child);
    return follow(child, () => running.delete(child));
  };
  const start: Workspace['start'] = (args, env = {}) => startProgram(process.execPath, [...NODE_ARGS, ...args], env);
  return {
    folder: root,
    start,
    startOnTerminal(args) {
      const command = [process.execPath, ...NODE_ARGS, ...args].map(
        (word) => `'${word.replaceAll("'", String.raw`'\''`)}'`,
      );
      return startProgram('script', ['--quiet', '--flush', '--return', '--command', command.join(' '), '/dev/null'], {
        TERM: 'xterm',
        SHELL: '/bin/sh',
      });
    },
    run(args, o = {}) {
      const command = start(args, o.env);
      command.stdin.end(o.input ?? '');
      return command.finished;
    },
    async [Symbol.asyncDispose]() {
      for (const child of running) child.kill('SIGKILL');
      await rm(root, { recursive: true, force: true });
    },
  };
}

function follow(child: ChildProcessWithoutNullStreams, onEnd: () => void): RunningCli {
  const seen = { stdout: '', stderr: '' };
  const found = { stdout: 0, stderr: 0 };
  let changed = Promise.withResolvers<void>();
  let ended = false;
  const wake = (): void => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      seen[name] += text;
      wake();
    });
  }
  const lateness = setTimeout(() => child.kill('SIGKILL'), GIVE_UP_MS);
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.stdin.on('error', () => undefined);
    child.on('close', (code) => {
      clearTimeout(lateness);
      ended = true;
      onEnd();
      wake();
      resolve({ code, ...seen });
    });
  });
  return {
    stdin: child.stdin,
    kill: (signal) => child.kill(signal),
    closeOutput: () => void child.stdout.destroy(),
    finished,
    async until(text, stream = 'stdout') {
      for (;;) {
        const at = seen[stream].indexOf(text, found[stream]);
        if (at >= 0) {
          found[stream] = at + text.length;
          return seen[stream];
        }
        if (ended) throw new Error(`The command ended without "${text}" on ${stream}: ${JSON.stringify(seen)}`);
        await changed.promise;
      }
    },
  };
}
