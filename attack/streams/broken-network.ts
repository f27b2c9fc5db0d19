import type { HttpResponse, HttpSend } from '@colloquy/emulator';
import { mutate, type Mutated } from './mutate.ts';
import { randomChunks } from './random-values.ts';
import type { Random } from './random.ts';
import type { StreamOracle } from './stream-oracle.ts';

// Single bytes are the business of `attack-chunks.ts`; here they would take most of the time.
const CHUNKS = [7, 100, 1_000, 65_536];

/** Delivers what the emulator answers in random chunks, and one answer of them mutated. */
export class BrokenNetwork {
  /** The answer that was mutated, once it has been. */
  mutated: Mutated | undefined;
  /** What the emulator said to the newest request that it refused. */
  lastRefusal: string | undefined;
  readonly #send: HttpSend;
  readonly #o: { random: Random; target: number; oracle: StreamOracle };
  #answers = 0;

  /** `target` is the number, from 0, of the streamed answer to be mutated. */
  constructor(send: HttpSend, o: { random: Random; target: number; oracle: StreamOracle }) {
    this.#send = send;
    this.#o = o;
  }

  readonly send: HttpSend = async (request) => {
    const answer = await this.#send({ ...request, body: withSearch(request.body) });
    const body = await bytesOf(answer);
    if (answer.status !== 200) {
      this.lastRefusal = Buffer.from(body).toString('utf8');
      return this.#deliver(answer, body, false);
    }
    const isTarget = this.#answers === this.#o.target;
    this.#answers += 1;
    if (!isTarget) return this.#deliver(answer, body, false);
    this.mutated = mutate(body, this.#o.random);
    return this.#deliver(answer, this.mutated.bytes, this.mutated.breaks);
  };

  #deliver(answer: HttpResponse, bytes: Uint8Array, breaks: boolean): HttpResponse {
    this.#o.oracle.read(bytes);
    return { ...answer, body: chunksOf(randomChunks(this.#o.random, bytes, CHUNKS), breaks) };
  }
}

// Colloquy offers no tools of the API's own; a gateway might add them.
const SEARCH = '"tools":[{"type":"web_search_20250305","name":"web_search"},';

function withSearch(body: string | Uint8Array | undefined): string | Uint8Array | undefined {
  return typeof body === 'string' ? body.replace('"tools":[', SEARCH) : body;
}

/** The chunks one by one; a connection that breaks rejects after the last one. */
export async function* chunksOf(
  chunks: readonly Uint8Array[],
  breaks: boolean,
): AsyncGenerator<Uint8Array, void, void> {
  for (const chunk of chunks) yield chunk;
  if (breaks) throw Object.assign(new Error('The connection broke'), { code: 'ECONNRESET' });
}

async function bytesOf(answer: HttpResponse): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
