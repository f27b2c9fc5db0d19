import type { Readable, Writable } from 'node:stream';

/** How Claude Code is to be started. The signal is aborted when it is no longer wanted, before `kill` is called. */
export type SpawnOptions = {
  command: string;
  args: string[];
  cwd?: string | undefined;
  env: Record<string, string | undefined>;
  signal: AbortSignal;
};

/** A process that a program has started, here or elsewhere; a `ChildProcess` of Node is one. */
export interface SpawnedProcess {
  stdin: Writable;
  stdout: Readable;
  readonly killed: boolean;
  readonly exitCode: number | null;
  readonly signalCode?: NodeJS.Signals | null;
  kill(signal: NodeJS.Signals): boolean;
  on(event: 'exit', listener: (code: number | null, signal: NodeJS.Signals | null) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  once(event: 'exit', listener: (code: number | null, signal: NodeJS.Signals | null) => void): void;
  once(event: 'error', listener: (error: Error) => void): void;
  off(event: 'exit', listener: (code: number | null, signal: NodeJS.Signals | null) => void): void;
  off(event: 'error', listener: (error: Error) => void): void;
}

/** Starts Claude Code in a way of the program's: in a container, on another machine. What it starts is the program's to contain. */
export type SpawnClaudeCodeProcess = (options: SpawnOptions) => SpawnedProcess;
