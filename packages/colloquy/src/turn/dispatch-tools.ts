import type { NewEntry } from '../log/entries.ts';
import type { CallState } from '../log/call-state.ts';
import { askAhead } from './ask-ahead.ts';
import { runCall } from './run-call.ts';
import { note, type TurnStop, type TurnWorld } from './turn-world.ts';

/** Read-only calls that run at the same time: each may be a process, and an answer may hold thousands. */
const MAX_PARALLEL = 10;

/**
 * Runs the calls of an answer: neighbouring read-only ones, and those that say so, in parallel, all others one after another, in the model's order.
 * Every call gets exactly one `tool_result`, whatever happens; those that a stop has kept from running get theirs from the turn's end.
 */
export async function dispatchTools(world: TurnWorld, stop: TurnStop, calls: readonly CallState[]): Promise<void> {
  await askAhead(world, stop, calls);
  for (const group of inGroups(world, calls)) {
    if (stop.cause !== undefined) return;
    await runGroup(world, stop, group);
  }
}

/** The calls of a group begin in order, ten at once at most. */
async function runGroup(world: TurnWorld, stop: TurnStop, group: readonly CallState[]): Promise<void> {
  const queue = group.values();
  const work = async (): Promise<void> => {
    for (const call of queue) {
      if (stop.cause !== undefined) return;
      await runCall(world, stop, call);
    }
  };
  // A call that runs elsewhere holds nothing here.
  const elsewhere = group.filter(({ block }) => world.tools.find(block.name)?.elsewhere !== undefined).length;
  await Promise.all(Array.from({ length: Math.min(MAX_PARALLEL + elsewhere, group.length) }, work));
}

function inGroups(world: TurnWorld, calls: readonly CallState[]): CallState[][] {
  const groups: CallState[][] = [];
  let wasTogether = false;
  for (const call of calls) {
    const tool = world.tools.find(call.block.name);
    // One that an owner before us has begun, of a tool that is gone, waits as well.
    const together = call.external !== undefined || tool?.effect === 'read' || tool?.parallel === true;
    if (together && wasTogether) groups.at(-1)?.push(call);
    else groups.push([call]);
    wasTogether = together;
  }
  return groups;
}

/** Results for calls that were stopped before they ran. The API asks for one for every call. */
export async function settleInterrupted(world: TurnWorld, calls: readonly CallState[]): Promise<void> {
  await note(
    world,
    ...calls.map(({ block }): NewEntry => ({
      kind: 'tool_result',
      toolUseId: block.id,
      content: 'The call was interrupted before it ran.',
      isError: true,
      outcome: 'interrupted',
    })),
  );
}
