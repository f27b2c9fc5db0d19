import { TimeoutError } from '../errors.ts';
import { Deadline } from '../helpers/deadline.ts';
import type { HookOutcome } from '../hooks/run-hooks.ts';
import type { Decision, Json, NewEntry } from '../log/entries.ts';
import type { CallState } from '../log/call-state.ts';
import type { PermissionUpdate } from '../options/permissions.ts';
import type { Tool } from '../tools/tool.ts';
import type { CleanOutcome } from './clean-outcome.ts';
import { hookContext, hookNews, hookStop } from './context.ts';
import { note, type TurnStop, type TurnWorld } from './turn-world.ts';

// The events of one tool call. Each gives undefined where no hook listens.

/** How long hooks that are told of an interrupted call may hold up the interrupt. */
const AFTER_INTERRUPT_MS = 1_000;

/** Before any rule is asked. */
export async function preToolUse(
  world: TurnWorld,
  stop: TurnStop,
  call: CallState,
  tool: Tool,
  input: Json,
): Promise<HookOutcome | undefined> {
  if (!world.hooks.has('PreToolUse')) return undefined;
  const { id, name } = call.block;
  const server = serverOf(name);
  return world.hooks.run(
    'PreToolUse',
    {
      tool_name: name,
      tool_input: input,
      tool_use_id: id,
      ...(server === undefined ? {} : { mcp_server: { name: server, source: 'sdk' } }),
    },
    { toolUseId: id, aliases: namesOf(tool), signal: stop.signal },
  );
}

const serverOf = (toolName: string): string | undefined => /^mcp__(.+?)__/.exec(toolName)?.[1];

/** What matchers may call the tool, besides the name that the model used. */
const namesOf = (tool: Tool): string[] => [tool.name, ...(tool.aliases ?? [])];

/** A call has run, and settled well or with an error. */
export async function afterCall(
  world: TurnWorld,
  stop: TurnStop,
  call: CallState,
  tool: Tool,
  run: { input: Json; outcome: CleanOutcome; isInterrupted: boolean; durationMs: number },
): Promise<HookOutcome | undefined> {
  const { input, outcome, isInterrupted, durationMs } = run;
  const { id, name } = call.block;
  const common = { tool_name: name, tool_input: input, tool_use_id: id, duration_ms: durationMs };
  const about = { toolUseId: id, aliases: namesOf(tool) };
  if (!outcome.isError) {
    if (!world.hooks.has('PostToolUse')) return undefined;
    const response = outcome.structured ?? outcome.content;
    return world.hooks.run('PostToolUse', { ...common, tool_response: response }, { ...about, signal: stop.signal });
  }
  if (!world.hooks.has('PostToolUseFailure')) return undefined;
  const fields = { ...common, error: textOf(outcome.content), is_interrupt: isInterrupted };
  if (!isInterrupted) return world.hooks.run('PostToolUseFailure', fields, { ...about, signal: stop.signal });
  // The turn's own signal has aborted already.
  const bound = new Deadline(world.log.lost);
  bound.start(AFTER_INTERRUPT_MS, () => new TimeoutError(`An interrupt waits ${AFTER_INTERRUPT_MS} ms at most`));
  try {
    const told = await world.hooks.run('PostToolUseFailure', fields, { ...about, signal: bound.signal });
    return { ...told, continue: true };
  } finally {
    bound.close();
  }
}

function textOf(content: CleanOutcome['content']): string {
  return typeof content === 'string' ? content : JSON.stringify(content);
}

/** The output that hooks have put in the place of a tool's. */
export function replacementOf(hooked: HookOutcome | undefined, { block }: CallState): { value: unknown } | undefined {
  if (hooked?.updatedToolOutput !== undefined) return hooked.updatedToolOutput;
  return block.name.startsWith('mcp__') ? hooked?.updatedMCPToolOutput : undefined;
}

/** Denials that no hook and no person made. */
const AUTOMATIC: ReadonlySet<Decision['source']> = new Set(['rule', 'mode', 'none', 'tool']);

const NOT_TOLD = { notes: [], retry: false, ends: false };

/** What is to be noted of a denial, and whether the model may try the call again. */
export async function afterDenial(
  world: TurnWorld,
  stop: TurnStop,
  call: CallState,
  tool: Tool,
  { decision, input }: { decision: Decision; input: Json },
): Promise<{ notes: NewEntry[]; retry: boolean; ends: boolean }> {
  if (!AUTOMATIC.has(decision.source) || !world.hooks.has('PermissionDenied')) return NOT_TOLD;
  const { id, name } = call.block;
  const outcome = await world.hooks.run(
    'PermissionDenied',
    { tool_name: name, tool_input: input, tool_use_id: id, reason: decision.reason },
    { toolUseId: id, aliases: namesOf(tool), signal: stop.signal },
  );
  const notes = [...hookNews(outcome), ...hookContext(outcome), ...(outcome.continue ? [] : [hookStop(outcome)])];
  return { notes, retry: outcome.retry === true, ends: !outcome.continue };
}

/** Before somebody is asked: the hooks may answer. */
export async function permissionRequest(
  world: TurnWorld,
  stop: TurnStop,
  call: CallState,
  tool: Tool,
  { decision, input }: { decision: Decision; input: Json },
): Promise<HookOutcome | undefined> {
  if (!world.hooks.has('PermissionRequest')) return undefined;
  // Made by the rules, in this shape.
  const permission_suggestions = (decision.suggestions ?? []) as PermissionUpdate[];
  return world.hooks.run(
    'PermissionRequest',
    { tool_name: call.block.name, tool_input: input, permission_suggestions },
    { toolUseId: call.block.id, aliases: namesOf(tool), signal: stop.signal },
  );
}

/** The folder in which commands run is another one than before. */
export async function cwdChanged(world: TurnWorld, stop: TurnStop, old_cwd: string, new_cwd: string): Promise<void> {
  if (!world.hooks.has('CwdChanged')) return;
  const outcome = await world.hooks.run('CwdChanged', { old_cwd, new_cwd }, { signal: stop.signal });
  await world.side.watch(outcome.watchPaths);
  if (stop.cause?.why === 'left') return;
  await note(world, ...hookNews(outcome), ...hookContext(outcome), ...(outcome.continue ? [] : [hookStop(outcome)]));
  if (!outcome.continue) stop.stop({ why: 'hook' });
}
