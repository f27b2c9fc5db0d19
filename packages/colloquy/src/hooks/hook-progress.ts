import { randomUUID } from 'node:crypto';
import type { HookEvent } from '../options/hook-inputs.ts';
import type { OutputSoFar } from './command-hook.ts';

/** News of a command that runs as a hook, for those who watch right now. */
export type HookNews = { hook_id: string; hook_name: string; hook_event: HookEvent } & (
  | { subtype: 'hook_started' }
  | { subtype: 'hook_progress'; stdout: string; stderr: string; output: string }
  | {
      subtype: 'hook_response';
      stdout: string;
      stderr: string;
      output: string;
      exit_code?: number | undefined;
      outcome: 'success' | 'error' | 'cancelled';
    }
);

/** A command that writes without an end is told of so often, and no more. */
const PROGRESS_EVERY_MS = 250;
const MAX_SHOWN_CHARS = 10_000;

/** Tells the life of one command: its start, what it has written by now, its end. Each is told once. */
export class HookProgress {
  readonly #tell: ((news: HookNews) => void) | undefined;
  readonly #about: { hook_id: string; hook_name: string; hook_event: HookEvent };
  #toldMs = 0;
  #hasEnded = false;

  constructor(tell: ((news: HookNews) => void) | undefined, event: HookEvent, subject: string | undefined) {
    this.#tell = tell;
    const hook_name = subject === undefined ? event : `${event}:${subject}`;
    this.#about = { hook_id: randomUUID(), hook_name, hook_event: event };
  }

  started(): void {
    this.#toldMs = performance.now();
    this.#tell?.({ subtype: 'hook_started', ...this.#about });
  }

  output(soFar: OutputSoFar): void {
    if (this.#tell === undefined || performance.now() - this.#toldMs < PROGRESS_EVERY_MS) return;
    this.#toldMs = performance.now();
    this.#tell({ subtype: 'hook_progress', ...this.#about, ...shown(soFar.stdout(), soFar.stderr()) });
  }

  ended(
    outcome: { exitCode: number | null; stdout: string; stderr: string } | undefined,
    how: 'success' | 'error' | 'cancelled',
    isSilent = false,
  ): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const { exitCode = null, stdout = '', stderr = '' } = outcome ?? {};
    this.#tell?.({
      subtype: 'hook_response',
      ...this.#about,
      ...(isSilent ? shown('', '') : shown(stdout, stderr)),
      ...(exitCode === null ? {} : { exit_code: exitCode }),
      outcome: how,
    });
  }
}

function shown(stdout: string, stderr: string): { stdout: string; stderr: string; output: string } {
  const [out, err] = [stdout.slice(0, MAX_SHOWN_CHARS), stderr.slice(0, MAX_SHOWN_CHARS)];
  return { stdout: out, stderr: err, output: out + err };
}
