import { engineFor } from '#engines';
import type { Controls, RewindFilesResult, ServerInfo } from './engines/engine.ts';
import { Inbox } from './engines/inbox.ts';
import { DEFAULT_LABEL, type NamedSession, NamedSessions } from './engines/named-sessions.ts';
import { checkUserMessage, forEachMessage, promptOf } from './engines/user-message.ts';
import { AbortError, ConfigurationError, SessionBusyError } from './errors.ts';
import { abortErrorOf, atBorder } from './helpers/abort-error.ts';
import { untilAborted } from './helpers/until-aborted.ts';
import type { SDKMessage, SDKUserMessage } from './messages.ts';
import type { Options } from './options/options.ts';
import type { PermissionModeInput } from './options/permissions.ts';
import { modelOf } from './options/resolve-options.ts';
import { validateModel, validateOptions, validatePermissionMode } from './options/validate.ts';

/** One session by label or UUID; absent: see the method. */
type InSession = { sessionId?: string | undefined };
type WithSignal = { signal?: AbortSignal | undefined };

/**
 * Several conversations in one client, sending and receiving at the same time. Sessions are named by labels of the client's own
 * (`default` when none is given), or by their UUID to go on with a stored one; each is opened when it is first asked for.
 */
export class ClaudeSDKClient {
  #options: Options;
  readonly #firstModel: string | undefined;
  #connection: Connection | undefined;
  #disconnected: Promise<void> | undefined;

  /** @throws ConfigurationError for options that cannot work. */
  constructor(options: Options = {}) {
    validateOptions(options);
    this.#options = { ...options };
    this.#firstModel = options.model;
  }

  /**
   * Opens the client, and with it the default session if the options name one (`resume`, `continue`, `sessionId`). Optional:
   * the first `query()` does the same. After `disconnect()` it begins anew, without the labels of before.
   * @throws SessionNotFoundError | SessionBusyError | AbortError
   */
  async connect(): Promise<void> {
    await this.#disconnected;
    this.#disconnected = undefined;
    const { sessions } = this.#connected();
    const { resume, continue: newest, sessionId } = this.#options;
    if (resume !== undefined || newest === true || sessionId !== undefined) await sessions.open(DEFAULT_LABEL);
  }

