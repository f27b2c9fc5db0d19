import { join } from 'node:path';
import Anthropic, { type ClientOptions } from '@anthropic-ai/sdk';
import { createEmulator, type Emulator } from '@colloquy/emulator';
import { openSqliteStore } from 'colloquy/internal';
import { expect, onTestFinished } from 'vitest';
import { hashSecret, newSecret } from '../../src/auth/secrets.ts';
import type { Role } from '../../src/auth/principal.ts';
import { serve, type RunningServer, type ServeOptions } from '../../src/serve.ts';
import { openTables } from '../../src/store/tables.ts';
import { newId } from '../../src/resources/ids.ts';
import { temporaryFolder } from '../running-server.ts';

export type Managed = {
  server: RunningServer;
  /** The official client as its users have it, but that it does not retry: only base URL and key differ. An admin's. */
  client: Anthropic;
  emulator: Emulator;
  /** The data folder, which is the workspace too. */
  folder: string;
  /** What went wrong inside; the test fails at its end if this is not empty by then. */
  faults: unknown[];
  /** The official client with another key. */
  clientWith: (key: string, more?: ClientOptions) => Anthropic;
  /** A key of its own user, or of the user that is named. */
  addKey: (o?: { user?: string; role?: Role }) => Promise<string>;
  /** A plain request with the admin's key. */
  fetch: (path: string, init?: RequestInit & { key?: string }) => Promise<Response>;
  /** Closes the server and its store, as a restart does; `startManaged({ folder })` is the restart. */
  stop: () => Promise<void>;
};

/** A server on a socket, the emulator as its model, and the official client. */
export async function startManaged(
  o: Partial<ServeOptions> & { folder?: string; emulator?: Emulator } = {},
): Promise<Managed> {
  const { folder = await temporaryFolder(), emulator = createEmulator(), ...options } = o;
  const store = await openSqliteStore({ path: join(folder, 'sessions.db') });
  const faults: unknown[] = [];
  const secret = newSecret();
  const server = await serve({
    store,
    cwd: folder,
    dataFolder: folder,
    adminKey: secret,
    sessionFolders: join(folder, 'workspaces'),
    model: 'claude-opus-5-5',
    endpoint: 'a test',
    simulated: true,
    sessionDefaults: { send: emulator.send },
    onError: (error) => faults.push(error),
    ...options,
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= server.close().then(() => store[Symbol.asyncDispose]()));
  onTestFinished(async () => {
    await stop();
    expect(faults).toEqual([]);
  });
  const clientWith = (apiKey: string, more: ClientOptions = {}): Anthropic =>
    new Anthropic({ baseURL: server.url, apiKey, maxRetries: 0, ...more });
  return {
    server,
    client: clientWith(secret),
    emulator,
    folder,
    faults,
    clientWith,
    addKey: (of = {}) => addKey(folder, of),
    fetch(path, { key = secret, ...init } = {}) {
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${key}`);
      return fetch(server.url + path, { ...init, headers });
    },
    stop,
  };
}

/** What a call rejects with; undefined when it succeeds. */
export const caught = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error,
  );

/** What an error of the official client says, in one line: its class, its status and its message. */
export async function refusal(promise: PromiseLike<unknown>): Promise<string> {
  const error = await caught(promise);
  if (!(error instanceof Anthropic.APIError)) return `no APIError: ${String(error)}`;
  return `${error.constructor.name} ${error.status} ${error.apiMessage}`;
}

/** Every item of a list, over all its pages. */
export async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of pages) items.push(item);
  return items;
}

async function addKey(folder: string, { user, role = 'user' }: { user?: string; role?: Role }): Promise<string> {
  const secret = newSecret();
  const id = newId('key');
  const tables = await openTables(folder);
  await tables
    .insertInto('api_key')
    .values({
      id,
      name: id,
      user: user ?? id,
      role,
      hash: hashSecret(secret),
      created_at: Date.now(),
      expires_at: null,
      last_used_at: null,
      revoked_at: null,
    })
    .execute();
  await tables.destroy();
  return secret;
}
