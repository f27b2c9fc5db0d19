import { isRecord } from '../request/messages-request.ts';

/**
 * Where `actual` lacks what `expected` has, as `path is …, not …`; undefined when nothing is lacking. Objects may hold more
 * than expected, lists are compared element by element.
 */
export function differenceIn(actual: unknown, expected: unknown, path: string): string | undefined {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return different(actual, expected, path);
    if (actual.length !== expected.length) return `${path} has ${actual.length} elements, not ${expected.length}`;
    return first(expected.map((item, index) => () => differenceIn(actual[index], item, `${path}[${index}]`)));
  }
  if (isRecord(expected)) {
    if (!isRecord(actual)) return different(actual, expected, path);
    return first(
      Object.entries(expected).map(
        ([key, value]) =>
          () =>
            differenceIn(actual[key], value, `${path}.${key}`),
      ),
    );
  }
  return Object.is(actual, expected) ? undefined : different(actual, expected, path);
}

function first(comparisons: readonly (() => string | undefined)[]): string | undefined {
  for (const compare of comparisons) {
    const difference = compare();
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function different(actual: unknown, expected: unknown, path: string): string {
  return `${path} is ${shown(actual)}, not ${shown(expected)}`;
}

const MAX_SHOWN = 120;

/** A value as JSON, at most so long that several fit into one message. */
export function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? typeof value;
  return json.length > MAX_SHOWN ? `${json.slice(0, MAX_SHOWN)}…` : json;
}
