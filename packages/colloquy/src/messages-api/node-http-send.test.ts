import { getEventListeners, once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { APIConnectionError } from '../errors.ts';
import type { HttpResponse } from './http-send.ts';
import { createNodeHttpSend } from './node-http-send.ts';

type Held<T> = T & AsyncDisposable;

async function serve(listener: RequestListener): Promise<Held<{ url: string; server: Server; sockets: Set<Socket> }>> {
  const server = createServer(listener);
  return listen(server);
}

async function listen<S extends Server | ReturnType<typeof createTcpServer>>(
  server: S,
): Promise<Held<{ url: string; server: S; sockets: Set<Socket> }>> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A listening TCP server has an address with a port.
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${port}/`, server, sockets, [Symbol.asyncDispose]: close };
}

function openSend(): ReturnType<typeof createNodeHttpSend> & Disposable {
  const send = createNodeHttpSend();
  return Object.assign(send, { [Symbol.dispose]: () => send.close() });
}

function promised<T>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}

const post = (url: string, signal?: AbortSignal) => ({ method: 'POST', url, headers: {}, body: '{}', signal });

async function textOf(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

test('sends method, headers and body with its length, and gives back status, headers in lower case, and the body', async () => {
  await using target = await serve((request, response) => {
    void bodyOf(request).then((body) => {
      response.writeHead(201, { 'X-Seen': 'yes', 'Set-Cookie': ['a=1', 'b=2'] });
      response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
    });
  });
  using send = openSend();
  const response = await send({
    method: 'POST',
    url: `${target.url}v1/messages?beta=true`,
    headers: { 'x-mine': '1' },
    body: '{"text":"größer"}',
  });
  expect(response).toMatchObject({ status: 201, headers: { 'x-seen': 'yes', 'set-cookie': 'a=1, b=2' } });
  expect(JSON.parse(await textOf(response))).toMatchObject({
    method: 'POST',
    url: '/v1/messages?beta=true',
    headers: { 'x-mine': '1', 'content-length': '19' },
    body: '{"text":"größer"}',
  });
});

test('a body of bytes goes as it is', async () => {
  await using target = await serve((request, response) => void bodyOf(request).then((body) => response.end(body)));
  using send = openSend();
  const body = new TextEncoder().encode('bytes é');
  expect(await textOf(await send({ method: 'POST', url: target.url, headers: {}, body }))).toBe('bytes é');
});

test('one connection serves requests that follow one another', async () => {
  await using target = await serve((_request, response) => response.end('ok'));
  using send = openSend();
  for (let round = 0; round < 3; round += 1) expect(await textOf(await send(post(target.url)))).toBe('ok');
  expect(target.sockets.size).toBe(1);
});

test('chunks can be read while the server still writes', async () => {
  const opened = promised<ServerResponse>();
  await using target = await serve((_request, response) => {
    response.write('first');
    opened.resolve(response);
  });
  using send = openSend();
  const { body } = await send(post(target.url));
  const chunks = body[Symbol.asyncIterator]();
  const first = await chunks.next();
  expect(String(first.value)).toBe('first');
  (await opened.promise).end('second');
  expect(String((await chunks.next()).value)).toBe('second');
  expect(await chunks.next()).toMatchObject({ done: true });
});

test('a reader that waits holds the server back', async () => {
  const whole = 64 * 1024 * 1024;
  let written = 0;
  await using target = await serve((request, response) => {
    if (request.url === '/small') return void response.end('ok');
    const block = Buffer.alloc(1024 * 1024);
    const write = (): void => {
      while (written < whole) {
        written += block.length;
        if (!response.write(block)) return void response.once('drain', write);
      }
      response.end();
    };
    write();
  });
  using send = openSend();
  const { body } = await send(post(target.url));
  // Time enough for a server that is not held back: one round trip would do for several blocks.
  for (let round = 0; round < 100; round += 1) await textOf(await send(post(`${target.url}small`)));
  // What the buffers of the system take is a few megabytes.
  expect(written).toBeLessThan(whole / 2);
  let received = 0;
  for await (const chunk of body) received += chunk.byteLength;
  expect(received).toBe(whole);
});

test('leaving the loop closes the connection', async () => {
  const closed = promised<undefined>();
  await using target = await serve((request, response) => {
    request.socket.once('close', () => closed.resolve(undefined));
    response.write('first');
  });
  using send = openSend();
  for await (const _chunk of (await send(post(target.url))).body) break;
  expect(await closed.promise).toBeUndefined();
});

test('a connection that is refused is an APIConnectionError that names the origin', async () => {
  let url: string;
  {
    await using target = await serve(() => undefined);
    url = target.url;
  }
  using send = openSend();
  const failure = send(post(url));
  await expect(failure).rejects.toBeInstanceOf(APIConnectionError);
  await expect(failure).rejects.toThrow(`No answer from ${url.slice(0, -1)}`);
});

test('a connection that closes before any header is an APIConnectionError', async () => {
  await using target = await serve((request) => request.socket.destroy());
  using send = openSend();
  await expect(send(post(target.url))).rejects.toBeInstanceOf(APIConnectionError);
});

test.each([
  ['of chunks', {}],
  ['of known length', { 'content-length': '100' }],
])('a body %s that is cut rejects, it does not end', async (_name, headers: Record<string, string>) => {
  await using target = await serve((_request, response) => {
    response.writeHead(200, headers);
    response.write('half', () => response.socket?.destroy());
  });
  using send = openSend();
  const response = await send(post(target.url));
  await expect(textOf(response)).rejects.toBeInstanceOf(APIConnectionError);
});

test('a signal aborted before the request rejects with its reason, and nothing is sent', async () => {
  let requests = 0;
  await using target = await serve(() => (requests += 1));
  using send = openSend();
  await expect(send(post(target.url, AbortSignal.abort('before')))).rejects.toBe('before');
  expect(requests).toBe(0);
});

test('an abort while the headers are awaited rejects with its reason and closes the connection', async () => {
  const arrived = promised<IncomingMessage>();
  await using target = await serve((request) => arrived.resolve(request));
  using send = openSend();
  const controller = new AbortController();
  const pending = send(post(target.url, controller.signal));
  const { socket } = await arrived.promise;
  const closed = once(socket, 'close');
  controller.abort('enough');
  await expect(pending).rejects.toBe('enough');
  await closed;
  expect(listeners(controller.signal)).toBe(0);
});

test('an abort while the body is read rejects with its reason and closes the connection', async () => {
  const arrived = promised<IncomingMessage>();
  await using target = await serve((request, response) => {
    response.write('first');
    arrived.resolve(request);
  });
  using send = openSend();
  const controller = new AbortController();
  const response = await send(post(target.url, controller.signal));
  const chunks = response.body[Symbol.asyncIterator]();
  await chunks.next();
  const waiting = chunks.next();
  const { socket } = await arrived.promise;
  const closed = once(socket, 'close');
  controller.abort('enough');
  await expect(waiting).rejects.toBe('enough');
  await closed;
  expect(listeners(controller.signal)).toBe(0);
});

test('an abort before a buffered body is read wins over the body', async () => {
  await using target = await serve((_request, response) => response.end('whole'));
  using send = openSend();
  const controller = new AbortController();
  const response = await send(post(target.url, controller.signal));
  controller.abort('enough');
  await expect(textOf(response)).rejects.toBe('enough');
});

test('a thousand requests leave no listener on the signal they share', async () => {
  await using target = await serve((request, response) => {
    if (request.url === '/cut') request.socket.destroy();
    else response.end('ok');
  });
  using send = openSend();
  const { signal } = new AbortController();
  for (let round = 0; round < 990; round += 1) await textOf(await send(post(target.url, signal)));
  for (let round = 0; round < 5; round += 1)
    await expect(send(post(`${target.url}cut`, signal))).rejects.toBeInstanceOf(APIConnectionError);
  for (let round = 0; round < 5; round += 1) for await (const _ of (await send(post(target.url, signal))).body) break;
  // The listener goes with the 'close' of the request, which follows the last byte.
  await expect.poll(() => listeners(signal)).toBe(0);
});

test('a pooled connection that the server has closed is replaced, and the request sent once more', async () => {
  const requests: string[] = [];
  const reply = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
  let connections = 0;
  await using target = await listen(
    createTcpServer((socket) => {
      const connection = (connections += 1);
      let served = 0;
      socket.on('error', () => undefined);
      socket.on('data', () => {
        served += 1;
        requests.push(`connection ${connection}`);
        // The first connection takes a second request and resets, as one does that had been closed meanwhile.
        if (connection === 1 && served === 2) socket.resetAndDestroy();
        else socket.write(reply);
      });
    }),
  );
  using send = openSend();
  expect(await textOf(await send(post(target.url)))).toBe('ok');
  expect(await textOf(await send(post(target.url)))).toBe('ok');
  expect(requests).toEqual(['connection 1', 'connection 1', 'connection 2']);
});

test('a fresh connection that resets is not tried again, nor is one that had begun to answer', async () => {
  let requests = 0;
  await using target = await listen(
    createTcpServer((socket) => {
      let served = 0;
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        requests += 1;
        served += 1;
        if (data.toString().startsWith('POST /reset')) socket.resetAndDestroy();
        else if (served === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
        else socket.write('HTTP/1.1 200', () => socket.resetAndDestroy());
      });
    }),
  );
  using send = openSend();
  await expect(send(post(`${target.url}reset`))).rejects.toBeInstanceOf(APIConnectionError);
  expect(requests).toBe(1);
  expect(await textOf(await send(post(target.url)))).toBe('ok');
  await expect(send(post(target.url))).rejects.toBeInstanceOf(APIConnectionError);
  expect(requests).toBe(3);
});

test('close drops the idle connections', async () => {
  await using target = await serve((_request, response) => response.end('ok'));
  using send = openSend();
  await textOf(await send(post(target.url)));
  const [socket] = [...target.sockets];
  const closed = once(socket!, 'close');
  send.close();
  await closed;
  expect(socket?.destroyed).toBe(true);
});

test('a change to another protocol, which nobody has asked for, is no answer', async () => {
  const server = createTcpServer((socket) =>
    socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
  );
  await using listening = await listen(server);
  using send = openSend();
  const stop = new AbortController();
  await expect(send(post(listening.url, stop.signal))).rejects.toThrow(APIConnectionError);
  expect(listeners(stop.signal)).toBe(0);
});
