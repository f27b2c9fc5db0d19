import type { ContentBlock } from '../messages-api/types.ts';
import { isRecord } from '../helpers/is-record.ts';
import type { Entry, Json, Seq, Thread } from './entries.ts';

/** A subagent that has begun and not ended. */
export type OpenAgent = {
  thread: Thread;
  /** The call that has started it. */
  toolUseId: string;
  /** Its permission requests. */
  asks: AgentAsk[];
  /** Ids of its tool uses that have no result. */
  calls: string[];
  /** Those of them that run elsewhere. */
  external: AgentCall[];
  /** Its model request, and its calls that run here. */
  busy: string[];
};

export type AgentAsk = { request: Seq; toolUseId: string; name: string; input: Json; isAnswered: boolean };
export type AgentCall = { toolUseId: string; name: string; input: Json; isAnswered: boolean };

const MODEL = 'model';

/** What a turn knows of the subagents that it has started: what they wait for, and enough to close what a lost owner has left of them. */
export function foldAgents(turn: { agents: OpenAgent[] }, entry: Entry): void {
  if (entry.kind === 'turn_start') {
    turn.agents.push(newAgent(entry));
    return;
  }
  if (entry.kind === 'permission_answer' || entry.kind === 'external_result') {
    for (const agent of turn.agents) foldAnswer(agent, entry);
    return;
  }
  const agent = turn.agents.find(({ thread }) => thread === entry.thread);
  if (agent === undefined) return;
  if (entry.kind === 'turn_end') turn.agents = turn.agents.filter((open) => open !== agent);
  else foldAgent(agent, entry);
}

function newAgent({ thread, init }: Entry & { kind: 'turn_start' }): OpenAgent {
  const toolUseId = isRecord(init) ? String(init['toolUseId']) : '';
  return { thread, toolUseId, asks: [], calls: [], external: [], busy: [] };
}

function foldAnswer(agent: OpenAgent, entry: Entry & { kind: 'permission_answer' | 'external_result' }): void {
  const open: { isAnswered: boolean } | undefined =
    entry.kind === 'permission_answer'
      ? agent.asks.find(({ request }) => request === entry.request)
      : agent.external.find(({ toolUseId }) => toolUseId === entry.toolUseId);
  if (open !== undefined) open.isAnswered = true;
}

function foldAgent(agent: OpenAgent, entry: Entry): void {
  switch (entry.kind) {
    case 'permission_request': {
      const { tool_name: name = '', input } = isRecord(entry.show) ? entry.show : {};
      const { seq: request, toolUseId } = entry;
      agent.asks.push({ request, toolUseId, name: String(name), input, isAnswered: false });
      return;
    }
    case 'model_request':
      agent.busy = [MODEL];
      return;
    case 'model_response':
      agent.busy = [];
      return;
    case 'model_block': {
      // Blocks are stored as the API sent them.
      const block = entry.block as ContentBlock;
      if (block.type === 'tool_use') agent.calls.push(block.id);
      return;
    }
    case 'model_error':
      // The answers before it have all their results.
      agent.calls = [];
      agent.busy = [];
      return;
    case 'tool_decision':
      agent.busy.push(entry.toolUseId);
      return;
    case 'tool_intent': {
      if (entry.external !== true) return;
      const { toolUseId, name = '', input } = entry;
      agent.external.push({ toolUseId, name, input, isAnswered: false });
      agent.busy = agent.busy.filter((id) => id !== toolUseId);
      return;
    }
    case 'tool_result': {
      const isOther = (id: string): boolean => id !== entry.toolUseId;
      agent.calls = agent.calls.filter(isOther);
      agent.busy = agent.busy.filter(isOther);
      agent.external = agent.external.filter(({ toolUseId }) => isOther(toolUseId));
      return;
    }
    default:
  }
}
