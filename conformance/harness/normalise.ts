/** Texts of one place that another run has elsewhere, with what stands for them; longer ones first. */
export type Places = readonly (readonly [text: string, placeholder: string])[];

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const API_ID = /\b(toolu|msg|req|srvtoolu)_[0-9A-Za-z]{6,}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
/** Fields of numbers that depend on the clock, the machine or the length of prompts, which are each engine's own. */
const VARYING =
  /(?:_ms|Ms|_seconds|Seconds|_time|Time|mtime|USD|usd|tokens|Tokens|_bytes|Size|lastModified|createdAt|time_origin)$/i;
const VERSIONS = new Set(['claude_code_version', 'version']);

/**
 * Makes what two runs have seen comparable: ids become numbers in order of appearance, so that equal ids stay equal; times, durations,
 * costs and counts of tokens become one word; places become names.
 */
export function normalise(value: unknown, places: Places): unknown {
  const ids = new Map<string, string>();
  const counts = new Map<string, number>();
  const name = (kind: string, id: string): string => {
    const known = ids.get(id);
    if (known !== undefined) return known;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    ids.set(id, `<${kind} ${count}>`);
    return `<${kind} ${count}>`;
  };
  const text = (given: string): string =>
    places
      .reduce((so, [place, placeholder]) => so.replaceAll(place, placeholder), given)
      .replaceAll(UUID, (id) => name('uuid', id.toLowerCase()))
      .replaceAll(API_ID, (id, kind: string) => name(kind, id))
      .replaceAll(TIME, '<time>');
  const walk = (node: unknown, key: string): unknown => {
    if (typeof node === 'string') return VERSIONS.has(key) ? '<version>' : text(node);
    if (typeof node === 'number') return VARYING.test(key) ? '<number>' : node;
    if (Array.isArray(node)) return node.map((item) => walk(item, key));
    if (node === null || typeof node !== 'object') return node;
    return Object.fromEntries(
      Object.entries(node)
        .filter(([, item]) => item !== undefined && typeof item !== 'function')
        .map(([name_, item]) => [text(name_), walk(item, name_)]),
    );
  };
  return walk(value, '');
}

/** The value as text that is equal for equal values: keys in order. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, node: unknown) => (isPlain(node) ? sorted(node) : node), 1) ?? 'undefined';
}

const isPlain = (node: unknown): node is Record<string, unknown> =>
  typeof node === 'object' && node !== null && !Array.isArray(node);
const sorted = (node: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(node).toSorted(([a], [b]) => (a < b ? -1 : 1)));
