import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator, type Emulator } from '@colloquy/emulator';
import { openSqliteStore } from 'colloquy/internal';
import { expect, onTestFinished } from 'vitest';
import type { AppOptions } from '../src/app-options.ts';
import type { ServerApp } from '../src/create-app.ts';
import { jsonOf, signIn, testApp, type TestClient } from '../src/testing/test-app.ts';
import { type Frame, SseReader } from './sse-reader.ts';

/** A server on the real engine over SQLite, with the emulator as its model. */
export type RunningServer = {
  app: ServerApp;
  client: TestClient;
  emulator: Emulator;
  faults: unknown[];
  /** Closes the server and its store, as a restart does. */
  stop(): Promise<void>;
};

/** A folder of its own for a test, removed after it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-server-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function startServer(
  o: Partial<AppOptions> & { folder?: string; emulator?: Emulator } = {},
): Promise<RunningServer> {
  const { folder = await temporaryFolder(), emulator = createEmulator(), ...options } = o;
  const store = await openSqliteStore({ path: join(folder, 'sessions.db') });
  const faults: unknown[] = [];
  const app = testApp({
    store,
    cwd: folder,
    dataFolder: folder,
    model: 'claude-opus-5-5',
    sessionDefaults: { send: emulator.send },
    onError: (error) => faults.push(error),
    ...options,
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= app.close().then(() => store[Symbol.asyncDispose]()));
  onTestFinished(async () => {
    await stop();
    expect(faults).toEqual([]);
  });
  return { app, client: await signIn(app), emulator, faults, stop };
}

export async function createSession(client: TestClient, options: object = {}): Promise<string> {
  const { id } = await jsonOf<{ id: string }>(client.post('/v1/native/sessions', { options }));
  return id;
}

export async function sendPrompt(
  client: TestClient,
  id: string,
  text: string,
  more: object = {},
): Promise<{ uuid: string; seq: number }> {
  const message = { type: 'user', message: { role: 'user', content: text }, parent_tool_use_id: null, ...more };
  const response = await client.post(`/v1/sessions/${id}/messages`, message);
  expect(response.status).toBe(202);
  return jsonOf(response);
}

/** Opens a session's stream; the reader is released when the test ends. */
export async function follow(client: TestClient, id: string, after?: string): Promise<SseReader> {
  const query = after === undefined ? '' : `?after=${after}`;
  const response = await client.get(`/v1/sessions/${id}/messages/stream${query}`);
  expect(response.status).toBe(200);
  const reader = new SseReader(response);
  onTestFinished(() => reader.close());
  return reader;
}

export const isResult = ({ message }: Frame): boolean => message?.type === 'result';
export const isRequest = ({ message }: Frame): boolean =>
  message?.type === 'system' && message.subtype === 'permission_request';

/** The number of the permission request that a frame tells of. */
export function requestOf(frame: Frame | undefined): number {
  const message = frame?.message;
  if (message?.type !== 'system' || message.subtype !== 'permission_request') throw new Error('No permission request');
  return message.request;
}
