import type { CredentialName, Principal } from './principal.ts';

/** How often it is asked whether the credentials of open streams are still good: the end of one is felt within twice that. */
const ASK_EVERY_MS = 2_000;

/** A stream as long as it is open. */
export type OpenStream = {
  /** Aborted when the credential is revoked or expires, when its page is signed out, and when the server closes. */
  readonly signal: AbortSignal;
  /** To be called once the stream is over, however it ended. May be called twice. */
  end(): void;
};

export type StreamsOptions = {
  /** Those of the credentials that are still good. */
  goodOf: (names: readonly CredentialName[]) => Promise<Set<CredentialName>>;
  closing: AbortSignal;
  /** Told when that cannot be found out; it is asked again then, and the streams stay open. */
  onError: (error: unknown) => void;
};

/**
 * What is open for a credential: SSE streams and sockets, and nothing that ends by itself. One timer asks for all of them together,
 * each credential once, so that a key which another process has revoked ends them too. It runs only while there are any.
 */
export class Streams {
  readonly #o: StreamsOptions;
  /** By kind and id of the credential. */
  readonly #open = new Map<string, { name: CredentialName; streams: Set<AbortController> }>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #asking: Promise<void> | undefined;

  constructor(o: StreamsOptions) {
    this.#o = o;
    o.closing.addEventListener('abort', () => this.#endAll(), { once: true });
  }

  open({ credential }: Principal): OpenStream {
    const controller = new AbortController();
    if (this.#o.closing.aborted) {
      controller.abort();
      return { signal: controller.signal, end: () => undefined };
    }
    const key = `${credential.kind} ${credential.id}`;
    const entry = this.#open.get(key) ?? { name: credential, streams: new Set() };
    entry.streams.add(controller);
    this.#open.set(key, entry);
    this.#timer ??= setInterval(() => void this.recheck(), ASK_EVERY_MS).unref();
    return { signal: controller.signal, end: () => this.#end(key, controller) };
  }

  /** Ends at once what is open for credentials that are not good any longer: for whoever has just revoked one. Never rejects. */
  async recheck(): Promise<void> {
    // What is being found out may be from before the revocation.
    while (this.#asking !== undefined) await this.#asking;
    this.#asking = this.#ask().catch(this.#o.onError);
    await this.#asking;
    this.#asking = undefined;
  }

  async #ask(): Promise<void> {
    const entries = [...this.#open];
    const good = await this.#o.goodOf(entries.map(([, { name }]) => name));
    for (const [key, { name, streams }] of entries) {
      if (!good.has(name)) for (const controller of streams) this.#end(key, controller);
    }
  }

  #endAll(): void {
    for (const [key, { streams }] of this.#open) for (const controller of streams) this.#end(key, controller);
  }

  #end(key: string, controller: AbortController): void {
    const entry = this.#open.get(key);
    entry?.streams.delete(controller);
    if (entry?.streams.size === 0) this.#open.delete(key);
    if (this.#open.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    controller.abort();
  }
}
