import { createApp, type ServerApp } from '../create-app.ts';
import type { AppOptions } from '../app-options.ts';

/** The origin that test requests are addressed to. */
export const ORIGIN = 'http://127.0.0.1:4010';

export type TestClient = {
  /** The credential, as a bearer token or as the value of the cookie. */
  readonly secret: string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  delete(path: string): Promise<Response>;
};

export function testApp(options: Partial<AppOptions>): ServerApp {
  return createApp({
    cwd: process.cwd(),
    model: 'test-model',
    endpoint: 'a test',
    simulated: true,
    port: 4010,
    ...options,
  });
}

/** The one-time token of a new link. */
export function tokenOf(app: Pick<ServerApp, 'createLink'>): string {
  return new URL(app.createLink()).hash.replace('#token=', '');
}

export function exchange(
  app: Pick<ServerApp, 'fetch'>,
  token: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return app.fetch(
    new Request(`${ORIGIN}/auth/exchange`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ token }),
    }),
  );
}

/** A signed-in program. */
export async function signIn(app: ServerApp): Promise<TestClient> {
  const response = await exchange(app, tokenOf(app));
  return clientOf(app, /^colloquy=([^;]+)/.exec(response.headers.get('set-cookie') ?? '')?.[1] ?? '');
}

export type TestKey = { id: string; name: string; secret: string };

/** A new API key; by default its own user's. */
export async function createKey(admin: TestClient, key: Record<string, unknown>): Promise<TestKey> {
  return jsonOf<TestKey>(admin.post('/v1/native/keys', { user: key['name'], ...key }));
}

/** A program with this credential as a bearer token. */
export function clientOf(app: Pick<ServerApp, 'fetch'>, secret: string): TestClient {
  const authorization = `Bearer ${secret}`;
  const send = (method: string, path: string, headers: Record<string, string>, body?: string): Promise<Response> =>
    app.fetch(
      new Request(ORIGIN + path, {
        method,
        headers: { authorization, ...headers },
        ...(body === undefined ? {} : { body }),
      }),
    );
  return {
    secret,
    get: (path, headers = {}) => send('GET', path, headers),
    post: (path, body, headers = {}) =>
      send('POST', path, { 'content-type': 'application/json', ...headers }, JSON.stringify(body)),
    delete: (path) => send('DELETE', path, {}),
  };
}

/** The body of an answer; what is in it is the test's to say. */
export async function jsonOf<T>(response: Response | Promise<Response>): Promise<T> {
  return (await (await response).json()) as T;
}
