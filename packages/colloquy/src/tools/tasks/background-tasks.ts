import { randomBytes } from 'node:crypto';
import { delay } from '../../helpers/delay.ts';
import { messageOf } from '../../helpers/message-of.ts';
import { CommandOutput } from './command-output.ts';
import { OutputFolder } from './output-folder.ts';

/** At once, in one session. */
const MAX_RUNNING = 16;
/** Tasks that have ended and can still be asked about. */
const MAX_ENDED = 100;
const ID_CHARS = '0123456789abcdefghijklmnopqrstuvwxyz';
/** What ids begin with, as in the official SDK. */
const ID_PREFIX = { local_bash: 'b', monitor: 'm', local_agent: 'a' } as const;

export type TaskType = keyof typeof ID_PREFIX;

/** Work that goes on beside the turns of a session. */
export type BackgroundTask = {
  readonly id: string;
  readonly type: TaskType;
  /** The call that started it. */
  readonly toolUseId: string;
  readonly description: string;
  readonly command?: string | undefined;
  /** Everything it has printed so far. */
  readonly outputFile: string;
  status: 'running' | 'completed' | 'failed' | 'killed';
  /** How it ended, in one sentence. */
  summary?: string | undefined;
  exitCode?: number | null | undefined;
  /** What the model is told with its end. */
  lastNews?: string | undefined;
};

export type TaskSpec = {
  type: TaskType;
  toolUseId: string;
  description: string;
  command?: string | undefined;
  /** What it has printed before it became a task. */
  output?: CommandOutput | undefined;
  /** Works until it is done, or the signal aborts; it settles soon after that. */
  run(task: RunningTask): Promise<TaskEnd>;
};

/** What a task's work has to do with. */
export type RunningTask = {
  id: string;
  signal: AbortSignal;
  /** Adds to its output; more is to come only when a promise has settled. */
  write: (piece: Uint8Array) => Promise<void> | undefined;
  /** Tells the model something, in a turn of its own if none runs. Resolves when the model is told. */
  tell: (text: string) => Promise<void>;
};

export type TaskEnd = {
  status: 'completed' | 'failed';
  summary: string;
  exitCode?: number | null | undefined;
  lastNews?: string | undefined;
};

/** Who hears of a task's end: `turn`: the model, at once; `next`: the model, with what it is told next; `nobody`: it knows. */
export type TellModel = 'turn' | 'next' | 'nobody';

/** What the session does about its tasks. None of it throws. */
export type TaskJournal = {
  started(task: BackgroundTask): Promise<void>;
  ended(task: BackgroundTask, tell: TellModel): Promise<void>;
  /** Resolves when the model is told, or the signal aborts. */
  news(task: BackgroundTask, text: string, signal: AbortSignal): Promise<void>;
};

/** Who ends a task. */
export type StoppedBy = 'model' | 'person' | 'session';

type Held = {
  task: BackgroundTask;
  stop: AbortController;
  ended: Promise<void>;
  /** Those who wait for its end, and tell the model of it. */
  waiting: number;
  stoppedBy: StoppedBy | undefined;
};

/** A call that runs and could go on as a task. */
export type Foreground = { moved: Promise<void>; done(): void };

/**
 * What a session does beside its turns: bounded in number, each with its output in a file, and all of it ended with the session.
 * Whoever starts a task need not wait for it: the model is told of its end.
 */
export class BackgroundTasks implements AsyncDisposable {
  readonly folder: OutputFolder;
  readonly #journal: TaskJournal;
  readonly #held = new Map<string, Held>();
  readonly #foreground = new Map<string, () => void>();
  #closing: Promise<void> | undefined;

  constructor(o: { journal: TaskJournal; folder?: OutputFolder | undefined }) {
    this.#journal = o.journal;
    this.folder = o.folder ?? new OutputFolder();
  }

  /** @throws Error that tells the model why there cannot be another one */
  async start(spec: TaskSpec): Promise<BackgroundTask> {
    this.#checkRoom();
    const id = newId(spec.type);
    const stop = new AbortController();
    const output = spec.output ?? new CommandOutput(this.folder, { name: `${id}.output`, onFull: () => stop.abort() });
    const { type, toolUseId, description, command } = spec;
    const task: BackgroundTask = {
      id,
      type,
      toolUseId,
      description,
      ...(command === undefined ? {} : { command }),
      outputFile: await output.toFile(),
      status: 'running',
    };
    // Others may have started, or the session ended, while the file was made.
    this.#checkRoom();
    const held: Held = { task, stop, ended: Promise.resolve(), waiting: 0, stoppedBy: undefined };
    this.#held.set(id, held);
    held.ended = this.#run(held, spec, output);
    return task;
  }

  get(id: string): BackgroundTask | undefined {
    return this.#held.get(id)?.task;
  }

