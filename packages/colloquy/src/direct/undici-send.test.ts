import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createEmulator, cut, type Emulator, paced, status, text } from '@colloquy/emulator';
import { afterEach, describe, expect, test } from 'vitest';
import { APIConnectionError, ConfigurationError } from '../errors.ts';
import type { HttpSend } from '../messages-api/http-send.ts';
import { ChatClient } from './chat-client.ts';
import { createUndiciSend, type UndiciSendOptions } from './undici-send.ts';

const fixture = (name: string): string => readFileSync(join(import.meta.dirname, '__fixtures__', name), 'utf8');
const TLS = { key: fixture('localhost.key.pem'), cert: fixture('localhost.cert.pem') };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function sendWith(o: Partial<UndiciSendOptions>): Promise<HttpSend> {
  const options = { proxy: undefined, http2: false, keepAlive: true, load: () => import('undici'), ca: TLS.cert, ...o };
  const send = await createUndiciSend(options);
  closing.push(() => send.close());
  return send;
}

type Seen = { versions: string[]; url: string };

/** Serves the emulator with TLS, and notes by which version of HTTP it was asked. */
async function serve(emulator: Emulator, kind: 'h2' | 'http/1.1'): Promise<Seen> {
  const versions: string[] = [];
  const answer = async (req: Http2ServerRequest | IncomingMessage, res: Http2ServerResponse): Promise<void> => {
    versions.push(req.httpVersion);
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const headers = Object.fromEntries(Object.entries(req.headers).filter(([name]) => !name.startsWith(':')));
    try {
      const { url = '', method = '' } = req;
      const request = { method, url, headers: headers as Record<string, string>, body: Buffer.concat(chunks) };
      const response = await emulator.send({ ...request, signal: gone.signal });
      res.writeHead(response.status, response.headers);
      for await (const chunk of response.body) res.write(chunk);
      res.end();
    } catch {
      (req.httpVersion === '2.0' ? (res as Http2ServerResponse).stream : req.socket).destroy(new Error('cut'));
    }
  };
  const server =
    kind === 'h2'
      ? createSecureServer({ ...TLS, allowHTTP1: true }, (req, res) => void answer(req, res))
      : createHttpsServer(TLS, (req, res) => void answer(req, res as unknown as Http2ServerResponse));
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => void sockets.add(socket.on('error', () => {})));
  server.on('sessionError', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { versions, url: `https://localhost:${(server.address() as AddressInfo).port}` };
}

/** A proxy that connects through to whatever it is asked for. */
async function serveProxy(): Promise<{
  url: string;
  asked: { to: string | undefined; credential: string | undefined }[];
}> {
  const asked: { to: string | undefined; credential: string | undefined }[] = [];
  const sockets = new Set<Socket>();
  const proxy: Server = createServer();
  proxy.on('connect', (req: IncomingMessage, socket: Socket) => {
    asked.push({ to: req.url, credential: req.headers['proxy-authorization'] });
    const port = Number(req.url?.split(':').at(-1));
    const target = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    for (const one of [socket, target]) sockets.add(one.on('error', () => {}));
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  return { asked, url: `http://me:secret@127.0.0.1:${(proxy.address() as AddressInfo).port}` };
}

const clientOf = (send: HttpSend, baseURL: string): ChatClient =>
  new ChatClient({ send, baseURL, apiKey: 'any', maxRetries: 0 });

describe('over HTTP/2', () => {
  test('answers are whole, streams come as they are sent, errors are those of the API', async () => {
    const emulator = createEmulator({ script: [text('One'), text(['T', 'wo']), status(529), text('🌙')] });
    const { url, versions } = await serve(emulator, 'h2');
    await using chat = clientOf(await sendWith({ http2: true }), url);
    expect((await chat.chat('1', { stream: false })).text).toBe('One');
    const deltas: string[] = [];
    const second = await chat.stream('2', { onText: (piece) => void deltas.push(piece) });
    expect([second.text, deltas]).toEqual(['Two', ['T', 'wo']]);
    await expect(chat.chat('3')).rejects.toMatchObject({ status: 529, type: 'overloaded_error' });
    expect((await chat.chat('4')).text).toBe('🌙');
    expect(versions).toEqual(['2.0', '2.0', '2.0', '2.0']);
  });

  test('a stream that is cut is a lost connection, and the next request has another', async () => {
    const emulator = createEmulator({ script: [cut({ afterEvents: 4 }), text('Hello')] });
    const { url } = await serve(emulator, 'h2');
    await using chat = clientOf(await sendWith({ http2: true }), url);
    await expect(chat.chat('Hello')).rejects.toThrow(APIConnectionError);
    expect((await chat.chat('Hello')).text).toBe('Hello');
  });

  test('an abort reaches the server', async () => {
    const emulator = createEmulator({ script: [paced(1_000, text('One two three four five six'))] });
    const { url } = await serve(emulator, 'h2');
    await using chat = clientOf(await sendWith({ http2: true }), url);
    const controller = new AbortController();
    const { signal } = controller;
    const answer = chat.chat('Hello', { signal, onText: () => controller.abort() });
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    await emulator.idle();
    expect(emulator.requests[0]?.aborted).toBe(true);
  });

  test('only where it is asked for, and where the endpoint offers it', async () => {
    const both = await serve(createEmulator(), 'h2');
    await clientOf(await sendWith({ http2: false }), both.url).chat('Hello');
    const old = await serve(createEmulator(), 'http/1.1');
    await clientOf(await sendWith({ http2: true, keepAlive: false }), old.url).chat('Hello');
    expect([both.versions, old.versions]).toEqual([['1.1'], ['1.1']]);
  });
});

describe('through a proxy', () => {
  test.each([false, true])('all requests go, with its credential (HTTP/2: %s)', async (http2) => {
    const { url, versions } = await serve(createEmulator({ script: [text('Hello'), text('Again')] }), 'h2');
    const proxy = await serveProxy();
    await using chat = clientOf(await sendWith({ proxy: proxy.url, http2 }), url);
    expect([(await chat.chat('Hello')).text, (await chat.chat('Hello')).text]).toEqual(['Hello', 'Again']);
    expect(proxy.asked[0]).toEqual({ to: new URL(url).host, credential: `Basic ${btoa('me:secret')}` });
    expect(versions).toEqual(http2 ? ['2.0', '2.0'] : ['1.1', '1.1']);
  });

  test('one that is not there is a lost connection, told without its password', async () => {
    const send = await sendWith({ proxy: 'http://me:secret@127.0.0.1:1' });
    const answer = clientOf(send, 'https://localhost:1').chat('Hello');
    await expect(answer).rejects.toThrow(APIConnectionError);
    await expect(answer).rejects.toThrow('through 127.0.0.1:1');
    await expect(answer).rejects.not.toThrow('secret');
  });
});

test('a client that asks for HTTP/2 loads the package by itself, and an endpoint without it is asked all the same', async () => {
  await using server = await createEmulator({ script: [text('Hello')] }).listen();
  await using chat = new ChatClient({ baseURL: server.url, apiKey: 'any', http2: true });
  expect((await chat.chat('Hello')).text).toBe('Hello');
});

test.each([
  ['is not there', () => Promise.reject(new Error('Cannot find package')), 'run `npm install undici`'],
  ['is another one', async () => ({ Agent: 3 }), 'needs a newer undici'],
])('undici that %s is told', async (_, load, told) => {
  const made = createUndiciSend({ proxy: undefined, http2: true, keepAlive: true, load });
  await expect(made).rejects.toThrow(ConfigurationError);
  await expect(made).rejects.toThrow(told);
});
