import type { IncomingMessage } from 'node:http';

/**
 * The body of a request. Beyond `maxBytes` it is read to its end but not kept, so that the client can read the refusal;
 * what is returned is then one byte longer than allowed. Beyond eight times as much the connection is given up.
 */
export async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes <= maxBytes) chunks.push(chunk);
    else chunks.length = 0;
    if (bytes > maxBytes * 8) incoming.destroy();
  }
  if (bytes > maxBytes) return new Uint8Array(maxBytes + 1);
  const [only] = chunks;
  return chunks.length === 1 && only ? only : Buffer.concat(chunks, bytes);
}
