import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';
import type { WebFetchOptions } from 'colloquy';

/** What a URL answers; a function may do anything. Default: 200, a short page. */
export type FakePage =
  | {
      status?: number;
      location?: string;
      headers?: Record<string, string>;
      body?: string | Uint8Array;
    }
  | ((request: IncomingMessage, response: ServerResponse) => void);

/** A web of names, addresses and pages that exist nowhere else: no address is ever contacted. */
export type FakeWeb = {
  resolve: NonNullable<WebFetchOptions['resolve']>;
  connect: NonNullable<WebFetchOptions['connect']>;
  /** The addresses that connections were made to, in order. */
  connected: string[];
  /** How many connections are still held. */
  open: () => number;
  requests: { url: string; headers: IncomingMessage['headers'] }[];
  lookups: string[];
};

/** `dns` gives fixed answers, `dnsSequence` one for each look-up, the last of them for ever. */
export function fakeWeb(o: {
  dns?: Record<string, string[]>;
  dnsSequence?: Record<string, string[][]>;
  pages?: Record<string, FakePage>;
}): FakeWeb {
  const sequences = new Map(Object.entries(o.dnsSequence ?? {}).map(([name, answers]) => [name, [...answers]]));
  const connections: Duplex[] = [];
  const web: FakeWeb = {
    connected: [],
    open: () => connections.filter(({ destroyed }) => !destroyed).length,
    requests: [],
    lookups: [],
    resolve(hostname) {
      web.lookups.push(hostname);
      const sequence = sequences.get(hostname);
      if (sequence !== undefined) return (sequence.length > 1 ? sequence.shift() : sequence[0]) ?? [];
      if (hostname === 'localhost' || hostname.endsWith('.localhost')) return ['127.0.0.1', '::1'];
      const found = o.dns?.[hostname];
      if (found === undefined) throw new Error(`getaddrinfo ENOTFOUND ${hostname}`);
      return found;
    },
    connect({ address, port, secure }) {
      web.connected.push(address);
      const [client, server] = duplexPair();
      connections.push(client);
      const http = createServer((request, response) => {
        const scheme = secure ? 'https' : 'http';
        const url = `${scheme}://${request.headers.host ?? `${address}:${port}`}${request.url ?? '/'}`;
        web.requests.push({ url, headers: request.headers });
        answer(o.pages?.[url], request, response);
      });
      http.emit('connection', server);
      return client;
    },
  };
  return web;
}

function answer(page: FakePage | undefined, request: IncomingMessage, response: ServerResponse): void {
  if (typeof page === 'function') return page(request, response);
  const { status = 200, location, headers, body = '<p>A page.</p>' } = page ?? {};
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    ...(location === undefined ? {} : { location }),
    ...headers,
  });
  response.end(body);
}
