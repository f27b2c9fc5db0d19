import { AbortError, ConfigurationError } from '../../errors.ts';
import type { BatchReader } from '../../helpers/batch-reader.ts';
import { isRecord } from '../../helpers/is-record.ts';
import { jsonCopy } from '../../helpers/json-copy.ts';
import { randomUuid } from '../../helpers/random-uuid.ts';
import { within } from '../../helpers/within.ts';
import type { SDKMessage, SDKUserMessage } from '../../messages.ts';
import type { Options } from '../../options/options.ts';
import type { Controls, EngineSession, ReadOptions } from '../engine.ts';
import { checkUserMessage } from '../user-message.ts';
import { RequestAnswerer } from './answer-requests.ts';
import type { ClientTool } from './client-tools.ts';
import { Delivery } from './delivery.ts';
import { parsePlace } from './place.ts';
import { REMOTE_CONTROLS } from './remote-controls.ts';
import { RemoteFeed } from './remote-feed.ts';
import { CallRunner } from './run-calls.ts';
import type { ServerClient } from './server-client.ts';
import type { Pending } from './wire.ts';

/** For the interrupt that an abort sends. */
const INTERRUPT_WITHIN_MS = 5_000;

/**
 * One session of a server, as this program takes part in it: prompts go there, messages come from there, and its questions and the calls
 * of this program's tools are answered here. Its turns run whether or not anybody is connected; closing it ends none.
 */
export class RemoteSession implements EngineSession {
  readonly id: string;
  readonly options: Options;
  readonly client: ServerClient;
  readonly #feed: RemoteFeed;
  readonly #calls: CallRunner;
  readonly #answerer: RequestAnswerer | undefined;
  readonly #delivery = new Delivery();
  readonly #over = new AbortController();

  constructor(
    client: ServerClient,
    o: { id: string; after: string; options: Options; tools: ReadonlyMap<string, ClientTool> },
  ) {
    this.id = o.id;
    this.client = client;
    this.options = o.options;
    this.#calls = new CallRunner({
      tools: o.tools,
      deliver: (result, signal) => this.#deliver('tool_results', result, signal),
    });
    const { canUseTool, includePartialMessages, abortController } = o.options;
    this.#answerer =
      canUseTool === undefined
        ? undefined
        : new RequestAnswerer({
            canUseTool,
            answer: (request, decision, signal) => this.#deliver('answers', { request, decision }, signal),
          });
    this.#feed = new RemoteFeed(client, {
      session: o.id,
      after: o.after,
      partial: includePartialMessages === true,
      answersRequests: canUseTool !== undefined,
      onMessage: (message) => this.#onMessage(message),
      onConnected: () => this.#delivery.onConnected(),
    });
    abortController?.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Connects, and takes up what waits for this program. */
  start(pending: Pending): void {
    this.#feed.start();
    for (const request of pending.requests) this.#answerer?.ask(request);
    for (const call of pending.calls) this.#calls.run(call);
    if (this.options.abortController?.signal.aborted === true) this.#onAbort();
  }

  async send(message: SDKUserMessage): Promise<{ uuid: string; settled?: true | undefined }> {
    checkUserMessage(message);
    this.throwIfClosed();
    const uuid = message.uuid ?? randomUuid();
    const before = parsePlace(this.#feed.id)?.seq ?? 0;
    // Should its answer be lost, it is sent again under the same name, and is the same prompt.
    const { body } = await this.client.request('POST', `/v1/sessions/${this.id}/messages`, {
      body: toBody(message, uuid),
      isNamed: true,
      session: this.id,
      signal: this.#over.signal,
    });
    const { seq, settled } = isRecord(body) ? body : {};
    // Of a prompt that came after what is told here, the response is still to come, even if its turn has ended meanwhile.
    const isOver = settled === true && !(typeof seq === 'number' && seq > before);
    return { uuid, ...(isOver ? { settled: true } : {}) };
  }

  messages(o?: ReadOptions): AsyncIterable<SDKMessage> {
    return this.#feed.messages(o);
  }

  batches(o?: ReadOptions): BatchReader<SDKMessage> {
    return this.#feed.batches(o);
  }

  async control<K extends keyof Controls>(name: K, args: Controls[K]['args']): Promise<Controls[K]['result']> {
    this.throwIfClosed();
    return REMOTE_CONTROLS[name](this, args);
  }

  /** Asks the server something about this session. */
  async ask(path: string, body: object, signal: AbortSignal = this.#over.signal): Promise<unknown> {
    const answer = await this.client.request('POST', `/v1/sessions/${this.id}/${path}`, {
      body,
      session: this.id,
      signal,
    });
    return answer.body;
  }

  throwIfClosed(): void {
    this.#over.signal.throwIfAborted();
  }

  /** Leaves the session, which goes on at the server. Safe to call twice. */
  close(): void {
    this.#leave(new AbortError('The session is closed'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #leave(reason: AbortError): void {
    this.options.abortController?.signal.removeEventListener('abort', this.#onAbort);
    this.#answerer?.close();
    this.#calls.close();
    this.#feed.close();
    this.#over.abort(reason);
  }

  #onMessage(message: SDKMessage): void {
    this.#answerer?.onMessage(message);
    this.#calls.onMessage(message);
  }

  async #deliver(path: string, body: object, signal: AbortSignal): Promise<void> {
    const until = AbortSignal.any([signal, this.#over.signal]);
    await this.#delivery.deliver(async () => void (await this.ask(path, body, until)), until);
  }

  /** An abort means: stop. The server is told, as far as it can be reached. */
  readonly #onAbort = (): void => {
    const reason: unknown = this.options.abortController?.signal.reason;
    const aborted = new AbortError('The conversation was aborted through its abortController', { cause: reason });
    const bound = new AbortController();
    const interrupting = this.ask('control', { name: 'interrupt', args: {} }, bound.signal).then(
      () => {},
      () => {},
    );
    void within(INTERRUPT_WITHIN_MS, interrupting).finally(() => bound.abort());
    this.#feed.fail(aborted);
    this.#leave(aborted);
  };
}

/** What the server is told of a prompt; keys that it does not take it refuses by name. */
function toBody(message: SDKUserMessage, uuid: string): object {
  const { session_label: _label, session_id: _id, timestamp: _at, ...rest } = message;
  const copied = jsonCopy({ ...rest, parent_tool_use_id: null, uuid });
  if (!copied.ok) throw new ConfigurationError(`Not a user message: it holds what is not JSON: ${copied.problem}`);
  // The copy of an object is one.
  return copied.value as object;
}
