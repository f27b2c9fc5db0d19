import { HttpError, readHttpError, UnreachableError } from './http-error.ts';
import { createStreams } from './open-stream.ts';
import type { Batch } from './read-frames.ts';
import type { Answer, NewSessionOptions, ServerFacts, SessionPage, SessionSummary } from './wire.ts';

const REQUEST_TIMEOUT_MS = 20_000;

/** The server's native API. Every call rejects with `HttpError` or `UnreachableError`, or with the signal's reason. */
export type Api = {
  /** Trades the one-time token of the printed link for a cookie. */
  exchange(token: string): Promise<void>;
  facts(): Promise<ServerFacts>;
  listSessions(o?: { page?: string | undefined }): Promise<SessionPage>;
  getSession(id: string): Promise<SessionSummary>;
  createSession(options: NewSessionOptions): Promise<SessionSummary>;
  renameSession(id: string, title: string): Promise<SessionSummary>;
  deleteSession(id: string): Promise<void>;
  /** The client names the prompt, so that a repeated call and the told-back prompt can be matched. */
  sendPrompt(id: string, prompt: { uuid: string; text: string }): Promise<void>;
  interrupt(id: string): Promise<void>;
  setPermissionMode(id: string, mode: string): Promise<void>;
  answer(id: string, request: number, decision: Answer): Promise<{ won: boolean; by: string }>;
  /** Opens the session's stream behind a cursor; resolves once it stands. */
  openStream(id: string, o: { after: string | undefined; signal: AbortSignal }): Promise<AsyncIterable<Batch>>;
};

/** `fetch` is replaced in tests; `onSignedOut` is called whenever a call was refused for want of a credential. */
export function createApi(o: { fetch?: typeof fetch | undefined; onSignedOut?: (() => void) | undefined } = {}): Api {
  const send = o.fetch ?? globalThis.fetch.bind(globalThis);

  async function exchange(path: string, init: RequestInit): Promise<Response> {
    const response = await sendWithin(send, path, init);
    if (response.ok) return response;
    if (response.status === 401) o.onSignedOut?.();
    throw await readHttpError(response);
  }

  // The server is ours and of the same build, so its answers are taken at their word.
  const get = async <T>(path: string): Promise<T> => (await (await exchange(path, { method: 'GET' })).json()) as T;
  const post = async <T>(path: string, body: unknown): Promise<T> => {
    const response = await exchange(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (response.status === 204 ? undefined : await response.json()) as T;
  };
  const stream = createStreams((path, signal) => exchange(path, { headers: { accept: 'text/event-stream' }, signal }));
  const session = (id: string): string => `/v1/native/sessions/${encodeURIComponent(id)}`;
  const conversation = (id: string): string => `/v1/sessions/${encodeURIComponent(id)}`;

  return {
    exchange: (token) => post('/auth/exchange', { token }),
    facts: () => get('/v1/native/info'),
    listSessions: ({ page } = {}) =>
      get(`/v1/native/sessions?limit=50${page === undefined ? '' : `&page=${encodeURIComponent(page)}`}`),
    getSession: (id) => get(session(id)),
    createSession: (options) => post('/v1/native/sessions', { options }),
    renameSession: (id, title) => post(session(id), { title }),
    deleteSession: async (id) => void (await exchange(session(id), { method: 'DELETE' })),
    sendPrompt: (id, { uuid, text }) =>
      post(`${conversation(id)}/messages`, {
        type: 'user',
        message: { role: 'user', content: text },
        parent_tool_use_id: null,
        uuid,
      }),
    interrupt: (id) => post(`${conversation(id)}/control`, { name: 'interrupt', args: {} }),
    setPermissionMode: (id, mode) => post(`${conversation(id)}/control`, { name: 'setPermissionMode', args: { mode } }),
    answer: (id, request, decision) => post(`${conversation(id)}/answers`, { request, decision }),
    openStream: (id, { after, signal }) => {
      const query = after === undefined ? '' : `?after=${encodeURIComponent(after)}`;
      return stream(`${conversation(id)}/messages/stream${query}`, signal);
    },
  };
}

/** Bounds the wait for the answer's headers; the body of a stream is bounded by its reader. */
async function sendWithin(send: typeof fetch, path: string, init: RequestInit): Promise<Response> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), REQUEST_TIMEOUT_MS);
  const signals = init.signal instanceof AbortSignal ? [timeout.signal, init.signal] : [timeout.signal];
  try {
    return await send(path, {
      ...init,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.any(signals),
    });
  } catch (cause) {
    if (init.signal?.aborted === true) throw init.signal.reason;
    if (timeout.signal.aborted)
      throw new UnreachableError('The server did not answer in time. Check that it is running.', { cause });
    throw new UnreachableError('The server cannot be reached. Check that it is running.', { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** True when the server says that what was asked for does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof HttpError && error.status === 404;
}
