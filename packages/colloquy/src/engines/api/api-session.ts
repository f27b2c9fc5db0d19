import { randomUUID } from 'node:crypto';
import { AbortError, ColloquyError, ConfigurationError } from '../../errors.ts';
import { BatchIterator } from '../../helpers/batch-iterator.ts';
import type { BatchReader } from '../../helpers/batch-reader.ts';
import { giveWay } from '../../helpers/give-way.ts';
import { messageOf } from '../../helpers/message-of.ts';
import { within } from '../../helpers/within.ts';
import type { Entry, Input, Json, NewEntry, Seq } from '../../log/entries.ts';
import { foldEntry, isRewound, type QueuedPrompt, type SessionState } from '../../log/fold.ts';
import { openActions } from '../../log/open-actions.ts';
import type { LogAppended, SessionLog } from '../../log/session-log.ts';
import type { Live } from '../../log/live.ts';
import type { Store } from '../../log/store.ts';
import type { SDKMessage, SDKUserMessage } from '../../messages.ts';
import { recoverTasks } from '../../turn/recover-tasks.ts';
import { recoverTurn } from '../../turn/recover-turn.ts';
import { beginTurn, runTurn } from '../../turn/run-turn.ts';
import { TurnStop } from '../../turn/turn-world.ts';
import { foldHistory } from '../../views/fold-history.ts';
import { newHistory, type RequestHistory } from '../../views/request-history.ts';
import type { Controls, HostedSession, PlacedMessage, PlacedReadOptions, ReadOptions } from '../engine.ts';
import { checkUserMessage, toPrompt } from '../user-message.ts';
import { CONTROLS } from './controls.ts';
import { pickPrompts } from './pick-prompts.ts';
import { readMessages, readPlaced } from './readers.ts';
import type { SessionHooks } from './session-hooks.ts';
import type { SessionSetup } from './session-setup.ts';
import type { SessionViews } from './session-views.ts';
import type { SessionWorld } from './session-world.ts';

/** How long `close()` waits for a turn to end before it lets go of the session all the same. */
const CLOSE_BOUND_MS = 5_000;
const PAGE = 1_000;

/** A session of the api engine: holds the lease of its log, folds it, and runs a turn whenever a prompt waits. */
export class ApiSession implements HostedSession {
  readonly id: string;
  readonly log: SessionLog;
  readonly store: Store;
  readonly setup: SessionSetup;
  readonly state: SessionState;
  readonly world: SessionWorld;
  readonly views: SessionViews;
  readonly hooks: SessionHooks;
  #history: RequestHistory | undefined;
  #stop: TurnStop | undefined;
  #wake: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #failure: ColloquyError | undefined;
  /** What is to be done before the next turn begins. */
  readonly #between: { run: () => Promise<void>; refuse: (error: Error) => void }[] = [];
  #waiters: readonly ((entry: Entry) => void)[] = [];

