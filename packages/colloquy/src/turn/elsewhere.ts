import type { CallState } from '../log/call-state.ts';
import { externalTool } from '../tools/external-tool.ts';
import type { Tool } from '../tools/tool.ts';
import { type CleanOutcome, cleanContent } from './clean-outcome.ts';
import type { Decided } from './decided.ts';
import type { TurnWorld } from './turn-world.ts';

/**
 * The result of a call that runs elsewhere: it may be there already, or come at any time, to whatever process has the session then.
 * Nothing but a listener waits for it. @throws the signal's reason
 */
export async function resultFromElsewhere(
  world: TurnWorld,
  call: CallState,
  signal: AbortSignal,
): Promise<CleanOutcome> {
  const entry =
    call.supplied ??
    (await world.waitFor((each) => each.kind === 'external_result' && each.toolUseId === call.block.id, signal));
  if (entry.kind !== 'external_result') throw new Error(`A ${entry.kind} is no result`);
  return { content: cleanContent(entry.content), isError: entry.isError };
}

/** A call that an owner before us has begun: it was decided then, and the tool may be gone by now. */
export function takenUp(
  world: TurnWorld,
  { block, external }: CallState,
): { tool: Tool; decided: Decided } | undefined {
  if (external === undefined) return undefined;
  const { name } = block;
  const tool = world.tools.find(name) ?? externalTool({ name, description: '', inputSchema: {} });
  const decision = { behavior: 'allow' as const, source: 'none' as const, reason: 'It was decided before.' };
  return { tool, decided: { decision, input: external.input, notes: [], places: new Map() } };
}
