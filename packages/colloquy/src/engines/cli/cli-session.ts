import { randomUUID } from 'node:crypto';
import { AbortError, ConfigurationError } from '../../errors.ts';
import type { BatchReader } from '../../helpers/batch-reader.ts';
import { jsonCopy } from '../../helpers/json-copy.ts';
import { within } from '../../helpers/within.ts';
import type { SDKMessage, SDKUserMessage } from '../../messages.ts';
import type { Options } from '../../options/options.ts';
import { environmentOf } from '../../options/resolve-options.ts';
import type { Controls, EngineSession, ReadOptions, SessionMessage } from '../engine.ts';
import { CLI_CONTROLS } from './cli-controls.ts';
import { HostAnswers } from './host-answers.ts';
import { initializeFields, type SessionChoice } from './launch-options.ts';
import { MessageFeed } from './message-feed.ts';
import { type OpenProcess, type ProcessHost, shakeHands, startProcess, type StartOptions } from './open-process.ts';
import type { CliLine } from './parse-line.ts';
import { PromptBook } from './prompt-book.ts';
import { readTranscript } from './read-transcript.ts';
import { transcriptOf } from './transcripts.ts';
import { TranscriptMirror } from './transcript-mirror.ts';
import { toFeed } from './translate-line.ts';

/** For the end of a turn that is interrupted because the session is closed. */
const INTERRUPT_WITHIN_MS = 2_000;

/** What a session is given besides its options. `leave` takes away the place where it lies, when it is closed. */
type SessionHost = { start: StartOptions; onClose: () => void; leave?: (() => Promise<void>) | undefined };

type Running = OpenProcess & { initialized: Record<string, unknown> };

