import { randomUUID } from 'node:crypto';
import { wellFormedJson } from '../helpers/well-formed-json.ts';
import type { NewEntry } from '../log/entries.ts';
import { emptyState, foldEntry } from '../log/fold.ts';
import { threadLog } from '../log/thread-log.ts';
import { NO_USAGE } from '../log/totals.ts';
import { modelInfo, resolveModel } from '../messages-api/models.ts';
import type { AgentDefinition } from '../options/agents.ts';
import type { PermissionModeInput } from '../options/permissions.ts';
import { withMode } from '../permissions/state.ts';
import type { AgentRun, AgentSpec, Tool } from '../tools/tool.ts';
import { foldHistory } from '../views/fold-history.ts';
import { newHistory } from '../views/request-history.ts';
import type { AgentStart, ResultFacts } from '../views/to-sdk-messages.ts';
import { contextOf } from './context.ts';
import { runTurn } from './run-turn.ts';
import { subagentStart } from './turn-hooks.ts';
import { note, type ToolBox, TurnStop, TurnStopped, type TurnWorld } from './turn-world.ts';

/**
 * Runs a subagent: one turn in a thread of its own, in the same log, with the same guards. An abort of the signal stops it as it
 * stops the turn that has started it; a stop that begins in it (a denial with `interrupt`) is handed to that turn.
 */
export async function runAgent(
  parent: TurnWorld,
  outer: TurnStop,
  toolUseId: string,
  spec: AgentSpec,
  signal: AbortSignal,
): Promise<AgentRun> {
  const world = agentWorld(parent, spec);
  const startedMs = performance.now();
  let result: ResultFacts | undefined;
  let toolUses = 0;
  const unsubscribe = parent.log.subscribe((entry) => {
    foldEntry(world.state, entry);
    foldHistory(world.history, entry);
    if (entry.thread !== world.thread) return;
    if (entry.kind === 'tool_result') toolUses += 1;
    // Written at the turn's end, in this shape.
    if (entry.kind === 'turn_end') result = entry.result as ResultFacts;
  });
  const stop = new TurnStop();
  const onAbort = (): void => stop.stop(causeOf(signal.reason));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    await begin(world, toolUseId, spec, signal);
    await runTurn(world, stop);
    if (stop.cause?.why === 'denied') outer.stop(stop.cause);
    return {
      agentId: world.thread,
      ...reportOf(result),
      toolUses,
      durationMs: Math.round(performance.now() - startedMs),
      usage: result?.usage ?? NO_USAGE,
    };
  } finally {
    signal.removeEventListener('abort', onAbort);
    unsubscribe();
  }
}

/** The lease is lost, or the turn was stopped for this reason. */
function causeOf(reason: unknown): Parameters<TurnStop['stop']>[0] {
  return reason instanceof TurnStopped ? reason.stopCause : { why: 'left' };
}

function reportOf(result: ResultFacts | undefined): Pick<AgentRun, 'text' | 'problem'> {
  if (result === undefined) return { text: '', problem: 'it was stopped' };
  if (result.subtype !== 'success') return { text: '', problem: result.errors.join('; ') };
  return { text: result.result, problem: result.is_error ? (result.terminal_reason ?? 'it failed') : undefined };
}

async function begin(
  world: TurnWorld,
  toolUseId: string,
  { type, description, prompt }: AgentSpec,
  signal: AbortSignal,
): Promise<void> {
  const start: AgentStart = { toolUseId, agentType: type, description, prompt };
  const facts: NewEntry[] = [{ kind: 'turn_start', turn: world.thread, init: start }];
  if (world.prompt.environment !== undefined) facts.push(contextOf('environment', world.prompt.environment));
  await note(world, ...facts, contextOf('agent_prompt', prompt), ...(await subagentStart(world, type, signal)));
}

function agentWorld(parent: TurnWorld, { type, definition, model: chosen }: AgentSpec): TurnWorld {
  const thread = `agent-${randomUUID()}`;
  const named = chosen ?? definition.model;
  const model = (): string => (named === undefined || named === 'inherit' ? parent.model() : resolveModel(named));
  const tools = toolsOf(parent, type, definition);
  const mode = (): PermissionModeInput => agentMode(parent.mode(), definition.permissionMode);
  const { run, client, side, cwd, files, backups, sandbox, background, web, smallModel, ask } = parent;
  return {
    run,
    client,
    side,
    cwd,
    files,
    backups,
    sandbox,
    background,
    web,
    smallModel,
    ask,
    totals: () => parent.totals(),
    budgetUsd: () => parent.budgetUsd(),
    init: () => parent.init(),
    waitFor: (fits, until) => parent.waitFor(fits, until),
    thread,
    log: threadLog(parent.log, thread),
    state: emptyState(thread),
    history: newHistory(thread),
    hooks: parent.hooks.inside({ agent_id: thread, agent_type: type }),
    agentType: type,
    tools,
    permissions: {
      keep: (updates) => parent.permissions.keep(updates),
      news: [],
      get state() {
        const { state } = parent.permissions;
        return withMode(state, agentMode(state.mode, definition.permissionMode));
      },
    },
    // The time-out of the turn that has started it goes on.
    limits: { ...parent.limits, timeoutMs: undefined, maxTurns: definition.maxTurns ?? parent.limits.maxTurns },
    prompt: {
      system: [wellFormedJson({ type: 'text', text: definition.prompt })],
      environment: parent.prompt.environment,
      extras: (id) => ({ ...parent.prompt.extras(id), ...effortField(definition, id) }),
    },
    model,
    mode,
  };
}

/** Modes in which a person wants less to happen: no agent is let out of them. */
const HOLDING: ReadonlySet<PermissionModeInput> = new Set(['plan', 'dontAsk', 'readOnly', 'strict']);

function agentMode(session: PermissionModeInput, own: PermissionModeInput | undefined): PermissionModeInput {
  return own === undefined || HOLDING.has(session) ? session : own;
}

function effortField({ effort }: AgentDefinition, model: string): Record<string, unknown> {
  return effort === undefined || modelInfo(model).defaultEffort === undefined ? {} : { output_config: { effort } };
}

const boxes = new WeakMap<ToolBox, Map<string, ToolBox>>();

/** Agents start no agents, and the form of the answer is that of the session's. */
const OF_THE_SESSION: ReadonlySet<string> = new Set(['Agent', 'StructuredOutput']);

/** The tools that an agent is offered, made once for each type: agents start no agents, and nobody sits at their side. */
function toolsOf(parent: TurnWorld, type: string, definition: AgentDefinition): ToolBox {
  const known = boxes.get(parent.tools) ?? new Map<string, ToolBox>();
  boxes.set(parent.tools, known);
  const box = known.get(type) ?? makeBox(parent.tools, definition);
  known.set(type, box);
  return box;
}

function makeBox({ toolset, offered }: ToolBox, { tools, disallowedTools }: AgentDefinition): ToolBox {
  const isNamed = (names: readonly string[], tool: Tool): boolean =>
    [tool.name, ...(tool.aliases ?? [])].some((name) => names.includes(name));
  const own = offered.filter(
    (tool) =>
      !OF_THE_SESSION.has(tool.name) &&
      tool.needsPerson !== true &&
      (tools === undefined || isNamed(tools, tool)) &&
      !isNamed(disallowedTools ?? [], tool),
  );
  const byName = new Map(own.flatMap((tool) => [tool.name, ...(tool.aliases ?? [])].map((name) => [name, tool])));
  return { toolset, offered: own, find: (name) => byName.get(name) };
}
