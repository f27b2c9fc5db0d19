import { messageOf } from '../helpers/message-of.ts';
import { notLongAfter } from '../helpers/not-long-after.ts';
import { untilAborted } from '../helpers/until-aborted.ts';
import type { Decision, Json, NewEntry } from '../log/entries.ts';
import type { CallState } from '../log/fold.ts';
import type { HookOutcome } from '../hooks/run-hooks.ts';
import type { Leave, Tool, ToolContext } from '../tools/tool.ts';
import { type CleanOutcome, cleanContent, cleanOutcome } from './clean-outcome.ts';
import { contextOf, hookContext, hookNews, hookStop } from './context.ts';
import { type Decided, decideCall } from './decide-call.ts';
import { SmallModel } from './small-model.ts';
import { note, type TurnStop, type TurnWorld } from './turn-world.ts';

/** How long a tool that is stopped may take to end what it has started, before the turn goes on without it. */
const STOP_WITHIN_MS = 10_000;

/** One tool call from its block to its result: check the input, decide, tell the log, run, tell the log. Never throws for the tool. */
export async function runCall(world: TurnWorld, stop: TurnStop, call: CallState): Promise<void> {
  const { block } = call;
  const tool = world.tools.find(block.name);
  if (tool === undefined) return refuse(world, block.id, unknownTool(world, block.name));
  const parsed = await parseInput(tool, block.input, stop);
  if (parsed === undefined) return;
  if (!parsed.ok) return refuse(world, block.id, parsed.problem);
  const decided = await decideCall(world, stop, call, tool, parsed.input);
  // A stop while somebody was asked: the turn's end settles the call.
  if (decided === undefined) return;
  const { decision, notes } = decided;
  if (decision.behavior !== 'allow') {
    await note(world, ...notes, { kind: 'tool_decision', toolUseId: block.id, decision }, denial(block.id, decision));
    if (decision.interrupt === true) stop.stop({ why: 'denied' });
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

function denial(toolUseId: string, decision: Decision): NewEntry {
  return { kind: 'tool_result', toolUseId, content: decision.reason, isError: true, outcome: 'denied' };
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
  const hooked = interrupted
    ? undefined
    : await afterRun(world, stop, call, decided.input, outcome, Math.round(performance.now() - startedMs));
  const replaced = hooked !== undefined && 'updatedToolOutput' in hooked;
  const content = replaced ? cleanContent(hooked.updatedToolOutput) : outcome.content;
  const structured = replaced ? hooked.updatedToolOutput : outcome.structured;
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
    ...(hooked === undefined || hooked.continue ? [] : [hookStop(hooked)]),
  );
  if (hooked?.continue === false) stop.stop({ why: 'hook' });
}

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
    const context = await contextFor(world, call, tool, decided, means);
    const running = (async () => tool.run(decided.input, context))();
    return cleanOutcome(await notLongAfter(signal, STOP_WITHIN_MS, running));
  } catch (error) {
    const content = signal.aborted
      ? 'The call was interrupted; what it had done by then stays done.'
      : messageOf(error);
    return { content, isError: true };
  }
}

async function contextFor(
  world: TurnWorld,
  call: CallState,
  tool: Tool,
  { input, places }: Decided,
  { signal, small }: { signal: AbortSignal; small: SmallModel },
): Promise<ToolContext> {
  // A call that has been allowed may touch what it names, and nothing else outside the working folders.
  const named = tool.target(input).paths ?? [];
  const leave = await Promise.all(named.map(({ path }) => sameAsJudged(world, places, path)));
  return {
    session: world.log.id,
    thread: world.thread,
    toolUseId: call.block.id,
    cwd: world.cwd,
    files: leave.length === 0 ? world.files : world.files.withLeave(leave),
    shell: world.shell,
    web: world.web,
    signal,
    state: (key) => world.state.toolState[key],
    askSmallModel: (request) => small.ask(request),
    searchWeb: (request) => small.search(request),
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

async function afterRun(
  world: TurnWorld,
  stop: TurnStop,
  call: CallState,
  input: Json,
  outcome: CleanOutcome,
  durationMs: number,
): Promise<HookOutcome | undefined> {
  if (!world.hooks.has('PostToolUse') || outcome.isError) return undefined;
  const { id, name } = call.block;
  return world.hooks.run(
    'PostToolUse',
    {
      tool_name: name,
      tool_input: input,
      tool_use_id: id,
      tool_response: outcome.structured ?? outcome.content,
      duration_ms: durationMs,
    },
    { toolUseId: id, signal: stop.signal },
  );
}

function problemOf({ block }: CallState, { problem }: CleanOutcome): string[] {
  return problem === undefined ? [] : [`The structured output of ${block.name} was left out: ${problem}`];
}