/** One session of Claude Code, in a process of its own. When that ends by itself, the next prompt starts another, which goes on. */
export class CliSession implements EngineSession {
  readonly id: string;
  readonly waitsForAgents = true;
  readonly tellsLifecycle = true;
  readonly options: Options;
  readonly answers: HostAnswers;
  readonly #start: StartOptions;
  readonly #onClose: () => void;
  readonly #leave: () => Promise<void>;
  readonly #mirror: TranscriptMirror | undefined;
  /** What is told while the store of the program's is given what was written before; undefined when nothing waits. */
  #held: Promise<void> | undefined;
  readonly #feed: MessageFeed;
  readonly #prompts = new PromptBook();
  readonly #over = new AbortController();
  /** What a process for this session is started with. */
  #choice: SessionChoice;
  /** As Claude Code names it; a cleared conversation goes on under another id. */
  #cliId: string;
  #model: string | undefined;
  #running: Promise<Running> | undefined;
  #broken: Error | undefined;
  /** How the process before this one came to its end. */
  #died: Error | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: Options, choice: SessionChoice, o: SessionHost) {
    this.id = choice.id;
    this.options = options;
    this.#choice = choice;
    this.#cliId = choice.id;
    this.#start = o.start;
    this.#onClose = o.onClose;
    this.#leave = o.leave ?? (async () => {});
    const { sessionStore, sessionStoreFlush: flush } = options;
    const onLost = (message: CliLine): void => this.#tell(message, JSON.stringify(message));
    this.#mirror = sessionStore === undefined ? undefined : new TranscriptMirror(sessionStore, { flush, onLost });
    this.#model = options.model;
    this.#feed = new MessageFeed(choice.id);
    this.answers = new HostAnswers(options);
  }

  /** What a process tells and asks this session. */
  get host(): ProcessHost {
    return {
      answer: (request, o) => this.answers.answer(request, o),
      line: (line, text) => this.#onLine(line, text),
      broken: (error) => (this.#broken ??= error),
      wantsFragments: () => this.#feed.wantsFragments,
    };
  }

  /** Starts the process and waits until it is ready; `warm` is one that was started before, with this session's host. */
  async open(warm?: OpenProcess): Promise<void> {
    await this.running(warm);
  }

  async send(message: SDKUserMessage): Promise<{ uuid: string; settled?: true | undefined }> {
    this.throwIfClosed();
    const uuid = message.uuid ?? randomUUID();
    const known = this.#prompts.stateOf(uuid);
    if (known !== undefined) return known === 'settled' ? { uuid, settled: true } : { uuid };
    const line = this.#toLine(message, uuid);
    const { process } = await this.running();
    this.throwIfClosed();
    this.#prompts.accept(uuid);
    try {
      await process.write(line);
    } catch (error) {
      this.#prompts.forget(uuid);
      throw error;
    }
    return { uuid };
  }

  async saidBefore(): Promise<SessionMessage[]> {
    const file = await transcriptOf(environmentOf(this.options), this.#cliId);
    return file === undefined ? [] : readTranscript(file);
  }

  messages(o?: ReadOptions): AsyncIterable<SDKMessage> {
    return this.#feed.messages(o);
  }

  batches(o?: ReadOptions): BatchReader<SDKMessage> {
    return this.#feed.batches(o);
  }

  async control<K extends keyof Controls>(name: K, args: Controls[K]['args']): Promise<Controls[K]['result']> {
    this.throwIfClosed();
    return CLI_CONTROLS[name](this, args);
  }

  /** Sets the model that a further process starts with. */
  noteModel(model: string | undefined): void {
    this.#model = model ?? this.options.model;
  }

  /** The process, started again if it has ended. @throws what opening a session throws; ProcessError if it cannot go on */
  running(warm?: OpenProcess): Promise<Running> {
    // A failure is not kept: the next prompt tries again.
    return (this.#running ??= this.#connect(warm).catch((error: unknown) => {
      this.#running = undefined;
      throw error;
    }));
  }

  /** Nothing runs that could be asked. */
  get isAsleep(): boolean {
    return this.#running === undefined;
  }

  throwIfClosed(): void {
    if (this.#closed !== undefined) throw new AbortError('The session is closed');
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #startProcess(): Promise<OpenProcess> {
    this.#broken = undefined;
    const { resumeSessionAt, resumeDropsTurn, title, ...others } = this.options;
    const options = {
      ...others,
      ...(this.#died === undefined ? { resumeSessionAt, resumeDropsTurn, title } : {}),
      model: this.#model,
      permissionMode: this.answers.chosenMode,
    };
    return startProcess(options, this.#choice, this.host, this.#start);
  }

  async #connect(warm: OpenProcess | undefined): Promise<Running> {
    if (this.#died !== undefined) this.#choice = await this.#choiceAfter(this.#died);
    await this.answers.prepare();
    const open = warm ?? (await this.#startProcess());
    const signals = [this.#over.signal, this.options.abortController?.signal].filter((signal) => signal !== undefined);
    const initialized = await shakeHands(
      open,
      { ...initializeFields(this.options), hooks: this.answers.hooks.registered },
      { ...this.#start, options: this.options, session: this.#choice, signal: AbortSignal.any(signals) },
    );
    void open.process.exited.then(() => this.#inOrder(() => this.#onExit(open)));
    return { ...open, initialized };
  }

  #onLine(line: CliLine, text: string): void {
    if (this.#mirror !== undefined && line.type === 'transcript_mirror') this.#mirror.take(line);
    else if (this.#mirror !== undefined && line.type === 'result')
      this.#inOrder(() => this.#tell(line, text), this.#mirror);
    else this.#inOrder(() => this.#tell(line, text));
  }

  /** Once it is kept what was written before, and after what waits for that already. */
  #inOrder(act: () => void, mirror?: TranscriptMirror): void {
    if (mirror === undefined && this.#held === undefined) return act();
    const held: Promise<void> = Promise.resolve(this.#held)
      .then(() => mirror?.flush())
      .then(() => {
        if (this.#held === held) this.#held = undefined;
        act();
      });
    this.#held = held;
  }

  #tell(line: CliLine, text: string): void {
    const lifecycle = this.#prompts.follow(line);
    if (line.type === 'system' && line['subtype'] === 'init' && typeof line['session_id'] === 'string') {
      this.#cliId = line['session_id'];
    }
    if (line['subtype'] === 'status') this.answers.noteMode(line['permissionMode']);
    const told = toFeed(line, text, { mode: this.answers.mode, lifecycle });
    if (told !== undefined) this.#feed.publish(told.kind, told.text, told.message);
  }

  #onExit({ process }: OpenProcess): void {
    const wasIdle = this.#prompts.isIdle;
    this.#prompts.lose();
    if (this.#closed !== undefined) return;
    this.#running = undefined;
    const isExpected = wasIdle && this.#broken === undefined;
    this.#died = this.#broken ?? process.error('has ended');
    // Nobody expects anything of an idle process: the next prompt starts another, and nobody needs to know.
    if (!isExpected) this.#feed.fail(this.#died);
  }

  async #close(): Promise<void> {
    this.#onClose();
    try {
      const running = await this.#runningOrNone();
      if (running !== undefined) {
        if (!this.#prompts.isIdle) await this.#stopTurn(running);
        await running.process.shutDown();
        running.channel.close(new AbortError('The session is closed'));
      }
      await this.#held;
      await this.#mirror?.flush();
    } finally {
      this.#feed.close();
      await this.#leave();
    }
  }

  async #runningOrNone(): Promise<Running | undefined> {
    this.#over.abort(new AbortError('The session is closed'));
    return this.#running?.catch(() => undefined);
  }

  /** The end of its input would let it go on with what is queued; and its questions are answered to the end. */
  async #stopTurn({ channel, process }: Running): Promise<void> {
    const request = { subtype: 'interrupt', cancel_queued: true };
    const idle = this.#prompts.idle();
    const stopped = channel.request(request, { timeoutMs: INTERRUPT_WITHIN_MS }).then(
      () => Promise.race([idle, process.exited.then(() => {})]),
      () => {},
    );
    await within(INTERRUPT_WITHIN_MS, stopped);
  }

  #toLine(message: SDKUserMessage, uuid: string): object {
    const { session_label: _label, ...rest } = message;
    const composed = this.options.verbatimPrompts === true ? { client_composed: true } : {};
    const copied = jsonCopy({ ...rest, ...composed, session_id: '', uuid });
    if (!copied.ok) throw new ConfigurationError(`Not a user message: it holds what is not JSON: ${copied.problem}`);
    // The copy of an object is one.
    return copied.value as object;
  }

  /** What a further process goes on with: what the one before has kept. @throws its end, when that is nothing on purpose */
  async #choiceAfter(died: Error): Promise<SessionChoice> {
    if (this.options.persistSession === false) throw died;
    const id = this.#cliId;
    const isKept = (await transcriptOf(environmentOf(this.options), id)) !== undefined;
    return { kind: isKept ? 'resume' : 'new', id };
  }
}
