import { messageOf } from '../helpers/message-of.ts';
import { notLongAfter } from '../helpers/not-long-after.ts';
import { untilAborted } from '../helpers/until-aborted.ts';
import type { Decision, Json, NewEntry } from '../log/entries.ts';
import type { CallState } from '../log/call-state.ts';
import type { PermissionModeInput } from '../options/permissions.ts';
import { reportedMode } from '../options/reported-mode.ts';
import { hiddenPaths } from '../permissions/hidden-paths.ts';
import type { Leave, Tool, ToolContext } from '../tools/tool.ts';
import { afterCall, afterDenial, cwdChanged, replacementOf } from './call-hooks.ts';
import { filesOfCall } from './checkpoints.ts';
import { type CleanOutcome, cleanContent, cleanOutcome } from './clean-outcome.ts';
import { contextOf, hookContext, hookNews, hookStop } from './context.ts';
import { decideCall, mayFollow } from './decide-call.ts';
import type { Decided } from './decided.ts';
import { resultFromElsewhere, takenUp } from './elsewhere.ts';
import { SmallModel } from './small-model.ts';
import { taskHooks } from './turn-hooks.ts';
import { note, type TurnStop, type TurnWorld } from './turn-world.ts';

/** How long a tool that is stopped may take to end what it has started, before the turn goes on without it. */
const STOP_WITHIN_MS = 10_000;

/** One tool call from its block to its result: check the input, decide, tell the log, run, tell the log. Never throws for the tool. */
export async function runCall(world: TurnWorld, stop: TurnStop, call: CallState): Promise<void> {
  const { block } = call;
  const begun = takenUp(world, call);
  if (begun !== undefined) return runAndSettle(world, stop, call, begun.tool, begun.decided);
  const tool = world.tools.find(block.name);
  if (tool === undefined) {
    const problem = unknownTool(world, block.name);
    await refuse(world, block.id, problem);
    if (call.deferred === true) stop.stop({ why: 'unavailable', problem });
    return;
  }
  const parsed = await parseInput(tool, block.input, stop);
  if (parsed === undefined) return;
  if (!parsed.ok) return refuse(world, block.id, parsed.problem);
  const decided = await decideCall(world, stop, call, tool, parsed.input);
  // A stop while somebody was asked: the turn's end settles the call.
  if (decided === undefined) return;
  const { decision, notes } = decided;
  if (decision.behavior !== 'allow') {
    const after = await afterDenial(world, stop, call, tool, decided);
    if (stop.cause?.why === 'left') return;
    const denied = denial(block.id, decision, after.retry);
    await note(world, ...notes, { kind: 'tool_decision', toolUseId: block.id, decision }, denied, ...after.notes);
    if (decision.interrupt === true) stop.stop({ why: 'denied' });
    if (after.ends) stop.stop({ why: 'hook' });
    return;
  }
  await begin(world, tool, call, decision, decided.input, notes);
  if (stop.cause !== undefined || world.log.lost.aborted) return;
  await runAndSettle(world, stop, call, tool, decided);
}

type Parsed = { ok: true; input: Json } | { ok: false; problem: string };

/** Undefined when the turn is stopped meanwhile: the check of an in-process tool is somebody else's code, and may never end. */
async function parseInput(tool: Tool, input: Json, stop: TurnStop): Promise<Parsed | undefined> {
  try {
    return { ok: true, input: await untilAborted((async () => tool.parse(input))(), stop.signal) };
  } catch (error) {
    if (stop.cause !== undefined) return undefined;
    return { ok: false, problem: `The input does not fit ${tool.name}: ${messageOf(error)}` };
  }
}

function unknownTool(world: TurnWorld, name: string): string {
  const names = world.tools.offered.map((tool) => tool.name).join(', ');
  return `There is no tool named ${name}. The tools are: ${names === '' ? 'none' : names}.`;
}

async function refuse(world: TurnWorld, toolUseId: string, problem: string): Promise<void> {
  await note(world, {
    kind: 'tool_result',
    toolUseId,
    content: `<tool_use_error>${problem}</tool_use_error>`,
    isError: true,
    outcome: 'denied',
  });
}

function denial(toolUseId: string, { reason }: Decision, mayRetry: boolean): NewEntry {
  const content = mayRetry ? `${reason} You may try this call again.` : reason;
  return { kind: 'tool_result', toolUseId, content, isError: true, outcome: 'denied' };
}

/** Says in the log that the call is about to run. Before an effect that cannot be taken back, the log is made durable. */
async function begin(
  world: TurnWorld,
  tool: Tool,
  call: CallState,
  decision: Decision,
  input: Json,
  notes: readonly NewEntry[],
): Promise<void> {
  const toolUseId = call.block.id;
  const decided: NewEntry = { kind: 'tool_decision', toolUseId, decision };
  if (tool.elsewhere !== undefined) {
    const intent: NewEntry = { kind: 'tool_intent', toolUseId, input, external: true, name: call.block.name };
    await world.log.append([...notes, decided, intent], { sync: 'now' });
    return;
  }
  if (tool.effect === 'read') return note(world, ...notes, decided);
  await world.log.append([...notes, decided, { kind: 'tool_intent', toolUseId, input }], { sync: 'now' });
}

