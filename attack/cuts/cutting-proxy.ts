import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Between a client and a server: each connection breaks after as many bytes of the server's answers as it is told, in the middle of anything. */
export type CuttingProxy = AsyncDisposable & {
  url: string;
  /** Connections that were cut. */
  readonly cuts: number;
};

/** @param port the server's, once somebody connects. @param nextBudget the bytes that the next connection lets through; undefined: it is left whole. */
export async function openCuttingProxy(
  port: () => number,
  nextBudget: (cuts: number) => number | undefined,
): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(port(), '127.0.0.1');
    let left = nextBudget(cuts);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
      // Either side may go at any time; that is what this is for.
      socket.on('error', () => undefined);
    }
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      if (left === undefined || chunk.length < left) {
        if (left !== undefined) left -= chunk.length;
        if (!client.write(chunk)) {
          upstream.pause();
          client.once('drain', () => upstream.resume());
        }
        return;
      }
      cuts += 1;
      upstream.destroy();
      // What was let through arrives before the connection is gone.
      client.end(chunk.subarray(0, left));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy listens on no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    get cuts() {
      return cuts;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
