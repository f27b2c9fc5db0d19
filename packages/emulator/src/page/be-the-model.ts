import type { MessagesRequest } from '../request/messages-request.ts';
import type { PlainReply } from '../replies/reply.ts';
import type { Asked, StandIn } from '../replies/stand-in.ts';

/** Clients have given up by then. */
export const MAX_WAIT_MS = 10 * 60_000;

type Waiting = { request: MessagesRequest; untilMs: number; settle(reply: PlainReply | undefined): void };

/** While it is on, requests without a scripted reply wait for a person; off, they never get here. */
export class BeTheModel {
  readonly #replies: { standIn?: StandIn | undefined };
  readonly #waiting = new Map<string, Waiting>();
  readonly #watchers = new Set<(requestId: string | undefined) => void>();

  constructor(replies: { standIn?: StandIn | undefined }) {
    this.#replies = replies;
  }

  get isOn(): boolean {
    return this.#replies.standIn === this.#standIn;
  }

  /** Turned off, it leaves all that wait to the simulated assistant. */
  turn(on: boolean): void {
    if (on === this.isOn) return;
    this.#replies.standIn = on ? this.#standIn : undefined;
    if (!on) for (const waiting of this.#waiting.values()) waiting.settle(undefined);
    this.#changed(undefined);
  }

  /** What a waiting request asks, and when it stops to wait, by `Date.now()`; undefined when it does not wait. */
  waiting(requestId: string): { readonly request: MessagesRequest; readonly untilMs: number } | undefined {
    return this.#waiting.get(requestId);
  }

  /** Answers a waiting request; without a reply directives and the simulated assistant do. False when it does not wait. */
  answer(requestId: string, reply: PlainReply | undefined): boolean {
    const waiting = this.#waiting.get(requestId);
    waiting?.settle(reply);
    return waiting !== undefined;
  }

  /** Calls the listener with the id of a request that begins or ends to wait, and with undefined when it is turned on or off. */
  watch(listener: (requestId: string | undefined) => void): () => void {
    this.#watchers.add(listener);
    return () => void this.#watchers.delete(listener);
  }

  readonly #standIn: StandIn = (request: MessagesRequest, { requestId, signal }: Asked) => {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise<PlainReply | undefined>((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', leave);
        this.#waiting.delete(requestId);
        this.#changed(requestId);
      };
      const settle = (reply: PlainReply | undefined): void => {
        end();
        resolve(reply);
      };
      const leave = (): void => {
        end();
        reject(signal?.reason);
      };
      const timer = setTimeout(() => settle(undefined), MAX_WAIT_MS);
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.set(requestId, { request, untilMs: Date.now() + MAX_WAIT_MS, settle });
      this.#changed(requestId);
    });
  };

  #changed(requestId: string | undefined): void {
    for (const watcher of this.#watchers) watcher(requestId);
  }
}
