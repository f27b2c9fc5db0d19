import type { Random } from './random.ts';

/** A body as a broken network would deliver it. */
export type Mutated = {
  bytes: Uint8Array;
  /** The connection breaks after the bytes, rather than ending as if the body were whole. */
  breaks: boolean;
  /** What was done, for people. */
  done: string[];
};

type Mutation = (text: string, random: Random) => string;

// Bodies are handled as one character a byte, so that a cut may fall inside a character.
const MUTATIONS: Record<string, Mutation> = {
  'cut the end': (text, random) => text.slice(0, random.whole(0, text.length)),
  'cut some bytes': (text, random) => {
    const at = random.whole(0, text.length);
    return text.slice(0, at) + text.slice(at + random.whole(1, 120));
  },
  'cut an event': (text, random) => onEvents(text, (events) => events.toSpliced(placeIn(events, random), 1)),
  'swap two events': (text, random) =>
    onEvents(text, (events) => {
      const [a, b] = [placeIn(events, random), placeIn(events, random)];
      return events.with(a, events[b] ?? '').with(b, events[a] ?? '');
    }),
  'swap bytes': (text, random) => {
    const [length, at] = [random.whole(1, 60), random.whole(0, text.length)];
    const [a, b] = [text.slice(at, at + length), text.slice(at + length, at + 2 * length)];
    return text.slice(0, at) + b + a + text.slice(at + 2 * length);
  },
  'duplicate an event': (text, random) =>
    onEvents(text, (events) => {
      const from = placeIn(events, random);
      return events.toSpliced(random.chance(0.5) ? from : placeIn(events, random), 0, events[from] ?? '');
    }),
  'duplicate bytes': (text, random) => {
    const [from, to] = [random.whole(0, text.length), random.whole(1, 120)];
    return text.slice(0, from + to) + text.slice(from);
  },
  'flip bits': (text, random) => {
    const bytes = Buffer.from(text, 'latin1');
    for (let left = random.whole(1, 3); left > 0 && bytes.length > 0; left -= 1) {
      const at = random.whole(0, bytes.length - 1);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.whole(0, 7));
    }
    return bytes.toString('latin1');
  },
};

/** One to three mutations of a body. */
export function mutate(body: Uint8Array, random: Random): Mutated {
  const done = random.times(random.pick([1, 1, 1, 1, 2, 2, 3]), () => random.pick(Object.keys(MUTATIONS)));
  let text = Buffer.from(body).toString('latin1');
  for (const name of done) text = MUTATIONS[name]?.(text, random) ?? text;
  return { bytes: Buffer.from(text, 'latin1'), breaks: random.chance(0.25), done };
}

function onEvents(text: string, change: (events: string[]) => string[]): string {
  const events = text.split(/(?<=\n\n)/);
  return change(events).join('');
}

function placeIn(events: readonly string[], random: Random): number {
  return random.whole(0, events.length - 1);
}
