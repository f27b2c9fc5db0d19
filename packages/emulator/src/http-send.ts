// The shapes of one HTTP exchange. They are those of `HttpSend` in the package colloquy, written out here so that the
// emulator depends on nothing; TypeScript compares them by structure.

/** One HTTP exchange, without a socket. */
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
  /** Chunks as they would arrive. Leaving the loop early counts as the client going away. A cut connection rejects. */
  body: AsyncIterable<Uint8Array>;
};