  /** `state` and `views` are folded as far as the log has been told. */
  constructor(log: SessionLog, store: Store, setup: SessionSetup, state: SessionState, views: SessionViews) {
    this.id = log.id;
    this.log = log;
    this.store = store;
    this.setup = setup;
    this.state = state;
    this.views = views;
    this.hooks = setup.makeHooks(this);
    this.world = setup.makeWorld(this);
    log.subscribe((entry) => this.#fold(entry));
    log.lost.addEventListener('abort', () => this.#fail(log.lost.reason), { once: true });
    setup.abortSignal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Begins to work: takes up a turn that an earlier owner left open, then whatever waits in the queue. */
  start(): void {
    this.#running = this.#run();
    if (this.setup.abortSignal?.aborted === true) this.#onAbort();
  }

  get history(): RequestHistory {
    return (this.#history ??= newHistory());
  }

  async send(
    message: SDKUserMessage,
    { by }: { by?: string | undefined } = {},
  ): Promise<{ uuid: string; seq: Seq; settled?: true }> {
    checkUserMessage(message);
    this.#checkOpen();
    const uuid = message.uuid ?? randomUUID();
    const wasOpen = this.#isOpen(uuid);
    const appended = await this.log.input(
      [
        {
          kind: 'prompt',
          uuid,
          ...toPrompt(message),
          by: by ?? this.setup.by,
          priority: message.priority ?? 'later',
          startsTurn: message.shouldQuery ?? true,
          // A prompt that its sender named is accepted once, however often it is sent.
          ...(message.uuid === undefined ? {} : { once: `key:${uuid}` }),
        },
      ],
      { sync: 'now' },
    );
    if (appended.ok) return { uuid, seq: appended.entries.at(-1)?.seq ?? 0 };
    const { seq } = appended.winner;
    // Its turn may have ended meanwhile, but whoever reads from before this call on has heard of that.
    const isOpen = wasOpen || this.#isOpen(uuid);
    return { uuid, seq, ...(isOpen ? {} : { settled: true }) };
  }

  /** The prompt waits, or its turn runs. */
  #isOpen(uuid: string): boolean {
    return [...this.state.queue, ...(this.state.turn?.prompts ?? [])].some((prompt) => prompt.uuid === uuid);
  }

  messages(o: ReadOptions = {}): AsyncIterable<SDKMessage> {
    return new BatchIterator(this.batches(o));
  }

  batches(o: ReadOptions = {}): BatchReader<SDKMessage> {
    return readMessages(this, o);
  }

  placed(o: PlacedReadOptions = {}): BatchReader<PlacedMessage> {
    return readPlaced(this, o);
  }

  get head(): Seq {
    return this.log.head;
  }

  live(o: { fragments?: boolean | undefined; signal?: AbortSignal | undefined } = {}): AsyncIterable<readonly Live[]> {
    return this.log.feed.read({ ...o, durable: true });
  }

  async input(entries: readonly NewEntry<Input>[]): Promise<LogAppended> {
    this.#checkOpen();
    return this.log.input(entries, { sync: 'now' });
  }

  async control<K extends keyof Controls>(name: K, args: Controls[K]['args']): Promise<Controls[K]['result']> {
    this.#checkOpen();
    return CONTROLS[name](this, args);
  }

  /** Resolves with the entry once one fits; rejects with the signal's reason. */
  waitFor(fits: (entry: Entry) => boolean, signal: AbortSignal): Promise<Entry> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#waiters = this.#waiters.filter((other) => other !== look);
        signal.removeEventListener('abort', onAbort);
      };
      const look = (entry: Entry): void => {
        if (!fits(entry)) return;
        settle();
        resolve(entry);
      };
      const onAbort = (): void => {
        settle();
        reject(signal.reason);
      };
      if (signal.aborted) return onAbort();
      this.#waiters = [...this.#waiters, look];
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Does something while no turn runs, and none begins before it is done. @throws ConfigurationError while one runs */
  betweenTurns<T>(work: () => Promise<T>): Promise<T> {
    if (this.state.turn !== undefined) return Promise.reject(inTurn(this.id));
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#between.push({ run: () => work().then(resolve, reject), refuse: reject });
    this.#wake();
    return promise;
  }

  /** Ends the running turn, if there is one, as an interrupt in the log does. */
  stopTurn(): void {
    this.#stop?.stop({ why: 'interrupt' });
  }

  tellSignal(signal: Json): void {
    this.log.feed.signal(signal);
  }

  get isWorking(): boolean {
    return this.state.turn !== undefined && !openActions(this.state).waits;
  }

  get hasBackgroundWork(): boolean {
    return this.world.hasRunningTasks;
  }

  /** What ended the session from within, if something did; readers throw it. */
  get failure(): ColloquyError | undefined {
    return this.#failure;
  }

  /** Ends the running turn (or leaves it to the next owner, on a server), ends all readers and releases the session. */
  close(): Promise<void> {
    return (this.#closing ??= this.#shutDown());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #fold(entry: Entry): void {
    foldEntry(this.state, entry);
    if (entry.kind === 'rewind') this.#history = undefined;
    if (this.#history !== undefined) foldHistory(this.#history, entry);
    this.views.fold(entry);
    if (entry.kind === 'settings') {
      this.setup.applySettings(entry.patch);
      if (this.state.budget === 'raised') this.#wake();
    }
    if (entry.kind === 'interrupt') {
      this.stopTurn();
      if (!this.setup.sparesTasks) void this.world.background.stopAll('person');
    }
    if (entry.kind === 'prompt') {
      if (entry.priority === 'now') this.#stop?.stop({ why: 'preempted' });
      this.#wake();
    }
    for (const look of this.#waiters) look(entry);
  }

  async #run(): Promise<void> {
    try {
      await recoverTurn(this.world);
      await recoverTasks(this.world);
      await this.hooks.start();
      for (;;) {
        const pause = giveWay();
        if (pause !== undefined) await pause;
        const open = this.state.turn !== undefined;
        // More may come while one is at work.
        while (!open && this.#between.length > 0) await this.#between.shift()?.run();
        if (this.#closing !== undefined) return;
        // A turn that the budget has ended goes on without a prompt.
        const goesOn = !open && this.state.budget === 'raised';
        const prompts = open || goesOn ? [] : this.#nextPrompts();
        if (!open && !goesOn && prompts.length === 0) {
          this.hooks.idle();
          await new Promise<void>((resolve) => (this.#wake = resolve));
          this.hooks.busy();
          continue;
        }
        if ((await this.#runTurn(open, prompts)) === 'left') return;
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      for (const { refuse } of this.#between.splice(0)) refuse(this.#failure ?? isClosed(this.id));
    }
  }

  /** One turn, of these prompts or one that is open; `left`: to the next owner. */
  async #runTurn(open: boolean, prompts: readonly QueuedPrompt[]): Promise<'left' | undefined> {
    const stop = new TurnStop();
    this.#stop = stop;
    try {
      await this.#loadHistory();
      if (this.#closing !== undefined && !open) return 'left';
      // A more urgent prompt came before this one's turn had begun.
      if (stop.cause?.why === 'preempted' && !open) return undefined;
      if (!open) this.setup.tools.takeOver();
      // A prompt that another process withdrew meanwhile is refused; its entry comes with the next look at the log.
      if (open || (await beginTurn(this.world, `t${this.state.turns + 1}`, prompts))) {
        for (const { refuse } of this.#between.splice(0)) refuse(inTurn(this.id));
        await runTurn(this.world, stop);
      } else await this.log.refresh();
    } finally {
      this.#stop = undefined;
    }
    return stop.cause?.why === 'left' ? 'left' : undefined;
  }

  #nextPrompts(): QueuedPrompt[] {
    const { budget, queue } = this.state;
    if (budget === 'reached' && this.setup.waitsForBudget) return [];
    return pickPrompts(queue, this.setup.limits.mergePrompts);
  }

  /** The history is read when the first turn needs it, from the newest segment's start; then it is folded like the state. */
  async #loadHistory(): Promise<void> {
    if (this.#history !== undefined) return;
    const history = newHistory();
    let last = (this.state.segment?.keepFrom ?? 1) - 1;
    while (last < this.state.seq) {
      const page = await this.store.read(this.id, { after: last, upTo: this.state.seq, limit: PAGE });
      for (const entry of page) if (!isRewound(this.state.rewound, entry)) foldHistory(history, entry);
      last = page.at(-1)?.seq ?? this.state.seq;
    }
    this.#history = history;
  }

  #checkOpen(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closing !== undefined) throw isClosed(this.id);
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.setup.abortSignal?.reason;
    this.#fail(new AbortError('The conversation was aborted through its abortController', { cause: reason }));
  };

  #fail(error: unknown): void {
    this.#failure ??=
      error instanceof ColloquyError
        ? error
        : new AbortError(`Session ${this.id} has failed: ${messageOf(error)}`, { cause: error });
    // What fails while closing is told to whoever closes it; it may be that nobody does.
    this.close().catch(() => {});
  }

  async #shutDown(): Promise<void> {
    this.setup.abortSignal?.removeEventListener('abort', this.#onAbort);
    this.#stop?.stop({ why: this.setup.hosted || this.log.lost.aborted ? 'left' : 'closed' });
    this.#wake();
    for (const { refuse } of this.#between.splice(0)) refuse(new AbortError(`Session ${this.id} was closed`));
    this.hooks.stopStarting();
    const tasksEnded = this.world.endTasks();
    await within(
      CLOSE_BOUND_MS,
      Promise.all([this.#running, tasksEnded]).then(() => {}),
    );
    // A log that cannot be written any longer is told of by whoever closes it.
    await this.hooks.end().catch(() => {});
    try {
      await this.log.close();
    } finally {
      await this.world.close();
      this.setup.close();
    }
  }
}

function isClosed(id: string): AbortError {
  return new AbortError(`Session ${id} is closed; open it again with { resume: '${id}' }`);
}

function inTurn(id: string): ConfigurationError {
  return new ConfigurationError(`A turn of session ${id} is running; wait for its result, or interrupt it first`);
}
