// script/attack cuts: see attack/README.md.
import { parseArgs } from 'node:util';
import { playCuts } from './play-cuts.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '500' }, seed: { type: 'string', default: '1' } },
});

const startedAt = performance.now();
const { cuts, turns, messages, fragments, flaws } = await playCuts(Number(values.count), Number(values.seed));
const seconds = Math.round((performance.now() - startedAt) / 1_000);
console.log(
  `${cuts} cuts (seed ${values.seed}) in ${turns} turns: ${messages} messages told to two readers, ${fragments} stream events to one, in ${seconds} s`,
);
console.log(flaws.length === 0 ? 'no message lost, doubled or out of order' : flaws.join('\n'));
if (flaws.length > 0) process.exitCode = 1;
