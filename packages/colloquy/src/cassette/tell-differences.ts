import { isRecord } from '../helpers/is-record.ts';

const MAX_DIFFERENCES = 5;
const AROUND_CHARS = 40;

type Difference = { place: string; recorded: string; now: string };

/** What is different between two values of JSON, for people: the first few places, with both sides. */
export function tellDifferences(recorded: unknown, now: unknown): string {
  const found: Difference[] = [];
  collect(recorded, now, '', found);
  const told = found
    .slice(0, MAX_DIFFERENCES)
    .map(({ place, recorded: before, now: after }) => `  ${place}\n    recorded: ${before}\n    now:      ${after}`);
  if (found.length > MAX_DIFFERENCES) told.push(`  and ${found.length - MAX_DIFFERENCES} more`);
  return told.join('\n');
}

function collect(recorded: unknown, now: unknown, place: string, found: Difference[]): void {
  if (Object.is(recorded, now)) return;
  if (Array.isArray(recorded) && Array.isArray(now)) {
    const [before, after] = [byName(recorded), byName(now)];
    if (before !== undefined && after !== undefined) {
      for (const name of new Set([...before.keys(), ...after.keys()]))
        collect(before.get(name), after.get(name), `${place}[${name}]`, found);
      if (found.length > 0) return;
    }
    for (let index = 0; index < Math.max(recorded.length, now.length); index += 1)
      collect(recorded[index], now[index], `${place}[${index}]`, found);
    return;
  }
  if (isRecord(recorded) && isRecord(now)) {
    for (const name of new Set([...Object.keys(recorded), ...Object.keys(now)]))
      collect(recorded[name], now[name], place === '' ? name : `${place}.${name}`, found);
    return;
  }
  const from = firstDifference(recorded, now);
  found.push({
    place: place === '' ? 'the request' : place,
    recorded: excerpt(recorded, from),
    now: excerpt(now, from),
  });
}

/** Tools are known by their names: one that is new must not make all after it look different. */
function byName(items: readonly unknown[]): Map<string, unknown> | undefined {
  const named = new Map(
    items.flatMap((item) => (isRecord(item) && typeof item['name'] === 'string' ? [[item['name'], item]] : [])),
  );
  return items.length > 0 && named.size === items.length ? named : undefined;
}

function firstDifference(a: unknown, b: unknown): number {
  if (typeof a !== 'string' || typeof b !== 'string') return 0;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

/** What stands around the first character that is different. */
function excerpt(value: unknown, at: number): string {
  if (value === undefined) return '(nothing)';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const [from, to] = [Math.max(0, at - AROUND_CHARS), at + AROUND_CHARS * 2];
  return `${from > 0 ? '…' : ''}${JSON.stringify(text.slice(from, to))}${to < text.length ? '…' : ''}`;
}
