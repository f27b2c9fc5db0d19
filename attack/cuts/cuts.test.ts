import { expect, test } from 'vitest';
import { playCuts } from './play-cuts.ts';

const COUNT = 50;

test(
  `a client that is cut off ${COUNT} times is told the very same messages, each once, in order`,
  { timeout: 60_000 },
  async () => {
    const played = await playCuts(COUNT, 1);
    expect(played.flaws).toEqual([]);
    expect(played.cuts).toBeGreaterThanOrEqual(COUNT);
  },
);
