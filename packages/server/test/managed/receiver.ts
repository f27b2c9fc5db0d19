import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';

export type Received = { path: string; headers: Record<string, string>; body: string };

export type Receiver = {
  url: string;
  received: Received[];
  /** What it answers from now on; undefined: nothing at all. */
  answer: (path: string) => { status: number; headers?: Record<string, string> } | undefined;
  /** The names of the events that came, in their order. */
  types(): string[];
  /** Waits until so many have come. */
  until(count: number): Promise<Received[]>;
};

/** Somebody whom webhooks are sent to. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const receiver: Receiver = {
    url: '',
    received,
    answer: () => ({ status: 204 }),
    types: () => received.map(({ body }) => typeOf(body)),
    async until(count) {
      await expect.poll(() => received.length, { timeout: 4_000, interval: 10 }).toBeGreaterThanOrEqual(count);
      return received;
    },
  };
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const path = request.url ?? '';
      received.push({ path, headers: plain(request.headers), body: Buffer.concat(pieces).toString() });
      const answer = receiver.answer(path);
      if (answer !== undefined) response.writeHead(answer.status, answer.headers).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // A server that listens on a port.
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return receiver;
}

export function typeOf(body: string): string {
  return (JSON.parse(body) as { data: { type: string } }).data.type;
}

function plain(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
