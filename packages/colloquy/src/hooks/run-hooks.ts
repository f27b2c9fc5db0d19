import { randomUUID } from 'node:crypto';
import { TimeoutError } from '../errors.ts';
import { Deadline } from '../helpers/deadline.ts';
import { messageOf } from '../helpers/message-of.ts';
import { untilAborted } from '../helpers/until-aborted.ts';
import type { BaseHookInput, HookEvent, HookFields, HookInput } from '../options/hook-inputs.ts';
import {
  type HookCallbackMatcher,
  type HookCommand,
  type HookCommandMatcher,
  isHookEvent,
  type SettingsHooks,
} from '../options/hooks.ts';
import type { Options } from '../options/options.ts';
import { type RunCommand, runCommandHook } from './command-hook.ts';
import { type HookNews, HookProgress } from './hook-progress.ts';
import { type MatchTest, matchTest, subjectOf } from './match-hooks.ts';
import { type HookOutcome, mergeOutputs } from './merge-outputs.ts';
import { type ParsedOutput, parseOutput } from './parse-output.ts';

const CALLBACK_SECONDS = 60;
const COMMAND_SECONDS = 600;

export type { HookOutcome };

/** The hooks of a session: callbacks first, then commands, each in the order given. */
export type Hooks = { callbacks?: Options['hooks']; commands?: SettingsHooks | undefined };

/** Where hooks run. */
export type HookHost = {
  /** Asked at each run for what may change meanwhile. */
  base(): BaseHookInput;
  /** Aborted when the session is over. */
  closed: AbortSignal;
  run: RunCommand;
  /** What a command says that nobody waits for any longer. */
  late(event: HookEvent, outcome: HookOutcome): void;
  /** News of commands; undefined when nobody wants them. */
  tell: ((news: HookNews) => void) | undefined;
};

export type HookRunner = {
  /** Whether any hook listens to this event. */
  has(event: HookEvent): boolean;
  /** Runs the hooks of an event, all at once. Never throws, and settles within their time-outs or when the signal aborts. */
  run<E extends HookEvent>(event: E, fields: HookFields[E], o: RunOptions): Promise<HookOutcome>;
  /** The same hooks, told that they are inside of an agent. */
  inside(agent: { agent_id: string; agent_type: string }): HookRunner;
};

export type RunOptions = {
  toolUseId?: string | undefined;
  /** Further names of what the event is about, such as a tool's aliases. */
  aliases?: readonly string[] | undefined;
  signal: AbortSignal;
};

type OnFailure = HookCallbackMatcher['onFailure'];
type Hook = {
  /** Of a command: the same one is run once, however many matchers name it. */
  command: string | undefined;
  timeoutMs: number;
  onFailure: OnFailure;
  call(
    input: HookInput,
    o: { event: HookEvent; subject: string | undefined; toolUseId: string | undefined; signal: AbortSignal },
  ): Promise<unknown>;
};
type Matcher = { matches: MatchTest; hooks: Hook[] };

/** Prepares the hooks of a session. @throws ConfigurationError for a matcher that is no regular expression. */
export function createHookRunner(hooks: Hooks, host: HookHost): HookRunner {
  const matchers = new Map<HookEvent, Matcher[]>();
  const add = (event: string, matcher: string | undefined, list: Hook[]): void => {
    if (!isHookEvent(event)) return;
    const matches = matchTest(event, matcher);
    if (list.length > 0) matchers.set(event, [...(matchers.get(event) ?? []), { matches, hooks: list }]);
  };
  for (const [event, list] of Object.entries(hooks.callbacks ?? {}))
    for (const matcher of list ?? []) add(event, matcher.matcher, callbacksOf(matcher));
  for (const [event, list] of Object.entries(hooks.commands ?? {}))
    for (const matcher of list ?? []) add(event, matcher.matcher, commandsOf(matcher, host));
  return matchers.size === 0 ? NO_HOOKS : runnerOf(matchers, () => host.base());
}

/** Of most sessions. */
const NO_HOOKS: HookRunner = {
  has: () => false,
  run: async (event) => mergeOutputs(event, []),
  inside: () => NO_HOOKS,
};

function runnerOf(matchers: ReadonlyMap<HookEvent, readonly Matcher[]>, base: () => BaseHookInput): HookRunner {
  return {
    has: (event) => matchers.has(event),
    async run<E extends HookEvent>(event: E, fields: HookFields[E], { toolUseId, aliases, signal }: RunOptions) {
      const input = inputOf(event, base(), fields);
      const subject = subjectOf(event, fields);
      const names = subject === undefined ? [] : [subject, ...(aliases ?? [])];
      const matching = (matchers.get(event) ?? [])
        .filter(({ matches }) => matches(names))
        .flatMap((matcher) => matcher.hooks);
      const outputs = await Promise.all(
        withoutRepeats(matching).map((hook) => runHook(hook, input, { event, subject, toolUseId, signal })),
      );
      return mergeOutputs(event, outputs);
    },
    inside: (agent) => runnerOf(matchers, () => ({ ...base(), ...agent })),
  };
}

