import { createHash } from 'node:crypto';
import { ColloquyError, ConfigurationError } from '../errors.ts';
import { untilAborted } from '../helpers/until-aborted.ts';
import type { HookOutcome } from '../hooks/run-hooks.ts';
import type { Decision, Entry, Json, NewEntry } from '../log/entries.ts';
import type { CallState } from '../log/fold.ts';
import type { PermissionResult, PermissionUpdate } from '../options/permissions.ts';
import { decide } from '../permissions/decide.ts';
import { parseUpdate } from '../permissions/parse-update.ts';
import { applyUpdate } from '../permissions/state.ts';
import type { Tool } from '../tools/tool.ts';
import type { ShownCall } from '../views/door-messages.ts';
import { contextOf } from './context.ts';
import { note, type TurnStop, type TurnWorld } from './turn-world.ts';

/** The last word on a call, the input it runs with, and what else the log should hold of it. */
export type Decided = { decision: Decision; input: Json; notes: NewEntry[] };

/** Hooks, rules, mode, then whoever can be asked. Undefined: the turn was stopped while somebody was being asked. */
export async function decideCall(
  world: TurnWorld,
  stop: TurnStop,
  call: CallState,
  tool: Tool,
  asWritten: Json,
): Promise<Decided | undefined> {
  const hooked = await preToolUse(world, stop, call, asWritten);
  if (stop.cause !== undefined) return undefined;
  const notes = noteHook(hooked);
  if (hooked?.continue === false) {
    stop.stop({ why: 'hook', reason: hooked.stopReason ?? 'A hook ended the turn' });
    return undefined;
  }
  try {
    const input = hooked?.updatedInput === undefined ? asWritten : await tool.parse(hooked.updatedInput);
    const decision = await rule(world, tool, input, hooked);
    if (decision.behavior !== 'ask') return { decision, input, notes };
    return await ask(world, stop, call, tool, { decision, input, notes });
  } catch (error) {
    if (stop.cause !== undefined) return undefined;
    if (error instanceof ColloquyError) throw error;
    // Whatever cannot be decided does not run.
    const reason = `The call could not be decided: ${error instanceof Error ? error.message : String(error)}`;
    return { decision: { behavior: 'deny', source: 'none', reason }, input: asWritten, notes };
  }
}

async function rule(world: TurnWorld, tool: Tool, input: Json, hooked: HookOutcome | undefined): Promise<Decision> {
  const call = { tool, input, target: tool.target(input), hook: hooked?.permission };
  return decide(call, world.permissions.state, {
    cwd: world.cwd,
    sandbox: 'none',
    canAsk: world.ask.kind !== 'nobody',
    resolve: (path) => world.files.resolve(path),
  });
}

async function preToolUse(
  world: TurnWorld,
  stop: TurnStop,
  call: CallState,
  input: Json,
): Promise<HookOutcome | undefined> {
  if (!world.hooks.has('PreToolUse')) return undefined;
  const { id, name } = call.block;
  return world.hooks.run(
    'PreToolUse',
    { tool_name: name, tool_input: input, tool_use_id: id },
    { toolUseId: id, signal: stop.signal },
  );
}

function noteHook(hooked: HookOutcome | undefined): NewEntry[] {
  if (hooked === undefined) return [];
  return [
    ...hooked.warnings.map((text) => contextOf('warning', text)),
    ...hooked.additionalContext.map((text) => contextOf('hook', text)),
  ];
}

async function ask(
  world: TurnWorld,
  stop: TurnStop,
  call: CallState,
  tool: Tool,
  open: Decided,
): Promise<Decided | undefined> {
  switch (world.ask.kind) {
    case 'callback':
      return askCallback(world, stop, call, tool, open, world.ask.canUseTool);
    case 'log':
      return askThroughLog(world, stop, call, tool, open);
    case 'nobody':
      return {
        ...open,
        decision: { ...open.decision, behavior: 'deny', reason: `${open.decision.reason} Nobody can be asked here.` },
      };
    default:
      return world.ask satisfies never;
  }
}

