import { toText } from './numbers.ts';

export type Bar = { label: string; value: number; kind: 'floor' | 'peer' | 'ours' };

const LABEL_WIDTH = 250;
const BARS_WIDTH = 430;
const VALUE_WIDTH = 80;
const ROW_HEIGHT = 26;
const BAR_HEIGHT = 16;
const TOP = 56;
const WIDTH = LABEL_WIDTH + BARS_WIDTH + VALUE_WIDTH;

/** Grey, blue and orange are told apart by whoever cannot see red or green, and in print. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 15px }
  .note, .value { fill: #59636e }
  .value { paint-order: stroke; stroke: #ffffff; stroke-width: 5px }
  .grid { stroke: #d1d9e0 }
  .gate { stroke: #1f2328; stroke-dasharray: 4 3 }
  .back { fill: #ffffff }
  .floor { fill: #8c959f }
  .peer { fill: #d4813a }
  .ours { fill: #2f6fd0 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .note, .value { fill: #9198a1 }
    .value { stroke: #0d1117 }
    .grid { stroke: #3d444d }
    .gate { stroke: #e6edf3 }
    .back { fill: #0d1117 }
    .floor { fill: #7d8590 }
    .peer { fill: #e09a5c }
    .ours { fill: #5a97f2 }
  }`;

/**
 * Bars from top to bottom as an SVG of its own, light or dark as its reader prefers. Where the longest is more than thirty times the
 * shortest, each line of the grid stands for ten times the one before. Pure.
 */
export function barPlot(o: { title: string; note: string; bars: readonly Bar[]; gate?: number | undefined }): string {
  const scale = scaleOf(o.bars.map(({ value }) => value));
  const height = TOP + o.bars.length * ROW_HEIGHT + 30;
  const bottom = height - 24;
  const x = (value: number): string => (LABEL_WIDTH + scale.place(value) * BARS_WIDTH).toFixed(1);
  const line = (value: number, name: string): string =>
    `<line class="${name}" x1="${x(value)}" x2="${x(value)}" y1="${TOP - 6}" y2="${bottom}"/>`;
  const ticks = scale.ticks.map(
    (tick) =>
      `${line(tick, 'grid')}<text class="note" x="${x(tick)}" y="${bottom + 16}" text-anchor="middle">${toShort(tick)}</text>`,
  );
  const bars = o.bars.map(({ label, value, kind }, index) => {
    const y = TOP + index * ROW_HEIGHT;
    const text = y + BAR_HEIGHT - 3;
    return [
      `<text x="${LABEL_WIDTH - 10}" y="${text}" text-anchor="end">${escape(label)}</text>`,
      `<rect class="${kind}" x="${LABEL_WIDTH}" y="${y}" width="${(Number(x(value)) - LABEL_WIDTH).toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>`,
      `<text class="value" x="${Number(x(value)) + 6}" y="${text}">${toText(value)}</text>`,
    ].join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escape(o.title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="back" width="${WIDTH}" height="${height}"/>`,
    `<text class="title" x="12" y="22">${escape(o.title)}</text>`,
    `<text class="note" x="12" y="40">${escape(o.note + scale.note)}</text>`,
    ...ticks,
    o.gate === undefined ? '' : line(o.gate, 'gate'),
    ...bars,
    '</svg>',
  ]
    .filter((part) => part !== '')
    .join('\n')
    .concat('\n');
}

type Scale = { place: (value: number) => number; ticks: number[]; note: string };

function scaleOf(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const [least, most] = [Math.min(...positive, 1), Math.max(...positive, 1)];
  return most / least > 30 ? byTens(least, most) : even(most);
}

function even(most: number): Scale {
  const step = [1, 2, 5].map((digit) => digit * 10 ** Math.floor(Math.log10(most / 2))).find((one) => most / one <= 6);
  const size = step ?? most / 4;
  const ticks = Array.from({ length: Math.floor(most / size) + 1 }, (_, index) => index * size);
  return { place: (value) => Math.max(0, value) / most, ticks, note: '' };
}

function byTens(least: number, most: number): Scale {
  const [low, high] = [Math.floor(Math.log10(least)), Math.log10(most)];
  const place = (value: number): number =>
    value <= 0 ? 0 : Math.min(1, Math.max(0, (Math.log10(value) - low) / (high - low)));
  const ticks = Array.from({ length: Math.floor(high) - low + 1 }, (_, index) => 10 ** (low + index));
  return { place, ticks, note: '; each line is ten times the one before' };
}

const toShort = (tick: number): string => Number(tick.toPrecision(2)).toLocaleString('en');

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('`', '');
