// script/attack commands: see attack/README.md.
import { parseArgs } from 'node:util';
import { attackWithAllowed, attackWithHostile, playThrough } from './attack-commands.ts';

const SHOWN = 20;
const NEEDED_SHARE = 0.95;

const { values } = parseArgs({
  options: {
    hostile: { type: 'string', default: '20000' },
    allowed: { type: 'string', default: '5000' },
    played: { type: 'string', default: '500' },
    seed: { type: 'string', default: '0' },
  },
});
const seed = Number(values.seed);

const hostile = await attackWithHostile(Number(values.hostile), seed);
console.log(`${hostile.allowed.length} of ${hostile.count} hostile commands were allowed`);
for (const command of hostile.allowed.slice(0, SHOWN)) console.log(`  ${JSON.stringify(command)}`);

const harmless = await attackWithAllowed(Number(values.allowed), seed);
const share = harmless.allowed.length / harmless.count;
console.log(`${(share * 100).toFixed(1)} % of ${harmless.count} commands with allowed parts were allowed`);
for (const command of harmless.refused.slice(0, SHOWN)) console.log(`  refused: ${JSON.stringify(command)}`);

const played = await playThrough(Number(values.played), seed);
console.log(
  `${played.count} played through query(): ${played.allowed} allowed, ${played.bypasses.length} bypasses, ${played.differing.length} decided otherwise than by themselves`,
);
for (const command of [...played.bypasses, ...played.differing].slice(0, SHOWN))
  console.log(`  ${JSON.stringify(command)}`);

const failed = hostile.allowed.length + played.bypasses.length + played.differing.length > 0 || share < NEEDED_SHARE;
if (failed) process.exitCode = 1;
