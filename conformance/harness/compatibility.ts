import { TABLES } from '../rows/all-rows.ts';
import { type Difference, REASONS } from './differences.ts';
import type { Judged, Verdict } from './judge.ts';
import type { OurColumn } from './program.ts';
import { GATES, share, tally } from './tally.ts';

const WORDS: Record<Verdict, string> = {
  equal: 'equal',
  listed: 'differs',
  differs: 'differs',
  stale: 'equal',
  later: 'later',
  missing: 'not shown',
  none: '-',
};

/** The text of docs/compatibility.md for this run. */
export function compatibilityText(judged: readonly Judged[], list: readonly Difference[]): string {
  const all = tally(judged);
  const tables = TABLES.map(({ letter, title, rows }) => {
    const of = judged.filter(({ row }) => rows.includes(row));
    const { cli, api, apiBuilt } = tally(of);
    return [
      `## (${letter}) ${title}`,
      '',
      `cli ${share(cli)} · api ${share(api)}, of the built ${share(apiBuilt)}`,
      '',
      '| row | what | cli | api |',
      '|---|---|---|---|',
      ...of.map(
        ({ row, cli: c, api: a }) =>
          `| ${row.id} | ${row.what.replaceAll('|', '\\|')} | ${cell(row.id, 'cli', c, list)} | ${cell(row.id, 'api', a, list)} |`,
      ),
      '',
    ].join('\n');
  });
  return [...head(all), ...reasons(list), ...tables].join('\n');
}

function cell(id: string, column: OurColumn, verdict: Verdict, list: readonly Difference[]): string {
  const known = list.find((difference) => difference.id === id && difference.column === column);
  if (known === undefined || verdict === 'equal') return WORDS[verdict];
  if (known.reason === 'later') return 'later';
  return known.note === undefined ? `differs: ${known.reason}` : `differs: ${known.reason} (${known.note})`;
}

const head = ({ cli, api, apiBuilt }: ReturnType<typeof tally>): string[] => [
  '# Compatibility with the official Agent SDK',
  '',
  '`script/conformance --write` makes this page; do not edit it. Each row is a behaviour of the official TypeScript SDK. A program shows it',
  'with the official SDK and its own Claude Code, with our `cli` engine and the same Claude Code, and with our `api` engine, on the same',
  'model (the emulator). `equal`: what a user sees is the same, apart from ids, times, places and costs. `differs`: it is not, for the',
  'reason given. `later`: the feature is not built yet. `not shown`: no program shows it so far, which counts as not equal.',
  '',
  `| | equal | of all rows | gate |`,
  '|---|---|---|---|',
  `| cli engine | ${share(cli)} | ${cli.of} | ${GATES.cli * 100} % |`,
  `| api engine, rows whose feature is built | ${share(apiBuilt)} | ${apiBuilt.of} | ${GATES.apiBuilt * 100} % |`,
  `| api engine, all rows that it could have | ${share(api)} | ${api.of} | |`,
  '',
];

function reasons(list: readonly Difference[]): string[] {
  const used = Object.entries(REASONS).filter(([reason]) => list.some((difference) => difference.reason === reason));
  if (used.length === 0) return [];
  return ['Reasons:', '', ...used.map(([reason, meaning]) => `- **${reason}**: ${meaning}`), ''];
}