async function askCallback(
  world: TurnWorld,
  stop: TurnStop,
  call: CallState,
  tool: Tool,
  open: Decided,
  canUseTool: Extract<TurnWorld['ask'], { kind: 'callback' }>['canUseTool'],
): Promise<Decided | undefined> {
  const input = asRecord(open.input);
  let answer: PermissionResult;
  try {
    answer = await untilAborted(
      canUseTool(call.block.name, input, {
        signal: stop.signal,
        // The chain makes its suggestions as permission updates.
        suggestions: (open.decision.suggestions ?? []) as PermissionUpdate[],
        decisionReason: open.decision.reason,
        toolUseID: call.block.id,
      }),
      stop.signal,
    );
  } catch (error) {
    if (stop.cause !== undefined) return undefined;
    const reason = `The permission request failed: ${error instanceof Error ? error.message : String(error)}`;
    return { ...open, decision: { behavior: 'deny', source: 'callback', reason } };
  }
  if (answer?.behavior === 'allow') {
    const flaw = await applyUpdates(world, answer.updatedPermissions ?? []);
    if (flaw !== undefined) return { ...open, decision: { behavior: 'deny', source: 'callback', reason: flaw } };
    return allowed(tool, open, 'callback', 'canUseTool allowed the call.', answer.updatedInput);
  }
  const reason = answer?.behavior === 'deny' ? answer.message : 'canUseTool gave no answer that could be understood.';
  const interrupt = answer?.behavior === 'deny' && answer.interrupt === true ? { interrupt: true } : {};
  return { ...open, decision: { behavior: 'deny', source: 'callback', reason, ...interrupt } };
}

async function allowed(
  tool: Tool,
  open: Decided,
  source: 'callback' | 'person',
  reason: string,
  updatedInput: Json | undefined,
): Promise<Decided> {
  if (updatedInput === undefined) return { ...open, decision: { behavior: 'allow', source, reason } };
  try {
    return {
      ...open,
      input: await tool.parse(updatedInput),
      decision: { behavior: 'allow', source, reason, updatedInput },
    };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return {
      ...open,
      decision: { behavior: 'deny', source, reason: `The changed input does not fit ${tool.name}: ${problem}` },
    };
  }
}

async function askThroughLog(
  world: TurnWorld,
  stop: TurnStop,
  call: CallState,
  tool: Tool,
  open: Decided,
): Promise<Decided | undefined> {
  const input = asRecord(open.input);
  const callHash = createHash('sha256')
    .update(JSON.stringify([call.block.name, input]))
    .digest('hex');
  if (call.asked === undefined) {
    const { reason, suggestions } = open.decision;
    const show: ShownCall = { tool_name: call.block.name, input, reason, suggestions: suggestions ?? [] };
    await world.log.append([{ kind: 'permission_request', toolUseId: call.block.id, callHash, show }], { sync: 'now' });
  }
  const answer = call.answered ?? (await answerTo(world, call.asked, stop));
  if (answer === undefined) return undefined;
  const { decision } = answer;
  if (decision.behavior === 'allow') {
    const flaw = await applyUpdates(world, decision.suggestions ?? []);
    if (flaw !== undefined) return { ...open, decision: { behavior: 'deny', source: 'person', reason: flaw } };
    return allowed(tool, open, 'person', decision.reason, decision.updatedInput);
  }
  return { ...open, decision: { ...decision, behavior: 'deny', source: 'person' } };
}

type Answer = Entry & { kind: 'permission_answer' };

async function answerTo(world: TurnWorld, request: number | undefined, stop: TurnStop): Promise<Answer | undefined> {
  try {
    const entry = await world.waitFor(
      (seen) => seen.kind === 'permission_answer' && seen.request === request,
      stop.signal,
    );
    return entry.kind === 'permission_answer' ? entry : undefined;
  } catch (error) {
    if (stop.cause !== undefined) return undefined;
    throw error;
  }
}

/**
 * Changed rules, modes and folders go through the log, like every setting: they hold from the next call on. What is wrong with
 * them is given back; then nothing of them holds.
 */
async function applyUpdates(world: TurnWorld, updates: readonly Json[]): Promise<string | undefined> {
  if (updates.length === 0) return undefined;
  try {
    updates.map(parseUpdate).reduce(applyUpdate, world.permissions.state);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  await note(world, { kind: 'settings', patch: { permissionUpdates: updates }, by: 'permission' });
  return undefined;
}

/** Tool inputs are objects: the accumulator and the tools' schemas see to it. */
const asRecord = (input: Json): Record<string, unknown> => input as Record<string, unknown>;
