import { randomUUID } from 'node:crypto';
import { AbortError, CLIConnectionError, ControlRefusedError, TimeoutError } from '../../errors.ts';
import { Deadline } from '../../helpers/deadline.ts';
import { isRecord } from '../../helpers/is-record.ts';
import { messageOf } from '../../helpers/message-of.ts';
import { untilAborted } from '../../helpers/until-aborted.ts';
import type { CliLine } from './parse-line.ts';

const ANSWER_WITHIN_MS = 60_000;
/** So many questions of Claude Code in a row that could not be answered: it would ask for ever. */
const MAX_FAILURES = 10;
/** So many of ours in a row that it did not answer in time: it hears nothing any longer. */
const MAX_SILENCES = 3;

/** A question: `subtype`, and what belongs to it. */
export type ControlRequest = { subtype: string; [field: string]: unknown };

export type ControlHost = {
  write(message: object): Promise<void>;
  /** Answers a question of Claude Code. An exception is the answer that it could not be answered. */
  answer(request: ControlRequest, o: { requestId: string; signal: AbortSignal }): Promise<object>;
  /** The two do not understand each other any longer: the run has to end. Called once. */
  hopeless(error: Error): void;
};

type Waiting = {
  resolve: (response: Record<string, unknown>) => void;
  reject: (error: Error) => void;
  subtype: string;
};

/** Questions and answers in both directions, any number at once, in any order. */
export class ControlChannel {
  readonly #host: ControlHost;
  readonly #waiting = new Map<string, Waiting>();
  readonly #answering = new Map<string, AbortController>();
  #failures = 0;
  #silences = 0;
  #isHopeless = false;
  #closed: { error: Error } | undefined;

  constructor(host: ControlHost) {
    this.#host = host;
  }

  /**
   * Asks Claude Code. An abort of the signal tells it that nobody waits any longer.
   * @throws ControlRefusedError, TimeoutError after 60 s, AbortError, or what the channel was closed with
   */
  async request(
    request: ControlRequest,
    o: { timeoutMs?: number | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<Record<string, unknown>> {
    if (this.#closed !== undefined) throw this.#closed.error;
    const timeoutMs = o.timeoutMs ?? ANSWER_WITHIN_MS;
    const requestId = randomUUID();
    const deadline = new Deadline(o.signal);
    const late = new TimeoutError(`Claude Code did not answer to ${request.subtype} within ${timeoutMs / 1000} s`);
    deadline.start(timeoutMs, () => late);
    const answer = new Promise<Record<string, unknown>>((resolve, reject) =>
      this.#waiting.set(requestId, { resolve, reject, subtype: request.subtype }),
    );
    answer.catch(() => {});
    try {
      const written = this.#host.write({ type: 'control_request', request_id: requestId, request });
      await untilAborted(written, deadline.signal);
      const response = await untilAborted(answer, deadline.signal);
      this.#silences = 0;
      return response;
    } catch (error) {
      if (deadline.signal.aborted) this.#cancel(requestId);
      if (error === late) this.#notice(() => (this.#silences += 1) >= MAX_SILENCES, late);
      throw error;
    } finally {
      deadline.close();
      this.#waiting.delete(requestId);
    }
  }

  /** Takes a message if it is one of these; else it is for somebody else. */
  take(line: CliLine): boolean {
    switch (line.type) {
      case 'control_request':
        this.#onRequest(line);
        return true;
      case 'control_response':
        this.#onResponse(line['response']);
        return true;
      case 'control_cancel_request':
        this.#onCancel(line['request_id']);
        return true;
      default:
        return false;
    }
  }

  /** Nothing more comes: who waits is told the error, and what is being answered is given up. Safe to call twice. */
  close(error: Error): void {
    if (this.#closed !== undefined) return;
    this.#closed = { error };
    for (const { reject } of this.#waiting.values()) reject(error);
    for (const controller of this.#answering.values()) controller.abort(new AbortError('The session has ended'));
  }

  #onRequest(line: CliLine): void {
    const { request_id: requestId, request } = line;
    if (typeof requestId !== 'string' || this.#closed !== undefined) return;
    if (!isRecord(request) || typeof request['subtype'] !== 'string') {
      void this.#reply(requestId, { subtype: 'error', error: 'A control request needs a subtype' });
      return;
    }
    const controller = new AbortController();
    this.#answering.set(requestId, controller);
    void this.#answer(requestId, { ...request, subtype: request['subtype'] }, controller.signal);
  }

  async #answer(requestId: string, request: ControlRequest, signal: AbortSignal): Promise<void> {
    try {
      const answer = this.#host.answer(request, { requestId, signal });
      // A handler that does not look at its signal is not waited for.
      const response = await untilAborted(answer, signal);
      await this.#reply(requestId, { subtype: 'success', response });
      this.#failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      await this.#reply(requestId, { subtype: 'error', error: messageOf(error) });
      this.#notice(() => (this.#failures += 1) >= MAX_FAILURES, error);
    } finally {
      this.#answering.delete(requestId);
    }
  }

  /** Never rejects for a process that has ended; that is told elsewhere. */
  async #reply(requestId: string, response: object): Promise<void> {
    const message = { type: 'control_response', response: { request_id: requestId, ...response } };
    try {
      // What is not JSON is a failure of whoever answered, and is told here.
      JSON.stringify(message);
    } catch (cause) {
      throw new CLIConnectionError(`The answer cannot be told to Claude Code: ${messageOf(cause)}`, { cause });
    }
    await this.#host.write(message).catch(() => {});
  }

  #onResponse(response: unknown): void {
    if (!isRecord(response) || typeof response['request_id'] !== 'string') return;
    const waiting = this.#waiting.get(response['request_id']);
    if (waiting === undefined) return;
    if (response['subtype'] === 'success') {
      waiting.resolve(isRecord(response['response']) ? response['response'] : {});
      return;
    }
    const { error, error_code: code } = response;
    const why = typeof error === 'string' ? error : 'without saying why';
    waiting.reject(
      new ControlRefusedError(
        `Claude Code refused ${waiting.subtype}: ${why}`,
        typeof code === 'string' ? code : undefined,
      ),
    );
  }

  #onCancel(requestId: unknown): void {
    if (typeof requestId !== 'string') return;
    this.#answering.get(requestId)?.abort(new AbortError('Claude Code does not wait for the answer any longer'));
  }

  #cancel(requestId: string): void {
    if (this.#closed !== undefined) return;
    this.#host.write({ type: 'control_cancel_request', request_id: requestId }).catch(() => {});
  }

  #notice(isTooMuch: () => boolean, last: unknown): void {
    if (!isTooMuch() || this.#isHopeless || this.#closed !== undefined) return;
    this.#isHopeless = true;
    const message = `Claude Code and this program do not understand each other any longer; the last failure: ${messageOf(last)}`;
    this.#host.hopeless(new CLIConnectionError(message, { cause: last }));
  }
}
