import { createMessagesClient, MessageAccumulator } from 'colloquy/internal';
import { chunksOf } from './broken-network.ts';

const ENDPOINT = {
  baseUrl: 'http://stream.invalid',
  credential: undefined,
  apiVersion: '2026-10-21',
  betas: [] as string[],
} as const;

/** The message that Colloquy's client makes of a body that comes in these chunks. */
export async function readStream(chunks: readonly Uint8Array[]): Promise<unknown> {
  const client = createMessagesClient({
    endpoint: { ...ENDPOINT, betas: [] },
    send: () =>
      Promise.resolve({ status: 200, headers: { 'content-type': 'text/event-stream' }, body: chunksOf(chunks, false) }),
  });
  const answer = new MessageAccumulator();
  const { events } = await client.stream('{}');
  for await (const batch of events) for (const event of batch) answer.add(event);
  return answer.message();
}
