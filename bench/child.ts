// One run of one measure with one contestant, in a process of its own; prints what it comes to.
import type { Measure, Task } from './measures/measure.ts';
import { type ContestantName, loadContestant } from './contestants/roster.ts';

const [measureName = '', contestantName = '', url = '', toldUrl = '', scale = '1'] = process.argv.slice(2);
// So that what has been started here is ended here too.
process.on('SIGTERM', () => process.exit(143));
const { measure } = (await import(`./measures/${measureName}.ts`)) as { measure: Measure };
// Chosen by the runner, of the roster.
const name = contestantName as ContestantName;
const task: Task = {
  name,
  url,
  load: () => loadContestant(name),
  requests: async () => (await fetch(toldUrl)).json() as ReturnType<Task['requests']>,
  count: (full) => Math.max(1, Math.round(full * Number(scale))),
};
console.log(JSON.stringify(await measure.run(task)));
process.exit(0);
