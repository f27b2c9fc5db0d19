import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import {
  CLIConnectionError,
  CLIJSONDecodeError,
  ConfigurationError,
  ProcessError,
  TimeoutError,
} from '../../errors.ts';
import { Deadline } from '../../helpers/deadline.ts';
import { messageOf } from '../../helpers/message-of.ts';
import { untilAborted } from '../../helpers/until-aborted.ts';
import { within } from '../../helpers/within.ts';
import type { SpawnClaudeCodeProcess, SpawnedProcess } from '../../options/spawn-option.ts';
import { type Watched, watchOver } from '../../tools/orphan-watch.ts';
import { endGroup, killEscaped, MARK_NAME } from '../../tools/process-group.ts';
import { type CliLine, parseLine, quoteLine } from './parse-line.ts';
import { LineSplitter } from './line-splitter.ts';
import { TailText } from './tail-text.ts';

/** The variable by which it takes a folder for its temporary files. */
const TEMP_NAME = 'CLAUDE_CODE_TMPDIR';
const END_WITHIN_MS = 2_000;
/** For its last words after its end; what it has started may hold the pipes longer. */
const LAST_WORDS_MS = 500;
/** For what it still does when it is asked to end; a busy machine needs a while to let it. */
const TERM_WITHIN_MS = 2_500;
/** For a process that the program has started, after each signal. */
const KILL_AFTER_MS = 2_000;
/** In a row, without a message between them. */
const MAX_NOISE_LINES = 10_000;
/** For the process to take what it is given. */
const WRITE_WITHIN_MS = 60_000;
/** How it writes stream events; one that is written in another way is read like any message. */
const FRAGMENT = '{"type":"stream_event"';

export type Launch = {
  file: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  onStderr?: ((text: string) => void) | undefined;
  /** For what it still has to write after the end of its input. Default 2 s. */
  endMs?: number | undefined;
  /** Starts it in the program's own way. */
  spawn?: SpawnClaudeCodeProcess | undefined;
};

export type ProcessEvents = {
  /** In order, with the text that it was read from. Must not throw. */
  line(line: CliLine, text: string): void;
  /** Whether anybody wants stream events; else they are not even read. */
  wantsFragments(): boolean;
  /** It broke the protocol; it is being ended. */
  broken(error: Error): void;
};

/** A process of ours, or one that the program has started. */
type Child = Omit<SpawnedProcess, 'on' | 'off' | 'once' | 'stdin' | 'stdout'> & {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr?: Readable | null;
  readonly pid?: number | undefined;
  once(event: string, listener: () => void): unknown;
};

/** How it ended. */
export type Exit = { exitCode: number | null; signal: string | null };

/** One process of Claude Code: lines in, messages out, and an end in order. It does not outlive this process. */
export class ClaudeProcess {
  /** Settles once it has ended and everything that it wrote has been read. Never rejects. */
  readonly exited: Promise<Exit>;
  /** What it printed first that is no message. */
  noise: string | undefined;
  readonly #child: Child;
  /** Aborted when a process of the program's is no longer wanted; undefined for one of ours. */
  readonly #unwanted: AbortController | undefined;
  readonly #place: Place;
  readonly #endMs: number;
  readonly #stderr = new TailText();
  #exit: Exit | undefined;
  #shutDown: Promise<void> | undefined;
  #noiseLines = 0;

