import { createHash, randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import { messageOf } from '../helpers/message-of.ts';
import { untilAborted } from '../helpers/until-aborted.ts';
import type { CallState } from '../log/call-state.ts';
import type { Decision, Entry, Json } from '../log/entries.ts';
import type { DecisionClassification, MatchedAskRule, PermissionUpdate } from '../options/permissions.ts';
import type { Tool } from '../tools/tool.ts';
import type { ShownCall } from '../views/door-messages.ts';
import { contextOf } from './context.ts';
import type { Decided } from './decided.ts';
import { checkUpdates, type PermissionVerdict, readPermissionResult } from './read-permission-result.ts';
import { note, type TurnStop, type TurnWorld } from './turn-world.ts';

/** Asks whoever can be asked. Undefined: the turn was stopped meanwhile. */
export async function askSomebody(
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
  // A copy: a callback that changes what it was given would change what runs without saying so.
  const input = structuredClone(asRecord(open.input));
  const asked = async (): Promise<unknown> =>
    canUseTool(call.block.name, input, {
      signal: stop.signal,
      // The chain makes its suggestions as permission updates.
      suggestions: (open.decision.suggestions ?? []) as PermissionUpdate[],
      decisionReason: open.decision.reason,
      ...(open.decision.blockedPath === undefined ? {} : { blockedPath: open.decision.blockedPath }),
      toolUseID: call.block.id,
      requestId: randomUUID(),
      ...matchedAskRule(world, open.decision),
      ...(world.thread === 'main' ? {} : { agentID: world.thread }),
    });
  let verdict: PermissionVerdict;
  try {
    verdict = readPermissionResult(await untilAborted(asked(), stop.signal), world.permissions.state);
  } catch (error) {
    if (stop.cause !== undefined) return undefined;
    const reason = `The permission request failed: ${messageOf(error)}`;
    return { ...open, decision: { behavior: 'deny', source: 'callback', reason, classification: 'failed' } };
  }
  if (verdict.behavior === 'deny') {
    const { reason, interrupt, classification } = verdict;
    const more = { ...(interrupt ? { interrupt } : {}), ...(classification === undefined ? {} : { classification }) };
    return { ...open, decision: { behavior: 'deny', source: 'callback', reason, ...more } };
  }
  await applyUpdates(world, verdict.updates);
  return allowed(stop, tool, open, {
    source: 'callback',
    reason: 'canUseTool allowed the call.',
    updatedInput: verdict.updatedInput,
    ...(verdict.classification === undefined ? {} : { classification: verdict.classification }),
  });
}

function matchedAskRule(world: TurnWorld, { source, rule }: Decision): { matchedAskRule?: MatchedAskRule } {
  const found =
    source === 'rule'
      ? world.permissions.state.rules.find(({ behavior, text }) => behavior === 'ask' && text === rule)
      : undefined;
  if (found === undefined) return {};
  const { destination, tool, specifier } = found;
  const ruleContent = specifier === undefined ? {} : { ruleContent: specifier };
  return { matchedAskRule: { source: destination, toolName: tool, ...ruleContent } };
}

async function allowed(
  stop: TurnStop,
  tool: Tool,
  open: Decided,
  o: {
    source: 'callback' | 'person';
    reason: string;
    updatedInput: Json | undefined;
    classification?: DecisionClassification;
  },
): Promise<Decided | undefined> {
  const { updatedInput, ...word } = o;
  const { source } = word;
  if (updatedInput === undefined) return { ...open, decision: { behavior: 'allow', ...word } };
  try {
    return {
      ...open,
      input: await parseAgain(tool, updatedInput, stop),
      decision: { behavior: 'allow', ...word, updatedInput },
    };
  } catch (error) {
    if (stop.cause !== undefined) return undefined;
    const problem = `The changed input does not fit ${tool.name}: ${messageOf(error)}`;
    return { ...open, decision: { behavior: 'deny', source, reason: problem } };
  }
}

async function askThroughLog(
  world: TurnWorld,
  stop: TurnStop,
  call: CallState,
  tool: Tool,
  open: Decided,
): Promise<Decided | undefined> {
  await requestPermission(world, call, open);
  const answer = call.answered ?? (await answerTo(world, call.asked, stop));
  if (answer === undefined) return undefined;
  const { decision } = answer;
  if (decision.behavior === 'allow') {
    const updates = possibleUpdates(world, decision.suggestions ?? []);
    if (!updates.ok) return { ...open, decision: { behavior: 'deny', source: 'person', reason: updates.flaw } };
    await applyUpdates(world, updates.updates);
    return allowed(stop, tool, open, {
      source: 'person',
      reason: decision.reason,
      updatedInput: decision.updatedInput,
    });
  }
  return { ...open, decision: { ...decision, behavior: 'deny', source: 'person' } };
}

/** Puts the question into the log, unless it is there already. */
export async function requestPermission(
  world: TurnWorld,
  call: CallState,
  { input: asked, decision }: Pick<Decided, 'input' | 'decision'>,
): Promise<void> {
  const input = asRecord(asked);
  const callHash = createHash('sha256')
    .update(JSON.stringify([call.block.name, input]))
    .digest('hex');
  // A new owner whose hooks have made another input of it asks again.
  if (call.askedHash === callHash) return;
  const { reason, suggestions, blockedPath } = decision;
  const blocked = blockedPath === undefined ? {} : { blocked_path: blockedPath };
  const show: ShownCall = { tool_name: call.block.name, input, reason, suggestions: suggestions ?? [], ...blocked };
  await world.log.append([{ kind: 'permission_request', toolUseId: call.block.id, callHash, show }], { sync: 'now' });
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

/** Updates are checked when they are answered; only another program's log may hold others. */
export function possibleUpdates(
  world: TurnWorld,
  updates: readonly Json[],
): { ok: true; updates: PermissionUpdate[] } | { ok: false; flaw: string } {
  try {
    return { ok: true, updates: checkUpdates(updates, world.permissions.state) };
  } catch (error) {
    if (error instanceof ConfigurationError) return { ok: false, flaw: error.message };
    throw error;
  }
}

/** Changed rules, modes and folders go through the log, like every setting: they hold from the next call on, some also in files. */
export async function applyUpdates(world: TurnWorld, updates: readonly PermissionUpdate[]): Promise<void> {
  if (updates.length === 0) return;
  const problems = await world.permissions.keep(updates);
  const told = problems.map((text) => contextOf('warning', text));
  await note(world, ...told, { kind: 'settings', patch: { permissionUpdates: updates }, by: 'permission' });
  for (const update of updates) {
    if (update.type !== 'addDirectories') continue;
    for (const directory of update.directories)
      world.side.fire('DirectoryAdded', { directory: resolve(world.cwd, directory), source: 'slash_command' });
  }
}

/** Tool inputs are objects: the accumulator and the tools' schemas see to it. */
export const asRecord = (input: Json): Record<string, unknown> => input as Record<string, unknown>;

/** Changed inputs are checked like those of the model. The check may be somebody else's code, and never end. */
export function parseAgain(tool: Tool, input: Json, stop: TurnStop): Promise<Json> {
  return untilAborted((async () => tool.parse(input))(), stop.signal);
}
