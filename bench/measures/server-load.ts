import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Measure } from './measure.ts';

const ours = (limit: number) => ({ 'colloquy-server': limit });

/** The server alone, under load: see ../server/run.ts. */
export const measure: Measure = {
  title: 'The server under load',
  figures: {
    created: { title: 'server: sessions created', unit: '/s', absolute: true, more: true },
    accepted: {
      title: 'server: prompts accepted durably',
      unit: '/s',
      absolute: true,
      more: true,
      gates: ours(1_000),
    },
    frames: { title: 'server: frames sent to 1,000 viewers of 200 turns', unit: '/s', absolute: true, more: true },
    lagP99: { title: 'server: their lag, p99', unit: 'ms', absolute: true, gates: ours(100) },
    stall: { title: 'server: longest stall of its event loop', unit: 'ms', absolute: true, gates: ours(20) },
    peak: { title: 'server: its memory at the peak', unit: 'MB', absolute: true, gates: ours(600) },
  },
  runs: 2,
  contestants: ['colloquy-server'],
  async run({ count }) {
    const script = join(import.meta.dirname, '../server/run.ts');
    const args = [
      ...process.execArgv,
      script,
      '--json',
      '--seconds',
      String(count(5)),
      '--prompts',
      String(count(5_000)),
    ];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, number>;
  },
};