  /** Those that run and those that have ended not too long ago, oldest first. */
  list(): BackgroundTask[] {
    return [...this.#held.values()].map(({ task }) => task);
  }

  get hasRunning(): boolean {
    return this.list().some(({ status }) => status === 'running');
  }

  /** Ends a task, and resolves when it has ended; false if there was nothing to end. */
  async stop(id: string, by: StoppedBy): Promise<boolean> {
    const held = this.#held.get(id);
    if (held?.task.status !== 'running') return false;
    held.stoppedBy ??= by;
    held.stop.abort();
    await held.ended;
    return true;
  }

  /** Ends all that run. */
  async stopAll(by: StoppedBy): Promise<void> {
    await Promise.all(this.list().map(({ id }) => this.stop(id, by)));
  }

  /** Waits for a task's end, at most so long; whoever does so tells the model of it. @throws the signal's reason */
  async wait(id: string, o: { timeoutMs: number; signal: AbortSignal }): Promise<void> {
    const held = this.#held.get(id);
    if (held?.task.status !== 'running') return;
    const over = new AbortController();
    held.waiting += 1;
    try {
      const bound = delay(o.timeoutMs, { signal: AbortSignal.any([o.signal, over.signal]) });
      await Promise.race([held.ended, bound]);
    } finally {
      over.abort();
      held.waiting -= 1;
    }
  }

  /** A call that could go on as a task: `moved` resolves when somebody wants it to. */
  foreground(toolUseId: string): Foreground {
    const moved = new Promise<void>((resolve) => this.#foreground.set(toolUseId, resolve));
    return { moved, done: () => void this.#foreground.delete(toolUseId) };
  }

  /** Lets a call that runs, or all of them, go on as tasks; false if there is none. */
  moveToBackground(toolUseId?: string): boolean {
    const moving = [...this.#foreground].filter(([id]) => toolUseId === undefined || id === toolUseId);
    for (const [, move] of moving) move();
    return moving.length > 0;
  }

  /** Ends everything, and removes all output. Safe to call twice. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await this.stopAll('session');
    await this.folder.close();
  }

  #checkRoom(): void {
    if (this.#closing !== undefined) throw new Error('The session is being closed, so that nothing more is started.');
    const running = this.list().filter(({ status }) => status === 'running');
    if (running.length < MAX_RUNNING) return;
    const ids = running.map(({ id }) => id).join(', ');
    throw new Error(`${MAX_RUNNING} tasks run in the background already: ${ids}. Stop one with TaskStop first.`);
  }

  async #run(held: Held, spec: TaskSpec, output: CommandOutput): Promise<void> {
    const { task, stop } = held;
    await this.#journal.started(task);
    const end = await runToEnd(spec, {
      id: task.id,
      signal: stop.signal,
      write: (piece) => output.add(piece),
      tell: (text) => this.#journal.news(task, text, stop.signal),
    });
    await output.end().catch(() => undefined);
    const { stoppedBy } = held;
    Object.assign(task, stoppedBy === undefined ? (output.isFull ? TOO_MUCH : end) : stoppedEnd(stoppedBy));
    if (output.problem !== undefined) task.summary = `${task.summary} Some of its output is lost: ${output.problem}`;
    await this.#journal.ended(task, held.waiting > 0 ? 'nobody' : whoHears(stoppedBy));
    this.#forgetOldest();
  }

  #forgetOldest(): void {
    const ended = this.list().filter(({ status }) => status !== 'running');
    for (const { id } of ended.slice(0, -MAX_ENDED)) this.#held.delete(id);
  }
}

function newId(type: TaskType): string {
  // 256 is no multiple of 36: good enough for names that nobody guesses.
  const chars = [...randomBytes(8)].map((byte) => ID_CHARS[byte % ID_CHARS.length]);
  return ID_PREFIX[type] + chars.join('');
}

async function runToEnd(spec: TaskSpec, task: RunningTask): Promise<TaskEnd> {
  try {
    return await spec.run(task);
  } catch (error) {
    return { status: 'failed', summary: `It failed: ${messageOf(error)}` };
  }
}

const TOO_MUCH: TaskEnd = { status: 'failed', summary: 'It was ended because it printed more than is kept.' };

const STOPPED: Record<StoppedBy, string> = {
  model: 'It was stopped with TaskStop.',
  person: 'It was stopped by the user.',
  session: 'It was stopped because the session was closed.',
};

function stoppedEnd(by: StoppedBy): Pick<BackgroundTask, 'status' | 'summary'> {
  return { status: 'killed', summary: STOPPED[by] };
}

function whoHears(stoppedBy: StoppedBy | undefined): TellModel {
  if (stoppedBy === undefined) return 'turn';
  return stoppedBy === 'model' ? 'nobody' : 'next';
}
