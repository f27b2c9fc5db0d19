import { resolve } from 'node:path';
import fc from 'fast-check';
import type { Options } from 'colloquy';
import { decide, initialPermissions } from 'colloquy/internal';
import { ALLOWED_RULES, allowedCommand, hostileCommand } from './compose-commands.ts';
import { createField, playCommand } from './play-command.ts';

const BASH = { name: 'Bash', aliases: ['bash'], effect: 'write' } as const;

/** What the model may run, and what it may not: uncovered by the rules, or denied by one beside an allowance of everything. */
const UNCOVERED: Options = { allowedTools: [...ALLOWED_RULES] };
const DENIED: Options = { allowedTools: ['Bash'], disallowedTools: ['Bash(touch:*)'] };

export type Attacked = { count: number; allowed: string[]; refused: string[] };

/** Decides about hostile commands, half of them uncovered, half denied. */
export async function attackWithHostile(count: number, seed: number): Promise<Attacked> {
  return attack(fc.sample(hostileCommand, { numRuns: count, seed }), (index) => (index % 2 === 0 ? UNCOVERED : DENIED));
}

/** Decides about commands of which every part is allowed. */
export async function attackWithAllowed(count: number, seed: number): Promise<Attacked> {
  return attack(fc.sample(allowedCommand, { numRuns: count, seed }), () => UNCOVERED);
}

async function attack(commands: readonly string[], optionsOf: (index: number) => Options): Promise<Attacked> {
  const attacked: Attacked = { count: commands.length, allowed: [], refused: [] };
  for (const [index, command] of commands.entries()) {
    const behavior = await decideCommand(command, optionsOf(index));
    attacked[behavior === 'allow' ? 'allowed' : 'refused'].push(command);
  }
  return attacked;
}

async function decideCommand(command: string, options: Options): Promise<string> {
  const { behavior } = await decide(
    { tool: BASH, input: { command }, target: { command } },
    initialPermissions(options),
    {
      cwd: '/work',
      sandbox: 'none',
      canAsk: true,
      resolve: async (path) => resolve('/work', path),
    },
  );
  return behavior;
}

export type PlayedThrough = { count: number; bypasses: string[]; differing: string[]; allowed: number };

/** The same through `query()`, hostile and allowed ones in turn: what the turn decides, and what was seen to happen. */
export async function playThrough(count: number, seed: number): Promise<PlayedThrough> {
  await using field = await createField();
  const hostile = fc.sample(hostileCommand, { numRuns: Math.ceil(count / 2), seed });
  const harmless = fc.sample(allowedCommand, { numRuns: Math.floor(count / 2), seed });
  const played: PlayedThrough = { count, bypasses: [], differing: [], allowed: 0 };
  const play = async (command: string, options: Options, isHostile: boolean): Promise<void> => {
    const { decided, effect } = await playCommand(field.cwd, command, options);
    if (effect || (isHostile && decided === 'allow')) played.bypasses.push(command);
    if ((decided === 'allow') !== ((await decideCommand(command, options)) === 'allow')) played.differing.push(command);
    if (decided === 'allow') played.allowed += 1;
  };
  for (const [index, command] of hostile.entries()) await play(command, index % 2 === 0 ? UNCOVERED : DENIED, true);
  for (const command of harmless) await play(command, UNCOVERED, false);
  return played;
}
