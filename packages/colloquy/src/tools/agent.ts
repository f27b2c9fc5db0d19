import type { Usage } from '../messages-api/types.ts';
import type { AgentDefinition } from '../options/agents.ts';
import { type FromSchema, inputParser } from './from-schema.ts';
import type { AgentRun, Tool, ToolContext, ToolOutcome } from './tool.ts';

const GENERAL = 'general-purpose';

/** The agent that there always is, unless the program names its own so. */
const GENERAL_AGENT: AgentDefinition = {
  description:
    'Looks into a question or carries out a task that takes several steps. It has the tools of this session.',
  prompt: [
    'You are an agent to whom another agent has given a task. You have its tools, and nothing of its conversation: the task is all you know.',
    'Do what the task says, completely and nothing beyond it. Nobody answers questions while you work: where something is open, choose what the task most likely means, and say so.',
    'Your last message is all that the other agent gets. Make it a report: what you found or did, with the paths, lines and figures that matter, and what you could not do.',
  ].join('\n'),
};

const SCHEMA = {
  type: 'object',
  properties: {
    description: { type: 'string', minLength: 1, description: 'The task in three to five words, for people.' },
    prompt: {
      type: 'string',
      minLength: 1,
      description: 'The whole task. The agent knows nothing else: say what to do, what is known, and what to report.',
    },
    subagent_type: { type: 'string', description: `Which agent; default ${GENERAL}.` },
    model: {
      type: 'string',
      enum: ['sonnet', 'opus', 'haiku', 'fable'],
      description: 'Another model than the one that the agent has by itself.',
    },
    run_in_background: {
      type: 'boolean',
      enum: [false],
      description: 'False, as always here: its report is waited for.',
    },
  },
  required: ['description', 'prompt'],
  additionalProperties: false,
} as const;

export type AgentInput = FromSchema<typeof SCHEMA>;
export type AgentOutput = {
  status: 'completed';
  agentId: string;
  content: { type: 'text'; text: string }[];
  totalToolUseCount: number;
  totalDurationMs: number;
  totalTokens: number;
  usage: Usage;
  prompt: string;
  agentType: string;
};

/** All agents that a session with these definitions has, by name. */
export function agentsOf(own: Readonly<Record<string, AgentDefinition>>): ReadonlyMap<string, AgentDefinition> {
  return new Map(Object.entries({ [GENERAL]: GENERAL_AGENT, ...own }));
}

/** Starts a subagent and waits for its report. Its calls are decided one by one, like those of the session. */
export function agentTool(own: Readonly<Record<string, AgentDefinition>>): Tool<AgentInput, AgentOutput> {
  const agents = agentsOf(own);
  return {
    name: 'Agent',
    aliases: ['Task'],
    description: [
      'Gives a task to another agent, which works on its own, with a conversation of its own, and comes back with a report.',
      'Worth it for searches and tasks whose many steps you do not need to see. Agents that do not depend on each other go together in one answer: they work at the same time.',
      'The report is for you, not for the person: tell them what matters in it.',
      'Agents:',
      ...[...agents].map(([name, { description }]) => `- ${name}: ${description}`),
    ].join('\n'),
    inputSchema: SCHEMA,
    // Its own calls may change things: after a crash it does not start again by itself.
    effect: 'write',
    harmless: true,
    parallel: true,
    parse: inputParser(SCHEMA),
    target: ({ subagent_type }) => ({ agent: subagent_type ?? GENERAL }),
    run: (input, context) => runAgent(agents, input, context),
  };
}

async function runAgent(
  agents: ReadonlyMap<string, AgentDefinition>,
  input: AgentInput,
  context: ToolContext,
): Promise<ToolOutcome<AgentOutput>> {
  const type = input.subagent_type ?? GENERAL;
  const definition = agents.get(type);
  if (definition === undefined)
    throw new Error(`There is no agent named ${type}. The agents are: ${[...agents.keys()].join(', ')}.`);
  const { description, prompt, model } = input;
  const run = await context.runAgent({ type, definition, description, prompt, model });
  if (run.problem !== undefined) return { content: failure(run), isError: true };
  const text = run.text === '' ? '[The agent ended without a report.]' : run.text;
  return {
    content: [{ type: 'text', text }],
    structured: {
      status: 'completed',
      agentId: run.agentId,
      content: [{ type: 'text', text }],
      totalToolUseCount: run.toolUses,
      totalDurationMs: run.durationMs,
      totalTokens: totalTokens(run.usage),
      usage: run.usage,
      prompt,
      agentType: type,
    },
  };
}

function failure({ problem, text }: AgentRun): string {
  const sofar = text === '' ? '' : `\nThe last it said:\n${text}`;
  return `The agent did not come to its end: ${problem}. What it had done by then stays done.${sofar}`;
}

function totalTokens(usage: Usage): number {
  const cached = (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0);
  return usage.input_tokens + cached + usage.output_tokens;
}
