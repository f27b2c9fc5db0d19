import { ColloquyError } from '../errors.ts';
import { messageOf } from '../helpers/message-of.ts';
import type { HookOutcome } from '../hooks/run-hooks.ts';
import { dataFolder } from '../log/data-folder.ts';
import type { Decision, Json } from '../log/entries.ts';
import type { CallState } from '../log/call-state.ts';
import type { PermissionCall } from '../permissions/call.ts';
import { decide } from '../permissions/decide.ts';
import { absolutePath } from '../permissions/paths.ts';
import type { Located, Tool } from '../tools/tool.ts';
import { applyUpdates, askSomebody, asRecord, parseAgain, possibleUpdates } from './ask-somebody.ts';
import { permissionRequest, preToolUse } from './call-hooks.ts';
import { contextOf, hookContext, hookNews, hookStop } from './context.ts';
import type { Decided } from './decided.ts';
import { note, type TurnStop, type TurnWorld } from './turn-world.ts';

const IMPOSSIBLE_PATH: Decision = {
  behavior: 'deny',
  source: 'tool',
  reason: 'The path has a NUL character in it, which no file name can have.',
};

/** Hooks, rules, mode, then whoever can be asked. Undefined: the turn was stopped while somebody was being asked. */
export async function decideCall(
  world: TurnWorld,
  stop: TurnStop,
  call: CallState,
  tool: Tool,
  asWritten: Json,
): Promise<Decided | undefined> {
  const hooked = await preToolUse(world, stop, call, tool, asWritten);
  if (stop.cause !== undefined) return undefined;
  const notes = hooked === undefined ? [] : [...hookNews(hooked), ...hookContext(hooked)];
  if (hooked?.continue === false) {
    await note(world, ...notes, hookStop(hooked));
    stop.stop({ why: 'hook' });
    return undefined;
  }
  if (hooked?.permission?.behavior === 'defer') {
    if (canDefer(world)) {
      // What it says to the model, it says again when the call is decided again.
      await note(world, ...hookNews(hooked));
      stop.stop({ why: 'deferred', call: call.block });
      return undefined;
    }
    notes.push(
      contextOf(
        'warning',
        `A PreToolUse hook cannot put this ${tool.name} call off: only the single call of an answer can wait for the next turn.`,
      ),
    );
  }
  try {
    const input = hooked?.updatedInput === undefined ? asWritten : await parseAgain(tool, hooked.updatedInput, stop);
    const ruled = await rule(world, tool, input, ruling(hooked));
    const open = { ...ruled, input, notes };
    return ruled.decision.behavior === 'ask' ? withParts(await ask(world, stop, call, tool, open), open) : open;
  } catch (error) {
    if (stop.cause !== undefined) return undefined;
    if (error instanceof ColloquyError) throw error;
    // Whatever cannot be decided does not run.
    const reason = `The call could not be decided: ${messageOf(error)}`;
    return { decision: { behavior: 'deny', source: 'none', reason }, input: asWritten, notes, places: new Map() };
  }
}

/**
 * Whether a call that was allowed for one URL may be led on to another that is much the same: not where a rule speaks against it, nor
 * where hooks would want to see it first.
 */
export async function mayFollow(world: TurnWorld, tool: Tool, input: Json, url: URL): Promise<boolean> {
  if (world.hooks.has('PreToolUse')) return false;
  const { decision } = await rule(world, tool, { ...asRecord(input), url: url.href }, undefined);
  return decision.behavior === 'allow' || decision.rule === undefined;
}

/** What rules, modes and policies say of a call. */
export async function rule(
  world: TurnWorld,
  tool: Tool,
  input: Json,
  hook: PermissionCall['hook'],
): Promise<Pick<Decided, 'decision' | 'places'>> {
  const call = { tool, input, target: tool.target(input), hook };
  const places = new Map<string, Located>();
  // A path is looked at once, however it is written: what was judged is what is noted.
  const locate = async (path: string): Promise<Located> => {
    const absolute = absolutePath(world.cwd, path);
    const located = places.get(absolute) ?? (await world.files.locate(path));
    places.set(absolute, located).set(path, located);
    return located;
  };
  const named = (call.target.paths ?? []).map(({ path }) => path);
  if (named.some((path) => path.includes('\0'))) return { decision: IMPOSSIBLE_PATH, places };
  // Noted even where no place is judged: a person who is asked is shown where the path leads now.
  await Promise.allSettled(named.map(locate));
  const canAsk = world.ask.kind !== 'nobody' || world.hooks.has('PermissionRequest');
  const shellCwd = world.state.toolState['bash.cwd'];
  const outputs = world.background.folder.path;
  const decision = await decide(call, world.permissions.state, {
    cwd: world.cwd,
    shellCwd: typeof shellCwd === 'string' ? shellCwd : undefined,
    sandbox:
      call.target.command === undefined || tool.elsewhere !== undefined
        ? 'none'
        : await world.sandbox.confinementOf(call.target),
    allowsSandboxed: world.sandbox.allowsConfined,
    asksUnsandboxed: world.sandbox.asksUnconfined,
    canAsk,
    policy: world.tools.policyOf?.(tool),
    elsewhere: tool.elsewhere !== undefined,
    resolve: async (path) => (await locate(path)).real,
    links: async (path) => (await locate(path)).links,
    readable: outputs === undefined ? [] : [outputs],
    ownFolders: [dataFolder(process.env)],
  });
  return { decision, places };
}

