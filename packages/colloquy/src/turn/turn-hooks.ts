import type { HookOutcome } from '../hooks/run-hooks.ts';
import type { NewEntry } from '../log/entries.ts';
import type { OpenTurn } from '../log/fold.ts';
import type { HookFields } from '../options/hook-inputs.ts';
import type { ModelErrorFacts } from '../views/to-sdk-messages.ts';
import { contextOf, hookContext, hookNews, hookStop, promptText } from './context.ts';
import { isTaskNotification } from './tell-task.ts';
import type { Ending } from './turn-result.ts';
import { note, type TurnStop, type TurnWorld } from './turn-world.ts';

// The events of a turn as a whole.

/** Stop hooks that block go on no more often than this: in a row without a tool call, and in one turn. */
const MAX_BLOCKS_IN_A_ROW = 8;
const MAX_BLOCKS = 100;
const MAX_SHOWN_PROMPT_CHARS = 2_000;

/** Shows each prompt to the hooks. Gives the reason of the first that is blocked; undefined also when the turn is stopped meanwhile. */
export async function submitPrompts(world: TurnWorld, turn: OpenTurn, stop: TurnStop): Promise<Ending | undefined> {
  for (const prompt of turn.prompts.filter((one) => !isTaskNotification(one))) {
    const text = promptText(prompt.content);
    const { title } = world.side;
    const outcome = await world.hooks.run(
      'UserPromptSubmit',
      { prompt: text, ...(title === undefined ? {} : { session_title: title }) },
      { toolUseId: undefined, signal: stop.signal },
    );
    if (stop.cause !== undefined) return undefined;
    const reason = outcome.block ?? (outcome.continue ? undefined : (outcome.stopReason ?? 'A hook ended the turn'));
    await note(world, ...hookNews(outcome));
    if (reason !== undefined) {
      const original = outcome.suppressOriginalPrompt === true ? '' : `\n\nThe prompt: ${shortened(text)}`;
      await note(world, contextOf('warning', `The prompt was blocked by a hook: ${reason}${original}`));
      return { kind: 'blocked', reason };
    }
    if (outcome.sessionTitle !== undefined) await world.side.setTitle(outcome.sessionTitle);
    await note(world, ...hookContext(outcome));
  }
  return undefined;
}

function shortened(text: string): string {
  return text.length > MAX_SHOWN_PROMPT_CHARS ? `${text.slice(0, MAX_SHOWN_PROMPT_CHARS)} …` : text;
}

/** All calls of an answer have their results, and the model is about to be told. */
export async function afterBatch(world: TurnWorld, turn: OpenTurn, stop: TurnStop): Promise<void> {
  if (!world.hooks.has('PostToolBatch')) return;
  const tool_calls = turn.calls.map(({ block, result }) => ({
    tool_name: block.name,
    tool_input: block.input,
    tool_use_id: block.id,
    tool_response: result,
  }));
  const outcome = await world.hooks.run('PostToolBatch', { tool_calls }, { signal: stop.signal });
  if (stop.cause !== undefined) return;
  const { block, ...rest } = outcome;
  await note(world, ...hookNews(outcome), ...hookContext(rest));
  if (outcome.continue && block === undefined) return;
  await note(world, hookStop({ ...outcome, stopReason: outcome.stopReason ?? block }));
  stop.stop({ why: 'hook' });
}

/** The turn is about to end: hooks may make it go on. Undefined: it does, or it is left to the next owner. */
export async function stopHooks(
  world: TurnWorld,
  turn: OpenTurn,
  stop: TurnStop,
  done: Ending & { kind: 'success' },
): Promise<Ending | undefined> {
  const outcome = await runStopHooks(world, turn, stop);
  if (outcome === undefined) return done;
  // The next owner asks again.
  if (stop.cause?.why === 'left') return undefined;
  await note(world, ...hookNews(outcome));
  if (!outcome.continue) {
    await note(world, hookStop(outcome));
    return { ...done, terminal: 'stop_hook_prevented' };
  }
  const more = [...(outcome.block === undefined ? [] : [outcome.block]), ...outcome.additionalContext];
  if (more.length === 0) return done;
  const { inARow, all } = turn.stopBlocks;
  if (inARow >= MAX_BLOCKS_IN_A_ROW || all >= MAX_BLOCKS) {
    const bound = inARow >= MAX_BLOCKS_IN_A_ROW ? `${inARow} times in a row` : `${all} times in one turn`;
    await note(world, contextOf('warning', `Stop hooks have kept the turn from ending ${bound}; it ends now.`));
    return done;
  }
  await note(world, {
    ...contextOf('stop_hook', ''),
    content: more.map((text) => ({ type: 'text', text })),
  });
  return undefined;
}

async function runStopHooks(world: TurnWorld, turn: OpenTurn, stop: TurnStop): Promise<HookOutcome | undefined> {
  const common = { stop_hook_active: turn.stopBlocks.all > 0, last_assistant_message: turn.text };
  const { agentType } = world;
  if (agentType === undefined)
    return world.hooks.has('Stop') ? world.hooks.run('Stop', common, { signal: stop.signal }) : undefined;
  if (!world.hooks.has('SubagentStop')) return undefined;
  const agent = { agent_id: world.thread, agent_type: agentType, agent_transcript_path: '' };
  return world.hooks.run('SubagentStop', { ...common, ...agent }, { signal: stop.signal });
}

/** The turn ends because the model could not be asked. Nothing that hooks say changes that. */
export async function stopFailure(
  world: TurnWorld,
  turn: OpenTurn,
  stop: TurnStop,
  { error, message }: ModelErrorFacts,
): Promise<void> {
  if (!world.hooks.has('StopFailure')) return;
  const last = turn.text === '' ? {} : { last_assistant_message: turn.text };
  const outcome = await world.hooks.run(
    'StopFailure',
    { error, error_details: message, ...last },
    { signal: stop.signal },
  );
  if (stop.cause?.why !== 'left') await note(world, ...hookNews(outcome));
}

/** A subagent is about to begin: what its hooks want it to be told. */
export async function subagentStart(world: TurnWorld, agentType: string, signal: AbortSignal): Promise<NewEntry[]> {
  if (!world.hooks.has('SubagentStart')) return [];
  const fields = { agent_id: world.thread, agent_type: agentType };
  const outcome = await world.hooks.run('SubagentStart', fields, { signal });
  return [...hookNews(outcome), ...hookContext(outcome)];
}

/** A task is about to be put on the list, or to be called completed. Gives why it is not to be, if hooks say so. */
export async function taskHooks(
  world: TurnWorld,
  event: 'TaskCreated' | 'TaskCompleted',
  task: HookFields['TaskCreated'],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!world.hooks.has(event)) return undefined;
  const outcome = await world.hooks.run(event, task, { signal });
  const { block, ...rest } = outcome;
  if (!signal.aborted) await note(world, ...hookNews(outcome), ...hookContext(rest));
  return block ?? (outcome.continue ? undefined : (outcome.stopReason ?? `A ${event} hook did not let it.`));
}
