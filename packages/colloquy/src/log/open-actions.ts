import type { OpenAgent } from './agent-state.ts';
import type { CallState } from './call-state.ts';
import type { Json, Seq, Thread } from './entries.ts';
import type { OpenTurn, SessionState } from './fold.ts';

/** What a session waits for from outside. */
export type OpenActions = {
  /** Permission requests that nobody has answered. */
  permissions: { request: Seq; toolUseId: string; name: string; input: Json; thread: Thread }[];
  /** Calls that run elsewhere and have no result yet. */
  calls: { toolUseId: string; name: string; input: Json; thread: Thread }[];
  /** Nothing goes on before somebody acts: no model request is open, and no tool runs. */
  waits: boolean;
};

/** The questions and calls that are open. Pure, and cheap: what is open is all that is looked at. */
export function openActions({ turn, thread }: SessionState): OpenActions {
  if (turn === undefined) return { permissions: [], calls: [], waits: false };
  const asked = turn.calls.filter((call) => !call.done && call.asked !== undefined && call.answered === undefined);
  const external = turn.calls.filter((call) => !call.done && call.external !== undefined && !isSupplied(call));
  const permissions = asked.map(({ asked: request = 0, block: { id, name, input } }) => ({
    request,
    toolUseId: id,
    name,
    input,
    thread,
  }));
  const calls = external.map(({ block, external: begun }) => ({
    toolUseId: block.id,
    name: block.name,
    input: begun?.input,
    thread,
  }));
  for (const agent of turn.agents) {
    for (const { isAnswered, ...ask } of agent.asks)
      if (!isAnswered) permissions.push({ ...ask, thread: agent.thread });
    for (const { isAnswered, ...call } of agent.external)
      if (!isAnswered) calls.push({ ...call, thread: agent.thread });
  }
  return { permissions, calls, waits: permissions.length + calls.length > 0 && !isBusy(turn) };
}

const isSupplied = ({ supplied }: CallState): boolean => supplied !== undefined;

function isBusy(turn: OpenTurn): boolean {
  return turn.request !== undefined || turn.calls.some((call) => runs(call, turn.agents));
}

/** A call is at work here. One that has started a subagent is as busy as the subagent. */
function runs({ done, decided, external, supplied, block }: CallState, agents: readonly OpenAgent[]): boolean {
  if (done || !decided) return false;
  if (external !== undefined) return supplied !== undefined;
  const agent = agents.find(({ toolUseId }) => toolUseId === block.id);
  return agent === undefined || isAgentBusy(agent);
}

/** Between its requests it is about to make the next one. */
function isAgentBusy({ busy, asks, external }: OpenAgent): boolean {
  const open = [...asks, ...external].some(({ isAnswered }) => !isAnswered);
  return busy.length > 0 || external.some(({ isAnswered }) => isAnswered) || !open;
}

/** There is something that the session's owner would go on with by itself: whoever finds it without one opens it. */
export function hasWaitingWork({ turn, queue, budget, segment }: SessionState): boolean {
  // With the tools of managed agents, prompts wait until the budget is raised.
  const isHeld = budget === 'reached' && segment?.toolset !== 'claude_code';
  return turn !== undefined || budget === 'raised' || (queue.length > 0 && !isHeld);
}
