import { type Measure, median } from './measure.ts';

/** A turn with twenty calls of a tool in the process, one after another: twenty-one requests. */
export const measure: Measure = {
  title: '20 calls of an in-process tool',
  unit: 'ms',
  runs: 10,
  gates: { 'colloquy-client': 1.5 },
  env: { BENCH_TOOL: '1' },
  async run(load, url) {
    const contestant = await load();
    const times: number[] = [];
    for (let run = 0; run < 12; run += 1) {
      const talk = await contestant.open({ url });
      const started = performance.now();
      await talk.turn(`@calls 20 ${process.env['BENCH_TOOL_NAME'] ?? 'add'} {"a":1,"b":2}`);
      times.push(performance.now() - started);
      await talk.close();
    }
    return median(times.slice(4));
  },
};
