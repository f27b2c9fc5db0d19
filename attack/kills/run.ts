// script/attack kills: see attack/README.md.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { playKills } from './play-kills.ts';

const { values } = parseArgs({
  options: {
    points: { type: 'string', default: '200' },
    sessions: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
  },
});
const startedAt = performance.now();
const played = await playKills({
  points: Number(values.points),
  sessions: Number(values.sessions),
  seed: Number(values.seed),
  onRound: (round) => {
    if ((round + 1) % 20 === 0) console.error(`${round + 1} of ${values.points} kills`);
  },
});
const { kills, accepted, effects, asked, flaws } = played;
const seconds = Math.round((performance.now() - startedAt) / 1_000);
console.log(
  `${kills} kills (seed ${values.seed}) under ${values.sessions} sessions: ${accepted} prompts accepted, ${effects} commands run, ${asked} questions found open after a kill, in ${seconds} s`,
);
console.log(flaws.length === 0 ? 'nothing lost, nothing doubled, nothing left hanging' : flaws.join('\n'));
// Each kill is one thing that held, or did not.
const counted = `${kills - Math.min(kills, flaws.length)} passed, ${flaws.length} failed`;
console.log(counted);
const counts = process.env['COLLOQUY_COUNTS'];
if (counts !== undefined) writeFileSync(counts, `${counted}\n`);
if (flaws.length > 0) process.exitCode = 1;
