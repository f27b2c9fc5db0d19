// Answers every request with a canned stream as soon as it is whole, in a process of its own; prints its address. `GET` tells of the
// newest request when it was whole, in milliseconds since 1970, and how many messages it has. Ends with its standard input.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cannedAnswer } from './canned-send.ts';

/** What `GET` tells. */
export type Arrived = { atMs: number; messages: number };

const answer = Buffer.concat(cannedAnswer(20, 1));
let newest = { atMs: 0, body: '{"messages":[]}' };
const server = createServer((request, response) => {
  if (request.method === 'GET') return tell(response);
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    newest = { atMs: performance.timeOrigin + performance.now(), body: Buffer.concat(chunks).toString() };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(answer);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
process.stdin.resume().on('end', () => process.exit(0));

function tell(response: ServerResponse): void {
  const { messages } = JSON.parse(newest.body) as { messages: unknown[] };
  response.end(JSON.stringify({ atMs: newest.atMs, messages: messages.length } satisfies Arrived));
}
