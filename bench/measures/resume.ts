import { join } from 'node:path';
import type { Arrived } from '../canned-server.ts';
import { CANNED_ANSWER } from '../canned-send.ts';
import { startProcess } from '../contestants/start-process.ts';
import { type Measure, median, sample } from './measure.ts';

const MESSAGES = 5_000;

/** A session of 5,000 messages is taken up from the disk: until its next request has arrived, and until its first delta. */
export const measure: Measure = {
  title: 'Resume of a session of 5,000 messages',
  figures: {
    request: {
      title: 'resume of 5,000 messages: until the next request has arrived',
      unit: 'ms',
      absolute: true,
      gates: { 'colloquy-durable': 100 },
    },
    first: { title: 'resume of 5,000 messages: until the first delta', unit: 'ms', absolute: true },
  },
  runs: 2,
  contestants: [
    'node-http',
    'raw-fetch',
    'anthropic-sdk',
    'pi-agent-core',
    'ai-sdk',
    'langgraph',
    'agent-sdk',
    'colloquy-durable',
  ],
  async run({ load, count }) {
    const contestant = await load();
    const said = Array.from({ length: count(MESSAGES / 2) }, (_, turn) => ({
      prompt: `Prompt ${turn}: ${'some words of a person, '.repeat(5)}`,
      answer: CANNED_ANSWER,
    }));
    const kept = await contestant.keep?.(said);
    if (kept === undefined) throw new Error('It keeps no conversations');
    // Not the emulator: it reads the whole request before it answers, which would be half of what is measured.
    const server = await startProcess(process.execPath, [join(import.meta.dirname, '../canned-server.ts')]);
    const url = await server.line(/^http/);
    const requests: number[] = [];
    const firsts = await sample({ warmUp: 2, count: 5, mostMs: 10_000 }, async () => {
      let firstMs = 0;
      const startedMs = performance.now();
      const talk = await contestant.open({ url, kept, onDelta: () => (firstMs ||= performance.now()) });
      await talk.turn('And now?');
      await talk.close();
      const { atMs, messages } = (await (await fetch(url)).json()) as Arrived;
      if (messages <= said.length * 2) throw new Error(`Only ${messages} messages were sent`);
      requests.push(atMs - performance.timeOrigin - startedMs);
      return firstMs - startedMs;
    });
    return { request: median(requests.slice(-firsts.length)), first: median(firsts) };
  },
};
