// The emulator in a process of its own; prints its address, then one where its newest requests can be asked for, and serves until
// its standard input ends.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEmulator } from '@colloquy/emulator';

const emulator = createEmulator();
const listening = await emulator.listen();
console.log(listening.url);

const told = createServer((_, answer) => {
  const requests = emulator.requests
    .filter(({ path }) => path === '/v1/messages')
    .map(({ headers, body, usage }) => ({
      bytes: Number(headers['content-length'] ?? Buffer.byteLength(JSON.stringify(body))),
      usage,
    }));
  answer.end(JSON.stringify(requests));
});
told.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(told.address() as AddressInfo).port}`));
process.stdin.resume().on('end', () => void listening.close().then(() => process.exit(0)));
