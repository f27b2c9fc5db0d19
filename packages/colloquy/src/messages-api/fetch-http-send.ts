import { APIConnectionError } from '../errors.ts';
import { messageOf } from '../helpers/message-of.ts';
import type { HttpRequest, HttpSend } from './http-send.ts';

/**
 * A `send` over `fetch`, for browsers and wherever else there is nothing but it. Redirects are not followed: they would carry the
 * credential elsewhere. A page's cookies go to its own origin only.
 */
export const fetchHttpSend: HttpSend = async (request) => {
  request.signal?.throwIfAborted();
  const { origin } = new URL(request.url);
  try {
    const response = await fetch(request.url, toInit(request));
    if (response.type === 'opaqueredirect') {
      throw new APIConnectionError(
        `${origin} answered with a redirect, which is not followed; give its target instead`,
      );
    }
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: chunksOf(response, origin, request.signal),
    };
  } catch (cause) {
    throw connectionError(cause, origin, request.signal);
  }
};

/** What there is in a browser. */
export const defaultHttpSend: HttpSend = (request) => fetchHttpSend(request);

function toInit({ method, headers, body, signal }: HttpRequest): RequestInit {
  return {
    method,
    headers,
    redirect: 'manual',
    credentials: 'same-origin',
    cache: 'no-store',
    ...(signal === undefined ? {} : { signal }),
    // A view of bytes is a body; the types of the platform want to know that they are not shared memory.
    ...(body === undefined ? {} : { body: body as string | Uint8Array<ArrayBuffer> }),
  };
}

async function* chunksOf(
  { body }: Response,
  origin: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } catch (cause) {
    throw connectionError(cause, origin, signal);
  } finally {
    // A stream that has broken refuses to be cancelled, and is gone all the same.
    await reader.cancel().catch(() => {});
  }
}

function connectionError(cause: unknown, origin: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (cause instanceof APIConnectionError) return cause;
  // What `fetch` itself says is "fetch failed"; the reason lies below it.
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return new APIConnectionError(`The exchange with ${origin} failed: ${messageOf(reason)}`, { cause });
}
