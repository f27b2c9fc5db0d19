import { lookup } from 'node:dns/promises';
import { connect as connectPlain } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectSecure } from 'node:tls';
import type { WebConnection } from '../../options/web-fetch.ts';

/** All addresses of a name, in the order of the system. */
export async function resolveHost(hostname: string): Promise<string[]> {
  const found = await lookup(hostname, { all: true, order: 'verbatim' });
  return found.map(({ address }) => address);
}

/**
 * Opens a connection to the address that was checked: no name is looked up any more. With TLS, the certificate must be for the name.
 * Proxies of the environment play no part.
 */
export function openConnection({ address, port, hostname, secure, signal }: WebConnection): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = secure
      ? connectSecure({ host: address, port, servername: serverName(hostname, address), ALPNProtocols: ['http/1.1'] })
      : connectPlain({ host: address, port });
    const onAbort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    const settle = (): void => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      settle();
      resolve(socket);
    });
    // Stays: what breaks later is told to whoever reads.
    socket.on('error', (error) => {
      settle();
      reject(error);
    });
  });
}

/** TLS names hosts only. Against an address, the certificate is checked by the address that it is for. */
function serverName(hostname: string, address: string): string {
  return hostname === address ? '' : hostname;
}
