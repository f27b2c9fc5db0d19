// One run of one measure with one contestant, in a process of its own; prints the number.
import type { Contestant } from './contestants/contestant.ts';
import type { Measure } from './measures/measure.ts';

const [measureName = '', contestantName = '', url = ''] = process.argv.slice(2);
const { measure } = (await import(`./measures/${measureName}.ts`)) as { measure: Measure };
const load = async (): Promise<Contestant> =>
  ((await import(`./contestants/${contestantName}.ts`)) as { contestant: Contestant }).contestant;
console.log(JSON.stringify(await measure.run(load, url)));
process.exit(0);
