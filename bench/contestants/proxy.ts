// A reverse proxy that does nothing but pass bytes on: `node proxy.ts URL`. Prints its address, and ends with its standard input.
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

const target = process.argv[2] ?? '';
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
const server = createServer((asked, answer) => {
  const { host: _, ...headers } = asked.headers;
  const passed = request(target + asked.url, { method: asked.method ?? 'GET', headers, agent }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(answer);
  });
  passed.on('error', () => answer.destroy());
  asked.pipe(passed);
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
process.stdin.resume().on('end', () => process.exit(0));
