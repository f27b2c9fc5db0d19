/** One HTTP exchange. `send` replaces the network everywhere in Colloquy; the emulator exports one, so tests need no socket. */
export type HttpSend = (request: HttpRequest) => Promise<HttpResponse>;

export type HttpRequest = {
  method: string;
  url: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body?: string | Uint8Array | undefined;
  /** Abandons the exchange, body included; the promise or the body's iteration then rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
};

export type HttpResponse = {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** Chunks as they arrive. Leaving the loop early releases the connection. A broken connection rejects; it never just ends. */
  body: AsyncIterable<Uint8Array>;
};
