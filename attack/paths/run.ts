// script/attack paths: see attack/README.md.
import { parseArgs } from 'node:util';
import { attackTrees } from './attack-trees.ts';
import { type Raced, raceFiles, raceQuery } from './race.ts';

const SHOWN = 20;
const CALLS_AT_ONCE = 100;

const { values } = parseArgs({
  options: {
    trees: { type: 'string', default: '5000' },
    raced: { type: 'string', default: '20000' },
    played: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '0' },
  },
});

const flaw = await attackTrees(Number(values.trees), Number(values.seed));
console.log(`${values.trees} random trees: ${flaw === undefined ? 'nothing found' : flaw}`);

const raced = await raceFiles(Number(values.raced));
tell(`${values.raced} reads, writes, lists and looks each against swapped paths`, raced);

let leaked = raced.leaks.length;
for (let left = Number(values.played); left > 0; left -= CALLS_AT_ONCE) {
  const count = Math.min(left, CALLS_AT_ONCE);
  const played = await raceQuery(count);
  leaked += played.leaks.length;
  tell(`${count} reads and ${count} writes through query()`, played);
}
if (flaw !== undefined || leaked > 0) process.exitCode = 1;

function tell(what: string, { done, refused, leaks }: Raced): void {
  console.log(`${what}: ${done} done, ${refused} refused, ${leaks.length} leaks`);
  for (const leak of leaks.slice(0, SHOWN)) console.log(`  ${leak}`);
}
