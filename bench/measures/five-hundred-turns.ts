import { type Measure, median, type Task, timeOf } from './measure.ts';

const TURNS = 500;
const NEAR = 10;
const WARM_UP = 30;

/** A long conversation: what its 500th turn takes and sends, against its first ones in the same warm process. */
export const measure: Measure = {
  title: 'Turn 500 against turn 2',
  figures: {
    growth: { title: 'turn 500 against turn 2, time', unit: '×', gates: { 'colloquy-client': 1.2 } },
    second: { title: 'request of turn 2', unit: 'bytes' },
    last: { title: 'request of turn 500', unit: 'bytes' },
    cached: { title: 'input of turn 500 that is read from the prompt cache', unit: '%', absolute: true, more: true },
  },
  runs: 3,
  contestants: [
    'node-http',
    'raw-fetch',
    'anthropic-sdk',
    'pi-agent-core',
    'ai-sdk',
    'colloquy-client',
    'colloquy-durable',
  ],
  async run({ load, url, requests, count }) {
    const contestant = await load();
    const warming = await contestant.open({ url });
    for (let turn = 0; turn < count(WARM_UP); turn += 1) await warming.turn('@emit 20');
    await warming.close();
    const talk = await contestant.open({ url });
    const times: number[] = [];
    let second = 0;
    while (times.length < Math.max(NEAR, count(TURNS))) {
      times.push(await timeOf(() => talk.turn('@emit 20')));
      if (times.length === 2) second = (await newest(requests)).bytes;
    }
    const { bytes, usage } = await newest(requests);
    await talk.close();
    const growth = median(times.slice(-NEAR)) / median(times.slice(1, 1 + NEAR));
    const { input_tokens: fresh = 0, cache_creation_input_tokens: written = 0 } = usage ?? {};
    const read = usage?.cache_read_input_tokens ?? 0;
    return { growth, second, last: bytes, cached: (100 * read) / (fresh + written + read) };
  },
};

async function newest(requests: Task['requests']) {
  const last = (await requests()).at(-1);
  if (last === undefined) throw new Error('The emulator was asked nothing');
  return last;
}