/** The hooks' word as the chain takes it; a call that cannot be put off is asked instead. */
function ruling(hooked: HookOutcome | undefined): PermissionCall['hook'] {
  const word = hooked?.permission;
  if (word === undefined) return undefined;
  return { reason: word.reason, behavior: word.behavior === 'defer' ? 'ask' : word.behavior };
}

/** Of several calls none could stay open while the others go on; nor one of an agent, whose turn does not come back. */
function canDefer({ thread, state }: TurnWorld): boolean {
  return thread === 'main' && state.turn?.calls.length === 1;
}

/** The hooks' word, where they have one; then whoever can be asked. */
async function ask(
  world: TurnWorld,
  stop: TurnStop,
  call: CallState,
  tool: Tool,
  asked: Decided,
): Promise<Decided | undefined> {
  const hooked = await permissionRequest(world, stop, call, tool, asked);
  if (stop.cause !== undefined) return undefined;
  const open = hooked === undefined ? asked : await withVerdict(world, stop, tool, asked, hooked);
  if (open?.decision.behavior !== 'ask') return open;
  if (world.ask.kind !== 'nobody')
    world.side.fire('Notification', {
      message: `The agent needs leave to use ${tool.name}.`,
      notification_type: 'permission_prompt',
    });
  const answered = await askSomebody(world, stop, call, tool, open);
  return answered === undefined ? undefined : unlessDenied(world, tool, answered);
}

/** What was looked at before somebody was asked stays with the answer. */
function withParts(answered: Decided | undefined, { input, decision: { parts } }: Decided): Decided | undefined {
  if (parts === undefined || answered === undefined || answered.input !== input) return answered;
  return { ...answered, decision: { parts, ...answered.decision } };
}

/** Whoever is asked may change the input, but no deny rule is passed by that way. */
async function unlessDenied(world: TurnWorld, tool: Tool, answered: Decided): Promise<Decided> {
  const { behavior, reason, updatedInput } = answered.decision;
  if (behavior !== 'allow' || updatedInput === undefined) return answered;
  const ruled = await rule(world, tool, answered.input, { behavior, reason });
  return ruled.decision.behavior === 'deny' ? { ...answered, ...ruled } : { ...answered, places: ruled.places };
}

/** What PermissionRequest hooks make of a question. Undefined: they have ended the turn, or it was stopped meanwhile. */
async function withVerdict(
  world: TurnWorld,
  stop: TurnStop,
  tool: Tool,
  asked: Decided,
  hooked: HookOutcome,
): Promise<Decided | undefined> {
  const open = { ...asked, notes: [...asked.notes, ...hookNews(hooked), ...hookContext(hooked)] };
  if (!hooked.continue) {
    await note(world, ...open.notes, hookStop(hooked));
    stop.stop({ why: 'hook' });
    return undefined;
  }
  const { verdict } = hooked;
  if (verdict === undefined) return open;
  if (verdict.behavior === 'deny') {
    const { message: reason, interrupt } = verdict;
    return { ...open, decision: { behavior: 'deny', source: 'hook', reason, ...(interrupt ? { interrupt } : {}) } };
  }
  const updates = possibleUpdates(world, verdict.updatedPermissions);
  if (!updates.ok) return { ...open, decision: { behavior: 'deny', source: 'hook', reason: updates.flaw } };
  await applyUpdates(world, updates.updates);
  const reason = 'A PermissionRequest hook allowed the call.';
  const { updatedInput } = verdict;
  if (updatedInput === undefined) return { ...open, decision: { behavior: 'allow', source: 'hook', reason } };
  // Another input is another call: no deny rule is passed by, and an ask rule is asked.
  const input = await parseAgain(tool, updatedInput, stop);
  return { ...open, ...(await rule(world, tool, input, { behavior: 'allow', reason })), input };
}
