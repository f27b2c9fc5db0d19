import { ConfigurationError, TimeoutError } from '../errors.ts';
import { Deadline } from '../helpers/deadline.ts';
import { messageOf } from '../helpers/message-of.ts';
import { untilAborted } from '../helpers/until-aborted.ts';
import type { HookCallback, HookEvent, HookInput } from '../options/hooks.ts';
import type { Options } from '../options/options.ts';
import { type HookOutcome, mergeOutputs } from './merge-outputs.ts';
import { type ParsedOutput, parseOutput } from './parse-output.ts';

const DEFAULT_TIMEOUT_SECONDS = 60;

export type { HookOutcome };

type BaseInput = Pick<HookInput, 'session_id' | 'transcript_path' | 'cwd' | 'permission_mode'>;
type InputOf<E extends HookEvent> = Extract<HookInput, { hook_event_name: E }>;
/** What an event tells besides what every event tells. */
export type HookFields<E extends HookEvent> = Omit<InputOf<E>, keyof BaseInput | 'hook_event_name'>;

export type HookRunner = {
  /** Whether any hook listens to this event. */
  has(event: HookEvent): boolean;
  /** Runs the hooks of an event, all at once. Never throws, and settles within their time-outs or when the signal aborts. */
  run<E extends HookEvent>(
    event: E,
    fields: HookFields<E>,
    o: { toolUseId?: string | undefined; signal: AbortSignal },
  ): Promise<HookOutcome>;
};

type Hook = { call: HookCallback; timeoutMs: number };
type Matcher = { matches(toolName: string | undefined): boolean; hooks: Hook[] };

/**
 * Prepares the hooks of a session. `base` is asked at each run for what may change meanwhile.
 * @throws ConfigurationError for a matcher that is no regular expression.
 */
export function createHookRunner(hooks: Options['hooks'], base: () => BaseInput): HookRunner {
  const matchers = new Map<string, Matcher[]>();
  for (const [event, list] of Object.entries(hooks ?? {})) {
    const made = (list ?? []).map(({ matcher, hooks: calls, timeout }) => ({
      matches: toolNameTest(matcher),
      hooks: calls.map((call) => ({ call, timeoutMs: (timeout ?? DEFAULT_TIMEOUT_SECONDS) * 1000 })),
    }));
    if (made.some((matcher) => matcher.hooks.length > 0)) matchers.set(event, made);
  }
  return {
    has: (event) => matchers.has(event),
    async run(event, fields, { toolUseId, signal }) {
      const input = { ...base(), hook_event_name: event, ...fields };
      const toolName = 'tool_name' in input && typeof input.tool_name === 'string' ? input.tool_name : undefined;
      const matching = (matchers.get(event) ?? []).filter((matcher) => matcher.matches(toolName));
      const outputs = await Promise.all(
        // The fields are those of the event, which TypeScript cannot follow through the spread of a generic type.
        matching
          .flatMap((matcher) => matcher.hooks)
          .map((hook) => runHook(hook, event, input as unknown as HookInput, toolUseId, signal)),
      );
      return mergeOutputs(event, outputs);
    },
  };
}

function toolNameTest(matcher: string | undefined): (toolName: string | undefined) => boolean {
  if (matcher === undefined || matcher === '*' || matcher === '') return () => true;
  try {
    const pattern = new RegExp(`^(?:${matcher})$`);
    // Events without a tool have nothing to match against: all their hooks run.
    return (toolName) => toolName === undefined || pattern.test(toolName);
  } catch (cause) {
    throw new ConfigurationError(
      `The hook matcher ${JSON.stringify(matcher)} is not a regular expression over tool names`,
      { cause },
    );
  }
}

/** One hook's answer. It cannot fail: what goes wrong is a warning, and before a tool a denial where nothing else is safe. */
async function runHook(
  hook: Hook,
  event: HookEvent,
  input: HookInput,
  toolUseId: string | undefined,
  signal: AbortSignal,
): Promise<ParsedOutput> {
  const deadline = new Deadline(signal);
  const seconds = hook.timeoutMs / 1000;
  deadline.start(hook.timeoutMs, () => new TimeoutError(`A ${event} hook gave no answer within ${seconds} s`));
  try {
    deadline.signal.throwIfAborted();
    // A copy: a hook that changes what it was given would change what runs, or what the log holds, without saying so.
    // Called inside an async function, so that a callback that throws at once fails like one that rejects.
    const answer = (async () => hook.call(structuredClone(input), toolUseId, { signal: deadline.signal }))();
    return parseOutput(event, await untilAborted(answer, deadline.signal));
  } catch (error) {
    if (deadline.signal.aborted) return unanswered(event, deadline.signal.reason, signal.aborted);
    return { ...parseOutput(event, {}), problems: [`failed: ${messageOf(error)}`] };
  } finally {
    deadline.close();
  }
}

function unanswered(event: HookEvent, reason: unknown, isInterrupted: boolean): ParsedOutput {
  const nothing = parseOutput(event, {});
  const why = isInterrupted ? 'The turn was stopped before a hook had answered.' : `${messageOf(reason)}.`;
  return {
    ...nothing,
    ...(event === 'PreToolUse' ? { permission: { behavior: 'deny', reason: why } } : {}),
    problems: isInterrupted ? [] : ['gave no answer in time'],
  };
}