  /** Ends running turns and all loops, and releases every session. Safe to call twice. */
  disconnect(): Promise<void> {
    return (this.#disconnected ??= this.#disconnect());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect();
  }

  /**
   * Sends a prompt, or each message of an iterable as it comes. Resolves once all are accepted (durable): their turns run in order,
   * whether or not anybody receives. A message's own label (`session_label`, or `session_id` if not empty) wins over `sessionId`.
   * @throws ConfigurationError for what is no user message; SessionNotFoundError | SessionBusyError for a session that cannot be opened;
   * AbortError when the signal aborts first, or the client is disconnected.
   */
  async query(prompt: string | AsyncIterable<SDKUserMessage>, o: InSession & WithSignal = {}): Promise<void> {
    const connection = this.#connected();
    const name = o.sessionId ?? DEFAULT_LABEL;
    const signal = o.signal === undefined ? connection.stop : AbortSignal.any([connection.stop, o.signal]);
    try {
      signal.throwIfAborted();
      if (typeof prompt === 'string') await untilAborted(accept(connection, promptOf(prompt), name, signal), signal);
      else await forEachMessage(prompt, signal, (message) => accept(connection, message, name, signal));
    } catch (error) {
      throw atBorder(error, signal);
    }
  }

  /**
   * The messages of one response, up to and including its result: that of the oldest prompt, in any session or the given one, whose
   * response nobody has begun to receive. It ends without messages if the prompt is withdrawn. Leaving the loop leaves the session
   * open and the turn running. At most 1,000 responses wait; then the oldest falls away.
   * @throws NothingPendingError on the first pull, when there is no such prompt; AbortError when the signal aborts or the session is closed.
   */
  receiveResponse(o: InSession & WithSignal = {}): AsyncGenerator<SDKMessage, void, undefined> {
    return this.#connected().inbox.response(o.sessionId, o.signal);
  }

  /**
   * The messages of every session, until `disconnect()`: from the oldest prompt on whose response nobody has begun to receive,
   * else from this call on. Any number of such loops may run; a slow one loses `stream_event` messages and no others.
   */
  receiveMessages(o: WithSignal = {}): AsyncGenerator<SDKMessage, void, undefined> {
    const { inbox, sessions } = this.#connected();
    return inbox.everything(sessions.current(), o.signal);
  }

  /**
   * Ends the running turn with a result, in one session or in all; it works whether or not anybody receives. Prompts that wait stay,
   * unless `cancelQueued`. Gives the uuids of those that still wait, and of those that were withdrawn.
   */
  async interrupt(
    o: InSession & { cancelQueued?: boolean | undefined } = {},
  ): Promise<Controls['interrupt']['result']> {
    const { inbox } = this.#connected();
    const sessions = await this.#chosen(o.sessionId);
    const receipts = await Promise.all(
      sessions.map(({ session }) => session.control('interrupt', { cancelQueued: o.cancelQueued })),
    );
    const cancelled = receipts.flatMap((receipt) => receipt.cancelled ?? []);
    inbox.withdrawn(cancelled);
    return {
      still_queued: receipts.flatMap((receipt) => receipt.still_queued),
      ...(o.cancelQueued === true ? { cancelled } : {}),
    };
  }

  /**
   * Sets the permission mode from the next tool call on: of one session, or of all, those opened later included.
   * @throws ConfigurationError for a mode that cannot be set.
   */
  async setPermissionMode(mode: PermissionModeInput, o: InSession = {}): Promise<void> {
    validatePermissionMode(mode, this.#options);
    if (o.sessionId === undefined) this.#options = { ...this.#options, permissionMode: mode };
    const sessions = await this.#chosen(o.sessionId);
    await Promise.all(sessions.map(({ session }) => session.control('setPermissionMode', { mode })));
  }

  /**
   * Sets the model from the next request on: of one session, or of all, those opened later included. Without a model: back to the first.
   * @throws ConfigurationError when there is a budget, and the model's price is not known.
   */
  async setModel(model?: string, o: InSession = {}): Promise<void> {
    if (o.sessionId === undefined) {
      const options = { ...this.#options, model: model ?? this.#firstModel };
      validateModel(modelOf(options), options);
      this.#options = options;
    }
    const sessions = await this.#chosen(o.sessionId);
    await Promise.all(sessions.map(({ session }) => session.control('setModel', { model })));
  }

  /** Ends work in the background, in whichever session it runs, or in the one named. One that is not known, or has ended, is no error. */
  async stopTask(taskId: string, o: InSession = {}): Promise<void> {
    const sessions = await this.#chosen(o.sessionId);
    await Promise.all(sessions.map(({ session }) => session.control('stopTask', { taskId })));
  }

  /** Lets the command of a call, or every one that runs, go on in the background, in one session or in all. False if none runs. */
  async backgroundTasks(toolUseId?: string, o: InSession = {}): Promise<boolean> {
    const sessions = await this.#chosen(o.sessionId);
    const moved = await Promise.all(sessions.map(({ session }) => session.control('backgroundTasks', { toolUseId })));
    return moved.some((one) => one.moved);
  }

  /**
   * Sets the files that tools have changed back to what they were when a prompt was taken; with `dryRun` only says what would change.
   * Needs `enableFileCheckpointing`. Without a session: the default one. @throws ConfigurationError for a prompt that no turn has taken.
   */
  async rewindFiles(
    userMessageId: string,
    o: InSession & { dryRun?: boolean | undefined } = {},
  ): Promise<RewindFilesResult> {
    const [chosen] = await this.#chosen(o.sessionId ?? DEFAULT_LABEL);
    if (chosen === undefined) throw new ConfigurationError('There is no session yet whose files could be set back');
    return chosen.session.control('rewindFiles', { userMessageId, dryRun: o.dryRun });
  }

  /** The UUID of the session behind a label; `undefined` while there is no such session. */
  sessionId(label: string = DEFAULT_LABEL): string | undefined {
    return this.#connection?.sessions.idOf(label);
  }

  /** What the sessions offer: commands, output styles, models. Opens the default session if none is open. */
  async getServerInfo(): Promise<ServerInfo> {
    const { sessions } = this.#connected();
    const open = sessions.current()[0] ?? (await sessions.open(DEFAULT_LABEL));
    return open.session.control('serverInfo', {});
  }

  #connected(): Connection {
    if (this.#disconnected !== undefined) throw new AbortError('The client is disconnected; connect() opens it again');
    const aborted = this.#options.abortController?.signal;
    if (aborted?.aborted === true) throw abortErrorOf(aborted);
    return (this.#connection ??= new Connection(() => this.#options, this.#onAbort));
  }

  async #chosen(name: string | undefined): Promise<NamedSession[]> {
    const { sessions } = this.#connected();
    const all = await sessions.all();
    if (name === undefined) return all;
    const one = sessions.get(name);
    return one === undefined ? [] : [one];
  }

  async #disconnect(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }

  readonly #onAbort = (): void => {
    // Whoever waits is told by the connection; what fails while closing has nobody left to be told.
    this.disconnect().catch(() => {});
  };
}

/** From the first use of a client to its end. */
class Connection {
  readonly sessions: NamedSessions;
  readonly inbox: Inbox;
  readonly #stop = new AbortController();
  readonly #abort: AbortSignal | undefined;
  readonly #onAbort: () => void;

  constructor(options: () => Options, onAbort: () => void) {
    const { includePartialMessages, abortController } = options();
    this.inbox = new Inbox({
      partial: includePartialMessages === true,
      abort: abortController?.signal,
      named: (name) => this.sessions.get(name),
    });
    this.sessions = new NamedSessions(engineFor(options()), { options, onOpen: (opened) => this.inbox.opened(opened) });
    this.#abort = abortController?.signal;
    this.#onAbort = onAbort;
    this.#abort?.addEventListener('abort', onAbort, { once: true });
  }

  /** Aborted when the client is disconnected. */
  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  async close(): Promise<void> {
    this.#abort?.removeEventListener('abort', this.#onAbort);
    this.#stop.abort(
      this.#abort?.aborted === true ? abortErrorOf(this.#abort) : new AbortError('The client was disconnected'),
    );
    try {
      await this.sessions.close();
    } finally {
      this.inbox.close();
    }
  }
}

async function accept(
  { sessions, inbox }: Connection,
  message: SDKUserMessage,
  fallback: string,
  signal: AbortSignal,
): Promise<void> {
  checkUserMessage(message);
  const name = nameIn(message) ?? fallback;
  const expected = inbox.expect(name, message);
  let session: NamedSession | undefined;
  try {
    session = await sessions.open(name);
    signal.throwIfAborted();
    await inbox.send(expected, session);
  } catch (error) {
    inbox.fail(expected, error);
    if (session !== undefined && error instanceof SessionBusyError) sessions.forget(session);
    throw error;
  }
}

function nameIn({ session_label, session_id }: SDKUserMessage): string | undefined {
  return session_label ?? (session_id === '' ? undefined : session_id);
}
