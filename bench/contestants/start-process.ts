import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that a contestant needs; it is ended with this one. */
export type Started = {
  /** The next line of its output that fits. @throws when it ends before */
  line(fits: RegExp): Promise<string>;
};

/** Starts a program with its standard input open for as long as this process lives. */
export async function startProcess(
  program: string,
  args: readonly string[],
  o: { cwd?: string; env?: Record<string, string | undefined> } = {},
): Promise<Started> {
  const child = spawn(program, args, {
    cwd: o.cwd,
    env: { ...process.env, ...o.env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async line(fits) {
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error(`${program} ended without a line like ${String(fits)}`);
        if (fits.test(value)) return value;
      }
    },
  };
}
