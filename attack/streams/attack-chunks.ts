import { isDeepStrictEqual } from 'node:util';
import { LONGEST_CHUNKS, randomChunks } from './random-values.ts';
import { randomStream } from './random-stream.ts';
import { Random } from './random.ts';
import { readStream } from './read-stream.ts';

/** Reads one valid stream in so many chunkings; what must never be is another message than the one that was sent. */
export async function attackChunks(seed: number, chunkings: number): Promise<string[]> {
  const random = new Random(seed);
  const { bytes, message } = randomStream(random);
  const findings: string[] = [];
  for (let chunking = 0; chunking < chunkings; chunking += 1) {
    const chunks = chunking === 0 ? [bytes] : randomChunks(random, bytes, LONGEST_CHUNKS);
    try {
      const read = await readStream(chunks);
      if (!isDeepStrictEqual(read, message))
        findings.push(`chunking ${chunking}: ${JSON.stringify(read)} instead of ${JSON.stringify(message)}`);
    } catch (error) {
      findings.push(`chunking ${chunking}: ${String(error)}`);
    }
  }
  return findings;
}
