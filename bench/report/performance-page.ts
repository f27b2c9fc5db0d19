import type { ContestantName } from '../contestants/roster.ts';
import { judgedText, signOf, toText } from './numbers.ts';
import { barPlot } from './plot.ts';
import type { Results, Row } from './rows.ts';

/** What is drawn: a figure, in ratios to raw fetch or as it is. */
const PLOTS = [
  { file: 'cold-start', measure: 'cold-start', figure: 'first' },
  { file: 'warm-session', measure: 'warm-session', figure: 'first' },
  { file: 'warm-turn', measure: 'warm-turn', figure: 'turn' },
  { file: 'many-deltas', measure: 'many-deltas', figure: 'turn' },
  { file: 'paced-streams', measure: 'paced-streams', figure: 'cpu' },
  { file: 'tool-calls', measure: 'tool-calls', figure: 'turn' },
  { file: 'late-turns', measure: 'late-turns', figure: 'turn' },
  { file: 'idle-session', measure: 'idle-sessions', figure: 'further' },
  { file: 'streaming-session', measure: 'streaming-sessions', figure: 'further' },
  { file: 'installed-size', measure: 'installed-size', figure: 'size' },
] as const;

/** The page and its plots, by path below `docs/`. Pure. */
export function performancePage(results: Results): Map<string, string> {
  const files = new Map<string, string>();
  const drawn: string[] = [];
  for (const { file, measure, figure } of PLOTS) {
    const rows = results.rows.filter((row) => row.measure === measure && row.figure === figure);
    const plot = plotOf(rows, results);
    if (plot === undefined) continue;
    files.set(`performance/${file}.svg`, plot.svg);
    drawn.push(`![${plot.title}](performance/${file}.svg)`);
  }
  return files.set('performance.md', `${[...head(results), ...drawn, ...tables(results)].join('\n\n')}\n`);
}

function head({ at, machine, minutes, command, contestants, leftOut, rows }: Results): string[] {
  const { cores, cpu, memoryGb, node, system } = machine;
  const gated = rows.filter(({ isMet }) => isMet !== undefined);
  const aimed = rows.filter(({ isAimMet }) => isAimMet !== undefined);
  const met = gated.filter(({ isMet }) => isMet === true).length;
  const reached = aimed.filter(({ isAimMet }) => isAimMet === true).length;
  const versions = Object.values(contestants).map(({ title, version }) => `| ${title} | ${version} |`);
  const left = leftOut.map(
    ({ contestant, measure, reason }) =>
      `- ${contestant}${measure === undefined ? '' : `, ${measure}`}: ${reason.replaceAll(/\s+/g, ' ')}`,
  );
  return [
    '# Performance',
    'Colloquy beside raw `fetch`, `node:http` by hand, and other SDKs, in one run, against one emulator in a process of its own. Each run of a measure has a fresh process; the contestants take turns. Ratios decide, absolute figures only illustrate.',
    `    script/bench --setup\n    ${command}`,
    `${at.slice(0, 10)}, ${cores} × ${cpu}, ${memoryGb} GB, ${system}, Node ${node}; ${minutes} minutes. ${met} of ${gated.length} gates are met, and ${reached} of ${aimed.length} aims. This page is made from [bench/results.json](../bench/results.json) by \`script/bench --page\`; how it is measured: [bench/README.md](../bench/README.md).`,
    ['| contestant | version |', '|---|---|', ...versions].join('\n'),
    ...(left.length === 0 ? [] : [`Left out:\n\n${left.join('\n')}`]),
  ];
}

function plotOf(rows: readonly Row[], results: Results): { title: string; svg: string } | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const isRatio = first.absolute !== true;
  const bars = rows.flatMap(({ contestant, kind, median, toFloor }) => {
    const value = isRatio ? toFloor : median;
    return value === undefined ? [] : [{ label: titleOf(results, contestant), value, kind }];
  });
  const title = first.title.charAt(0).toUpperCase() + first.title.slice(1);
  const note = isRatio ? 'times raw fetch; shorter is better' : `${first.unit}; shorter is better`;
  const gates = rows.flatMap(({ gate }) => gate ?? []);
  const gate = gates.length === 0 ? undefined : Math.min(...gates);
  return { title, svg: barPlot({ title, note: gate === undefined ? note : `${note}; dashed: our gate`, bars, gate }) };
}

function titleOf({ contestants }: Results, contestant: ContestantName): string {
  return contestants[contestant]?.title ?? contestant;
}

function tables(results: Results): string[] {
  const keys = [...new Set(results.rows.map(({ measure, figure }) => `${measure} ${figure}`))];
  return keys.flatMap((key) => {
    const rows = results.rows.filter(({ measure, figure }) => `${measure} ${figure}` === key);
    const [first] = rows;
    if (first === undefined) return [];
    const lines = rows.map((row) => `| ${[titleOf(results, row.contestant), ...cells(row)].join(' | ')} |`);
    const direction = first.more === true ? ', more is better' : '';
    return [
      `## ${first.title.charAt(0).toUpperCase()}${first.title.slice(1)} (${first.unit}${direction})`,
      [
        '| | min | median | max | to raw fetch | to the best peer | gate | aim |',
        '|---|--:|--:|--:|--:|--:|---|---|',
        ...lines,
      ].join('\n'),
    ];
  });
}

function cells(row: Row): string[] {
  const { min, median, max, toFloor, toBestPeer, gate, isMet, aim, isAimMet } = row;
  const sign = signOf(row);
  const verdict = (limit: number | undefined, isKept: boolean | undefined): string =>
    limit === undefined ? '' : `${sign}${limit} ${isKept === true ? 'met' : `**not met**: ${judgedText(row)}`}`;
  return [
    ...[min, median, max].map(toText),
    `×${toText(toFloor)}`,
    `×${toText(toBestPeer)}`,
    verdict(gate, isMet),
    verdict(aim, isAimMet),
  ].map((cell) => (cell === '×–' ? '' : cell));
}