async function runAndSettle(
  world: TurnWorld,
  stop: TurnStop,
  call: CallState,
  tool: Tool,
  decided: Decided,
): Promise<void> {
  const startedMs = performance.now();
  const signal = AbortSignal.any([stop.signal, world.log.lost]);
  using small = new SmallModel(world, signal);
  const outcome = await runTool(world, stop, call, tool, decided, { signal, small });
  // A lost lease writes nothing; the next owner tells that the outcome is unknown.
  if (stop.cause?.why === 'left') return;
  // A tool may throw when it is stopped, or tell how far it came.
  const interrupted = stop.cause !== undefined && outcome.isError;
  const durationMs = Math.round(performance.now() - startedMs);
  const run = { input: decided.input, outcome, isInterrupted: interrupted, durationMs };
  const hooked = await afterCall(world, stop, call, tool, run);
  const replaced = replacementOf(hooked, call);
  const content =
    replaced === undefined ? outcome.content : cleanContent(tool.tell?.(replaced.value) ?? replaced.value);
  const structured = replaced === undefined ? outcome.structured : replaced.value;
  const cwd = cwdOf(world);
  await note(
    world,
    ...problemOf(call, outcome).map((text) => contextOf('warning', text)),
    ...(hooked === undefined ? [] : hookNews(hooked)),
    {
      kind: 'tool_result',
      toolUseId: call.block.id,
      content,
      isError: outcome.isError,
      ...(structured === undefined ? {} : { structured }),
      ...(outcome.state === undefined ? {} : { state: outcome.state }),
      ...(small.spent.length === 0 ? {} : { spent: small.spent }),
      outcome: interrupted ? 'interrupted' : 'done',
    },
    ...(hooked === undefined ? [] : hookContext(hooked)),
    ...(hooked === undefined || hooked.continue ? [] : [{ ...hookStop(hooked), source: 'hook_stop' }]),
  );
  if (cwd !== cwdOf(world)) await cwdChanged(world, stop, cwd, cwdOf(world));
  if (hooked?.continue === false) stop.stop({ why: 'hook' });
}

/** Where commands run. */
function cwdOf({ state, cwd }: TurnWorld): string {
  const own = state.toolState['bash.cwd'];
  return typeof own === 'string' ? own : cwd;
}

const INTERRUPTED = 'The call was interrupted; what it had done by then stays done.';

async function runTool(
  world: TurnWorld,
  stop: TurnStop,
  call: CallState,
  tool: Tool,
  decided: Decided,
  means: { signal: AbortSignal; small: SmallModel },
): Promise<CleanOutcome> {
  const { signal } = means;
  try {
    if (call.external !== undefined) return await resultFromElsewhere(world, call, signal);
    const context = await contextFor(world, stop, call, tool, decided, means);
    const running = (async () => tool.run(decided.input, context))();
    return cleanOutcome(await notLongAfter(signal, STOP_WITHIN_MS, running));
  } catch (error) {
    const content = signal.aborted ? INTERRUPTED : messageOf(error);
    return { content, isError: true };
  }
}

async function contextFor(
  world: TurnWorld,
  stop: TurnStop,
  call: CallState,
  tool: Tool,
  { input, places }: Decided,
  { signal, small }: { signal: AbortSignal; small: SmallModel },
): Promise<ToolContext> {
  // A call that has been allowed may touch what it names, and nothing else outside the working folders.
  const target = tool.target(input);
  const named = target.paths ?? [];
  const leave = await Promise.all(named.map(({ path }) => sameAsJudged(world, places, path)));
  const hides = await hiddenPaths({ tool, input, target }, world.permissions.state, {
    cwd: world.cwd,
    resolve: (path) => world.files.resolve(path),
  });
  return {
    session: world.log.id,
    thread: world.thread,
    toolUseId: call.block.id,
    cwd: world.cwd,
    folders: () => [world.cwd, ...world.permissions.state.directories],
    files: filesOfCall(world, call.block.id, leave.length === 0 ? world.files : world.files.withLeave(leave)),
    hides,
    shell: world.sandbox.shellFor(target),
    background: world.background,
    web: world.web,
    mayFollow: (url) => mayFollow(world, tool, input, url),
    signal,
    state: (key) => world.state.toolState[key],
    mode: () => world.mode(),
    setMode: (mode) => setMode(world, mode),
    runAgent: async (spec) => (await import('./run-agent.ts')).runAgent(world, stop, call.block.id, spec, signal),
    askSmallModel: (request) => small.ask(request),
    searchWeb: (request) => small.search(request),
    taskHook: (event, task) => taskHooks(world, event, task, signal),
    progress: (news) =>
      world.log.feed.signal({ kind: 'tool_progress', toolUseId: call.block.id, toolName: call.block.name, news }),
  };
}

/** Leave for a path as it was judged. One that leads elsewhere now, since somebody was asked for instance, leads nowhere. */
async function sameAsJudged(world: TurnWorld, places: Decided['places'], path: string): Promise<Leave> {
  const { real } = await world.files.locate(path);
  const judged = places.get(path);
  if (judged === undefined) return { path, real, mayBeLinked: true };
  if (judged.real === real) return { path, real, mayBeLinked: judged.links > 1 };
  throw new Error(`${path} led elsewhere when this call was allowed. Nothing was done.`);
}

function problemOf({ block }: CallState, { problem }: CleanOutcome): string[] {
  return problem === undefined ? [] : [`The structured output of ${block.name} was left out: ${problem}`];
}

/** A mode that a tool sets goes through the log, like every setting. A subagent's own mode is its definition's. */
async function setMode(world: TurnWorld, mode: PermissionModeInput): Promise<void> {
  if (world.thread !== 'main') throw new Error("The mode is the session's, and an agent cannot change it.");
  await note(world, {
    kind: 'settings',
    patch: { permissionMode: mode, reportedMode: reportedMode(mode) },
    by: 'tool',
  });
}
