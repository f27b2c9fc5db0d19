// Prints how many bytes are allocated for a delta, on its way from the network's chunk to the program: by us, and by hand. Wants
// `--expose-gc` and a young generation that nothing of it leaves.
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { ClaudeSDKClient } from 'colloquy';
import { cannedSend } from '../canned-send.ts';
import { openByHand } from '../contestants/by-hand.ts';
import { KEY, MODEL } from '../contestants/contestant.ts';

const DELTAS = 8_000;
let [lastCollectedMs, told] = [0, 0];
const onDelta = (): void => void (told += 1);
new PerformanceObserver((list) => (lastCollectedMs = list.getEntries().at(-1)?.startTime ?? 0)).observe({
  entryTypes: ['gc'],
});

const send = cannedSend(DELTAS);
const env = { ANTHROPIC_API_KEY: KEY };
await using client = new ClaudeSDKClient({
  model: MODEL,
  tools: [],
  persistSession: false,
  includePartialMessages: true,
  env,
  send,
});
const ours = await allocated(async () => {
  await client.query('Hi');
  for await (const message of client.receiveResponse())
    if (message.type === 'stream_event' && message.event.type === 'content_block_delta') onDelta();
});
const byHand = await allocated(async () => {
  const exchange = async (url: string, body: string, onChunk: (chunk: Uint8Array) => void): Promise<void> => {
    const answer = await send({ method: 'POST', url, headers: {}, body });
    for await (const chunk of answer.body) onChunk(chunk);
  };
  const talk = await openByHand(exchange, { url: '', onDelta });
  await talk.turn('Hi');
});
console.log(JSON.stringify({ ours, byHand, told: told / (DELTAS * 2 * 4) }));
process.exit(0);

/** Of a fourth time, when what is compiled is compiled. */
async function allocated(work: () => Promise<void>): Promise<number> {
  for (let warm = 0; warm < 3; warm += 1) await work();
  globalThis.gc?.();
  const [begunMs, before] = [performance.now(), process.memoryUsage().heapUsed];
  await work();
  const { heapUsed } = process.memoryUsage();
  // Collections are told a little later.
  await delay(50);
  if (lastCollectedMs >= begunMs) throw new Error('The heap was collected meanwhile: the figure would be too low');
  return (heapUsed - before) / DELTAS;
}