  private constructor({ child, unwanted }: Started, place: Place, launch: Launch, events: ProcessEvents) {
    this.#child = child;
    this.#unwanted = unwanted;
    this.#place = place;
    this.#endMs = launch.endMs ?? END_WITHIN_MS;
    this.exited = this.#follow(events);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr.add(text);
      tellStderr(launch.onStderr, text);
    });
    // Writing to a process that has ended is told by its exit.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.on('error', () => {});
  }

  /** Starts it. @throws CLIConnectionError if that is impossible */
  static async start(launch: Launch, events: ProcessEvents): Promise<ClaudeProcess> {
    const place = await makePlace(launch);
    try {
      const started = await spawnClaude(launch, place);
      if (started.unwanted === undefined && started.child.pid !== undefined) place.watched.group(started.child.pid);
      return new ClaudeProcess(started, place, launch, events);
    } catch (error) {
      await leavePlace(place);
      throw error;
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Undefined as long as it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Writes one message. Resolves when the process has been given it. @throws ProcessError if it has ended; TimeoutError after 60 s */
  async write(message: object): Promise<void> {
    const { stdin } = this.#child;
    if (stdin === null || !stdin.writable) throw this.error('has ended');
    const line = `${JSON.stringify(message)}\n`;
    const deadline = new Deadline();
    const seconds = WRITE_WITHIN_MS / 1000;
    deadline.start(WRITE_WITHIN_MS, () => new TimeoutError(`Claude Code took nothing more for ${seconds} s`));
    const written = new Promise<void>((resolve, reject) => {
      stdin.write(line, (cause) => {
        if (cause === null || cause === undefined) resolve();
        else reject(this.error('has ended', cause));
      });
    });
    try {
      await untilAborted(written, deadline.signal);
    } finally {
      deadline.close();
    }
  }

  /** What its end means to somebody who still expects something of it. */
  error(what: string, cause?: unknown): ProcessError {
    const { exitCode, signal } = this.#exit ?? {
      exitCode: this.#child.exitCode,
      signal: this.#child.signalCode ?? null,
    };
    const stderr = this.#stderr.text();
    const how = signal === null ? (exitCode === null ? '' : ` with exit code ${exitCode}`) : ` by ${signal}`;
    const said = stderr.trim() === '' ? '' : `: ${stderr.trim()}`;
    return new ProcessError(`Claude Code ${what}${how}${said}`, { exitCode, signal, stderr }, { cause });
  }

  get stderr(): string {
    return this.#stderr.text();
  }

  /** Ends it: the end of its input first, then a signal, then another. Resolves when nothing of it is left; within 7 s. Safe to call twice. */
  shutDown(o: { atOnce?: boolean | undefined } = {}): Promise<void> {
    return (this.#shutDown ??= this.#end(o.atOnce === true));
  }

  #onNoise(line: string): void {
    this.noise ??= quoteLine(line);
    this.#noiseLines += 1;
    if (this.#noiseLines <= MAX_NOISE_LINES) return;
    const quoted = quoteLine(line);
    throw new CLIJSONDecodeError(`Claude Code prints nothing of its protocol any longer, but: ${quoted}`, quoted);
  }

  async #end(atOnce: boolean): Promise<void> {
    this.#child.stdin?.end();
    if (!atOnce) await within(this.#endMs, settled(this.exited));
    const { pid } = this.#child;
    try {
      if (this.#unwanted !== undefined) await this.#endElsewhere(this.#unwanted);
      else if (pid !== undefined) await this.#endRest(pid);
    } finally {
      await leavePlace(this.#place);
    }
    await within(LAST_WORDS_MS, settled(this.exited));
  }

  async #endRest(pid: number): Promise<void> {
    if (process.platform === 'win32') {
      this.#child.kill('SIGTERM');
      return;
    }
    const group = { id: pid, mark: this.#place.mark };
    await endGroup(group, TERM_WITHIN_MS);
    await killEscaped(group);
  }

  /** What it has started in turn is the program's to end. */
  async #endElsewhere(unwanted: AbortController): Promise<void> {
    unwanted.abort();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (this.#exit !== undefined || this.#child.exitCode !== null) return;
      this.#child.kill(signal);
      await within(KILL_AFTER_MS, settled(this.exited));
    }
  }

  async #follow(events: ProcessEvents): Promise<Exit> {
    const child = this.#child;
    const lines = new LineSplitter();
    const hear = (line: string): void => {
      if (line.startsWith(FRAGMENT) && !events.wantsFragments()) return;
      const message = parseLine(line);
      if (message !== undefined) events.line(message, line);
      else if (line.trim() !== '') this.#onNoise(line);
      if (message !== undefined) this.#noiseLines = 0;
    };
    let isBroken = false;
    const tryHear = (act: () => void): void => {
      if (isBroken) return;
      try {
        act();
      } catch (error) {
        isBroken = true;
        events.broken(toError(error));
        void this.shutDown({ atOnce: true });
      }
    };
    child.stdout?.on('data', (piece: Buffer) => tryHear(() => lines.add(piece).forEach(hear)));
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
      child.once('close', () => resolve());
    });
    await within(LAST_WORDS_MS, closed);
    for (const stream of [child.stdout, child.stderr]) stream?.destroy();
    // A last line without an end may have been cut by the end of the process: then it is no message.
    const rest = lines.rest();
    if (rest !== '' && !isBroken) hearRest(() => hear(rest));
    this.#exit = { exitCode: child.exitCode, signal: child.signalCode ?? null };
    // Its children do not go on without it.
    void this.shutDown();
    return this.#exit;
  }
}

function hearRest(hear: () => void): void {
  try {
    hear();
  } catch (error) {
    if (!(error instanceof CLIJSONDecodeError)) throw error;
  }
}

function tellStderr(tell: ((text: string) => void) | undefined, text: string): void {
  try {
    tell?.(text);
  } catch {
    // The program's own; it was told that it must not throw.
  }
}

/** What a process has while it lives: who ends it if we cannot, and a folder for its temporary files. */
type Place = { mark: string; watched: Watched; temp: string | undefined };

async function makePlace({ cwd, env }: Launch): Promise<Place> {
  if (!existsSync(cwd)) throw new ConfigurationError(`Option \`cwd\` names ${cwd}, which does not exist`);
  // Where nobody has chosen a folder, one that goes with the process: it does not clear up itself.
  const temp = env[TEMP_NAME] === undefined ? await mkdtemp(join(env['TMPDIR'] ?? tmpdir(), 'colloquy-')) : undefined;
  const mark = randomUUID();
  return { mark, temp, watched: await watchOver(mark) };
}

async function leavePlace({ temp, watched }: Place): Promise<void> {
  await watched.done();
  // What cannot be removed now is the system's to remove.
  if (temp !== undefined) await rm(temp, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
}

type Started = { child: Child; unwanted?: AbortController };

async function spawnClaude(launch: Launch, { mark, temp }: Place): Promise<Started> {
  const { file, args, cwd } = launch;
  const env = { ...launch.env, ...(temp === undefined ? {} : { [TEMP_NAME]: temp }), [MARK_NAME]: mark };
  if (launch.spawn !== undefined) {
    const unwanted = new AbortController();
    const child = launch.spawn({ command: file, args: [...args], cwd, env, signal: unwanted.signal });
    return { child, unwanted };
  }
  const { spawn } = await import('node:child_process');
  const child = spawn(file, args, {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own, which ends as a whole.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new CLIConnectionError(`Claude Code at ${file} could not be started: ${messageOf(cause)}`, { cause })),
    );
  });
  return { child };
}

const settled = (promise: Promise<unknown>): Promise<void> => promise.then(() => {});

function toError(error: unknown): Error {
  if (error instanceof CLIJSONDecodeError) return error;
  return new CLIConnectionError(`What Claude Code printed cannot be read: ${messageOf(error)}`, { cause: error });
}
