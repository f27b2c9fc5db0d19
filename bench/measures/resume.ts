import { ClaudeSDKClient, type Options } from 'colloquy';
import { cannedSend } from '../canned-send.ts';
import { KEY, MODEL } from '../contestants/contestant.ts';
import { type Measure, median, sample } from './measure.ts';

const MESSAGES = 5_000;

/** A session of 5,000 messages is taken up from the disk: until its next request is on its way, and until its first delta. */
export const measure: Measure = {
  title: 'Resume of a session of 5,000 messages',
  figures: {
    request: {
      title: 'resume of 5,000 messages: until the next request is sent',
      unit: 'ms',
      absolute: true,
      gates: { 'colloquy-durable': 100 },
    },
    first: { title: 'resume of 5,000 messages: until the first delta', unit: 'ms', absolute: true },
  },
  runs: 2,
  contestants: ['colloquy-durable'],
  async run({ count }) {
    const id = await makeSession(count(MESSAGES));
    const requests: number[] = [];
    const firsts = await sample({ warmUp: 2, count: 5, mostMs: 10_000 }, async () => {
      const startedMs = performance.now();
      let sentMs = 0;
      const send = cannedSend(20, () => (sentMs = performance.now()));
      await using client = new ClaudeSDKClient(optionsFor({ send, resume: id, includePartialMessages: true }));
      await client.connect();
      await client.query('And now?');
      let firstMs = 0;
      for await (const { type } of client.receiveResponse()) if (type === 'stream_event') firstMs ||= performance.now();
      requests.push(sentMs - startedMs);
      return firstMs - startedMs;
    });
    return { request: median(requests.slice(-firsts.length)), first: median(firsts) };
  },
};

async function makeSession(messages: number): Promise<string> {
  await using client = new ClaudeSDKClient(optionsFor({ send: cannedSend(3) }));
  await client.connect();
  let id = '';
  for (let turn = 0; turn < messages / 2; turn += 1) {
    await client.query(`Prompt ${turn}: ${'some words of a person, '.repeat(5)}`);
    for await (const message of client.receiveResponse()) id = message.session_id ?? id;
  }
  return id;
}

function optionsFor(more: Options): Options {
  return { model: MODEL, tools: [], persistSession: true, env: { ANTHROPIC_API_KEY: KEY }, ...more };
}
