// What holds for the readers of every engine, in whatever state they are ended.
import { createEmulator } from '@colloquy/emulator';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createMemoryStore } from '../log/memory-store.ts';
import type { HttpSend } from '../messages-api/http-send.ts';
import type { SDKMessage } from '../messages.ts';
import { createApiEngine } from './api/api-engine.ts';
import { MessageFeed } from './cli/message-feed.ts';
import type { EngineSession } from './engine.ts';
import { remoteEngine } from './remote/remote-engine.ts';

const ID = '11111111-1111-4111-8111-111111111111';

type Readable = Pick<EngineSession, 'batches' | 'messages'>;

async function apiSession(): Promise<Readable> {
  const engine = createApiEngine({ store: createMemoryStore(), send: createEmulator().send });
  const session = await engine.open({ tools: [], env: {} });
  onTestFinished(() => session[Symbol.asyncDispose]());
  return session;
}

/** A session whose server says these messages on every stream, one a chunk, and keeps it open. */
async function remoteSession(...said: SDKMessage[]): Promise<Readable> {
  const send: HttpSend = async ({ url, signal }) => {
    const isStream = new URL(url).pathname.endsWith('/stream');
    const body = async function* (): AsyncGenerator<Uint8Array, void, void> {
      const encoder = new TextEncoder();
      if (!isStream) return yield encoder.encode(JSON.stringify({ id: ID, options: {}, tools: [] }));
      for (const [index, message] of said.entries())
        yield encoder.encode(`id: 1.${index + 1}.0\ndata: ${JSON.stringify(message)}\n\n`);
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }));
    };
    const type = isStream ? 'text/event-stream' : 'application/json';
    return { status: isStream ? 200 : 201, headers: { 'content-type': type }, body: body() };
  };
  const server = { url: 'http://server.test', key: 'k' };
  const session = await remoteEngine(server, send).open({ engine: 'remote', server, send });
  onTestFinished(() => session.close());
  return session;
}

const info = (content: string): SDKMessage => ({
  type: 'system',
  subtype: 'informational',
  level: 'info',
  content,
  uuid: ID,
  session_id: ID,
});

describe.each<[string, () => Promise<Readable>]>([
  ['api', apiSession],
  ['cli', async () => new MessageFeed('s')],
  ['remote', () => remoteSession()],
])('a reader of %s', (_, open) => {
  test('whose signal is aborted already has nothing', async () => {
    const session = await open();
    const signal = AbortSignal.abort();
    expect(await session.batches({ signal }).next()).toEqual({ done: true, value: undefined });
    for await (const message of session.messages({ signal })) expect(message).toBeUndefined();
  });

  test('ends when its signal is aborted while it waits', async () => {
    const stop = new AbortController();
    const waiting = (await open()).batches({ signal: stop.signal }).next();
    stop.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  test('ends all who wait when it is closed, twice too, and stays at its end', async () => {
    const reader = (await open()).batches();
    const waiting = [reader.next(), reader.next()];
    reader.close();
    reader.close();
    const end = { done: true, value: undefined };
    expect(await Promise.all([...waiting, reader.next(), reader.return()])).toEqual([end, end, end, end]);
    expect(reader.take()).toBeUndefined();
  });
});

test('two who wait for a connection of their own lose nothing of it', async () => {
  const session = await remoteSession(info('a'), info('b'));
  const reader = session.batches({ after: '1.0.0' });
  const told: unknown[] = [];
  while (told.length < 2) {
    await Promise.all([reader.wait(), reader.wait()]);
    for (const message of reader.take() ?? []) told.push('content' in message && message.content);
  }
  reader.close();
  expect(told).toEqual(['a', 'b']);
});