/** The fields are those of the event: that is what the one signature says, and TypeScript cannot follow through the other. */
function inputOf<E extends HookEvent>(event: E, base: BaseHookInput, fields: HookFields[E]): HookInput;
function inputOf(hook_event_name: HookEvent, base: BaseHookInput, fields: object): object {
  return { ...base, hook_event_name, ...fields };
}

function withoutRepeats(hooks: readonly Hook[]): Hook[] {
  const seen = new Set<string>();
  return hooks.filter(({ command }) => {
    if (command === undefined) return true;
    if (seen.has(command)) return false;
    seen.add(command);
    return true;
  });
}

function callbacksOf({ hooks, timeout, onFailure }: HookCallbackMatcher): Hook[] {
  return hooks.map((call) => ({
    command: undefined,
    timeoutMs: (timeout ?? CALLBACK_SECONDS) * 1000,
    onFailure,
    call: async (input, { toolUseId = idOf(input), signal }) => call(input, toolUseId, { signal }),
  }));
}

function commandsOf({ hooks, timeout, onFailure }: HookCommandMatcher, host: HookHost): Hook[] {
  return hooks.map((command) => {
    const timeoutMs = (command.timeout ?? timeout ?? COMMAND_SECONDS) * 1000;
    return {
      command: command.command,
      timeoutMs,
      onFailure,
      call: (input, { event, subject, signal }) =>
        runCommandHook(command, input, signal, {
          run: (o) => host.run(o),
          event,
          progress: new HookProgress(host.tell, event, subject),
          closed: host.closed,
          timeoutMs,
          late: (answer) => void tellLate(event, command, answer, host),
        }),
    };
  });
}

/** What a command says when nobody waits for it any longer. At the end of the session nobody is told. */
async function tellLate(
  event: HookEvent,
  { command }: HookCommand,
  answer: Promise<unknown>,
  host: HookHost,
): Promise<void> {
  let output: ParsedOutput;
  try {
    output = parseOutput(event, await answer);
  } catch (error) {
    output = { continue: true, problems: [`failed in the background (${command.slice(0, 100)}): ${messageOf(error)}`] };
  }
  if (!host.closed.aborted) host.late(event, mergeOutputs(event, [output]));
}

/** One hook's answer. It cannot fail: what goes wrong is a warning, and a denial or a block where that is asked for. */
async function runHook(
  hook: Hook,
  input: HookInput,
  o: { event: HookEvent; subject: string | undefined; toolUseId: string | undefined; signal: AbortSignal },
): Promise<ParsedOutput> {
  const { event, signal } = o;
  const deadline = new Deadline(signal);
  const seconds = hook.timeoutMs / 1000;
  deadline.start(hook.timeoutMs, () => new TimeoutError(`A ${event} hook gave no answer within ${seconds} s`));
  try {
    deadline.signal.throwIfAborted();
    // A copy: a hook that changes what it was given would change what runs, or what the log holds, without saying so.
    // Called inside an async function, so that a callback that throws at once fails like one that rejects.
    const answer = (async () => hook.call(structuredClone(input), { ...o, signal: deadline.signal }))();
    return parseOutput(event, await untilAborted(answer, deadline.signal));
  } catch (error) {
    if (signal.aborted) return interrupted(event);
    if (deadline.signal.aborted) return unanswered(event, `${messageOf(deadline.signal.reason)}.`, hook.onFailure);
    return failed(event, messageOf(error), hook.onFailure);
  } finally {
    deadline.close();
  }
}

function interrupted(event: HookEvent): ParsedOutput {
  return event === 'PreToolUse' ? refusal(event, 'The turn was stopped before a hook had answered.') : nothing();
}

/** A call that a hook was to look at does not run unseen. */
function unanswered(event: HookEvent, why: string, onFailure: OnFailure): ParsedOutput {
  const refuses = event === 'PreToolUse' || onFailure === 'block';
  return { ...(refuses ? refusal(event, why) : nothing()), problems: ['gave no answer in time'] };
}

function failed(event: HookEvent, problem: string, onFailure: OnFailure): ParsedOutput {
  const refused =
    onFailure === 'block'
      ? refusal(event, `A ${event} hook failed, and this is blocked by its failure: ${problem}`)
      : nothing();
  return { ...refused, problems: [`failed: ${problem}`] };
}

const nothing = (): ParsedOutput => ({ continue: true, problems: [] });
const refusal = (event: HookEvent, reason: string): ParsedOutput => parseOutput(event, { decision: 'block', reason });

/** As in the official SDK: what belongs to no call has an id of its own where a turn begins or ends. */
function idOf({ hook_event_name: event }: HookInput): string | undefined {
  return event === 'UserPromptSubmit' || event === 'Stop' ? randomUUID() : undefined;
}
