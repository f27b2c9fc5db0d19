import type { IncomingMessage, Server, ServerOptions } from 'node:http';
import type { Duplex } from 'node:stream';

/** How long a socket that was refused may take to read why. */
const REFUSED_FOR_MS = 1_000;

/** For the server's making: who offers another protocol than WebSocket, which HTTP lets a server pass over, is answered as ever. */
export const UPGRADE_OPTIONS: Pick<ServerOptions, 'shouldUpgradeCallback'> = { shouldUpgradeCallback: isWebSocket };

/**
 * Minds the sockets that have left HTTP behind, which the server itself counts and ends no longer. To be called once everybody else
 * listens who accepts upgrades.
 * @returns ends those that are open
 */
export function mindUpgrades(server: Server, isAccepted: (socket: Duplex) => boolean): () => void {
  const open = new Set<Duplex>();
  // Listeners of this event are called with these, whoever added them. One listener stays: the adaptor answers only where it is alone.
  const accept = server.listeners('upgrade') as ((request: IncomingMessage, socket: Duplex, head: Buffer) => void)[];
  server.removeAllListeners('upgrade');
  server.on('upgrade', (request, socket, head) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
    socket.once('finish', () => {
      if (isAccepted(socket)) return;
      // What it says besides is nobody's to read; left lying, it would keep the socket open for ever.
      socket.resume();
      setTimeout(() => socket.destroy(), REFUSED_FOR_MS).unref();
    });
    if (!isWebSocket(request) || !URL.canParse(`http://${request.headers.host ?? ''}`)) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    for (const listener of accept) listener.call(server, request, socket, head);
  });
  return () => {
    for (const socket of open) socket.destroy();
  };
}

function isWebSocket({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}
