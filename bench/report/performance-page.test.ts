import { expect, test } from 'vitest';
import { performancePage } from './performance-page.ts';
import { barPlot } from './plot.ts';
import { type Results, rowsOf } from './rows.ts';

test('the page has a table and a plot of what was measured, and says who was left out', () => {
  const figure = { title: 'warm turn, p50', unit: 'ms', gates: { 'colloquy-client': 1.5 } } as const;
  const values = new Map([
    ['raw-fetch', { kind: 'floor', values: [2] }],
    ['colloquy-client', { kind: 'ours', values: [3.4] }],
  ] as const);
  const results: Results = {
    at: '2026-11-20T12:00:00.000Z',
    command: 'script/bench --write',
    minutes: 12,
    machine: { node: 'v24', cpu: 'a processor', cores: 2, memoryGb: 24, system: 'Linux 6' },
    contestants: { 'colloquy-client': { title: 'Colloquy', kind: 'ours', version: 'colloquy 1' } },
    leftOut: [{ contestant: 'opencode', reason: 'it is not there' }],
    rows: rowsOf({ measure: 'warm-turn', figure: 'turn' }, figure, values),
  };
  const files = performancePage(results);
  expect([...files.keys()]).toEqual(['performance/warm-turn.svg', 'performance.md']);
  const page = files.get('performance.md') ?? '';
  expect(page).toContain('script/bench --write');
  expect(page).toContain('0 of 1 gates are met');
  expect(page).toContain('- opencode: it is not there');
  expect(page).toContain('| Colloquy | 3.40 | 3.40 | 3.40 | ×1.70 |  | ×1.5 **not met**: ×1.70 |  |');
});

test('a plot of very different values goes by tens; titles may hold anything', () => {
  const bars = [
    { label: 'a & b', value: 1, kind: 'ours' },
    { label: '<c>', value: 1_000, kind: 'peer' },
  ] as const;
  const svg = barPlot({ title: 'Quick & slow', note: 'ms', bars, gate: 1.5 });
  expect(svg).toContain('a &amp; b');
  expect(svg).toContain('&lt;c&gt;');
  expect([...svg.matchAll(/class="grid"/g)]).toHaveLength(4);
  expect(svg).not.toContain('NaN');
});
