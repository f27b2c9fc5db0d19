import type { HttpSend, Options } from 'colloquy';
import type { ServerApp } from '../src/create-app.ts';
import { ORIGIN } from '../src/testing/test-app.ts';

/** The network between a remote engine and an app without a socket. */
export function sendTo(app: () => ServerApp): HttpSend {
  return async ({ url, method, headers, body, signal }) => {
    signal?.throwIfAborted();
    const init = { method, headers, ...(body === undefined ? {} : { body: body as string }) };
    const response = await app().fetch(new Request(url, { ...init, ...(signal === undefined ? {} : { signal }) }));
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: chunksOf(response.body, signal),
    };
  };
}

async function* chunksOf(
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  if (body === null) return;
  const reader = body.getReader();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener('abort', cancel);
    await reader.cancel().catch(() => undefined);
  }
}

/** Options of a program that uses this app as its server. */
export function remoteOptions(app: ServerApp | (() => ServerApp), key: string): Options {
  const send = sendTo(typeof app === 'function' ? app : () => app);
  return { engine: 'remote', server: { url: ORIGIN, key }, send };
}
