// script/attack streams: see attack/README.md.
import { cpus } from 'node:os';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { attackChunks } from './attack-chunks.ts';
import { type Attacked, attackTurn } from './attack-turn.ts';
import { FakeTime } from './fake-time.ts';

const SHOWN_FINDINGS = 20;
const PROGRESS_EVERY = 5_000;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '2000' },
    streams: { type: 'string', default: '50' },
    chunkings: { type: 'string', default: '50' },
    seed: { type: 'string', default: '0' },
    save: { type: 'boolean', default: false },
  },
});
const count = whole('count', values.count);
const streams = whole('streams', values.streams);
const chunkings = whole('chunkings', values.chunkings);
const seed = whole('seed', values.seed);

const stray: string[] = [];
process.on('unhandledRejection', (reason) => stray.push(`nobody handled: ${String(reason)}`));

const startedMs = performance.now();
const kinds = new Map<string, { attacks: number; taken: number; healed: number; toolRuns: number; findings: number }>();
let found = 0;

function report(where: string, findings: readonly string[]): void {
  const shown = findings.slice(0, Math.max(0, SHOWN_FINDINGS - found));
  for (const finding of shown) console.log(`${where}: ${finding.slice(0, 1_000)}`);
  found += findings.length;
}

for (let at = seed; at < seed + streams; at += 1) report(`stream ${at}`, await attackChunks(at, chunkings));
const chunkedMs = performance.now() - startedMs;
console.error(
  `${streams} streams in ${chunkings} chunkings each: ${found} findings, ${Math.round(chunkedMs / 1000)} s`,
);

const time = new FakeTime();
time.install();
for (let at = seed; at < seed + count; at += 1) {
  const attacked = await attackTurn(at, time);
  report(`seed ${at} (${attacked.kind}; ${attacked.mutated?.done.join(', ')})`, attacked.findings);
  tally(attacked);
  if ((at - seed + 1) % PROGRESS_EVERY === 0) console.error(`${at - seed + 1} of ${count}, ${found} findings`);
}
time.uninstall();
report('process', stray);

const result = summary();
console.log(result);
if (values.save) writeFileSync(new URL('RESULTS.md', import.meta.url), result);
if (found > 0) process.exitCode = 1;

function tally({ kind, taken, healed, toolRuns, findings }: Attacked): void {
  const row = kinds.get(kind) ?? { attacks: 0, taken: 0, healed: 0, toolRuns: 0, findings: 0 };
  row.attacks += 1;
  row.taken += taken ? 1 : 0;
  row.healed += healed > 0 ? 1 : 0;
  row.toolRuns += toolRuns;
  row.findings += findings.length;
  kinds.set(kind, row);
}

function summary(): string {
  const rows = [...kinds].toSorted(([a], [b]) => a.localeCompare(b));
  const total = (key: 'attacks' | 'taken' | 'healed' | 'toolRuns'): number =>
    rows.reduce((sum, [, row]) => sum + row[key], 0);
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  const [cpu] = cpus();
  return `# What came of it

- \`script/attack streams --count ${count} --streams ${streams} --chunkings ${chunkings} --save\`
- ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} × ${cpu?.model.trim()}, ${seconds} s.
- ${count} mutated answers (seeds ${seed} to ${seed + count - 1}), each in a session of two turns; ${streams} valid streams (the same
  seeds) in ${chunkings} chunkings each.
- **${found} findings.** ${total('taken')} mutated answers were taken as they were, ${total('toolRuns')} tool calls ran, and in ${total('healed')} sessions
  a request was refused for damage that nobody could see, and was taken when it was made again without it.

| The answer, before it was mutated | attacks | taken | mended after a refusal | tool calls run | findings |
| --- | --- | --- | --- | --- | --- |
${rows.map(([kind, row]) => `| ${[kind, ...Object.values(row)].join(' | ')} |`).join('\n')}
`;
}

function whole(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} takes a whole number`);
  return Number(text);
}
