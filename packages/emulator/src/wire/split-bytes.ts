import type { StreamFault } from '../replies/reply.ts';

const DEFAULT_MAX_BYTES = 1024;

/** How the faults cut the chunks of a body into pieces; undefined when they do not. */
export function splitterOf(faults: readonly StreamFault[]): ((bytes: Uint8Array) => Uint8Array[]) | undefined {
  const chunks = faults.find((fault) => fault.type === 'chunks');
  if (chunks !== undefined) return randomChunks(chunks.maxBytes ?? DEFAULT_MAX_BYTES, chunks.seed ?? 0);
  return faults.some(({ type }) => type === 'split_characters') ? splitCharactersOf : undefined;
}

/** Cuts bytes after the first byte of each character that has several; joined they are what they were. */
function splitCharactersOf(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const [at, byte] of bytes.entries()) {
    if (byte < 0xc0) continue;
    pieces.push(bytes.subarray(from, at + 1));
    from = at + 1;
  }
  return [...pieces, bytes.subarray(from)];
}

function randomChunks(maxBytes: number, seed: number): (bytes: Uint8Array) => Uint8Array[] {
  const random = randomOf(seed);
  return (bytes) => {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = 1 + Math.floor(random() * maxBytes);
      pieces.push(bytes.subarray(at, at + length));
      at += length;
    }
    return pieces;
  };
}

/** Numbers from 0 to below 1 that depend on the seed alone (the generator known as mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
