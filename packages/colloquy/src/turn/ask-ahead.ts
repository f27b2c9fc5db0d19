import { ColloquyError } from '../errors.ts';
import type { CallState } from '../log/call-state.ts';
import { requestPermission } from './ask-somebody.ts';
import { rule } from './decide-call.ts';
import type { TurnStop, TurnWorld } from './turn-world.ts';

/**
 * Where policies decide, all questions of an answer are asked at once, so that they can be answered at once and in any order. Each
 * call is decided again when its turn comes, as the calls before it have left things.
 */
export async function askAhead(world: TurnWorld, stop: TurnStop, calls: readonly CallState[]): Promise<void> {
  const { policyOf } = world.tools;
  // A hook may see another input first.
  if (policyOf === undefined || calls.length < 2 || world.ask.kind !== 'log' || world.hooks.has('PreToolUse')) return;
  for (const call of calls) {
    if (stop.cause !== undefined) return;
    const tool = world.tools.find(call.block.name);
    if (tool === undefined || call.external !== undefined || policyOf(tool) !== 'always_ask') continue;
    try {
      const input = await tool.parse(call.block.input);
      const { decision } = await rule(world, tool, input, undefined);
      if (decision.behavior === 'ask') await requestPermission(world, call, { input, decision });
    } catch (error) {
      // What is wrong with the call is told when its turn comes.
      if (error instanceof ColloquyError) throw error;
    }
  }
}
