import type { HookEvent } from '../options/hook-inputs.ts';
import type { HookBehavior, HookVerdict, ParsedOutput } from './parse-output.ts';

/** What all hooks of one event said together. */
export type HookOutcome = {
  /** False: the run is to end. */
  continue: boolean;
  stopReason?: string | undefined;
  permission?: { behavior: HookBehavior; reason: string } | undefined;
  updatedInput?: Record<string, unknown> | undefined;
  additionalContext: string[];
  /** Why the prompt, the result, the task or the stop is blocked. */
  block?: string | undefined;
  systemMessages: string[];
  warnings: string[];
  /** The value may be anything. */
  updatedToolOutput?: { value: unknown } | undefined;
  /** The same by its older name, for tools of MCP servers. */
  updatedMCPToolOutput?: { value: unknown } | undefined;
  verdict?: HookVerdict | undefined;
  retry?: true | undefined;
  sessionTitle?: string | undefined;
  initialUserMessages?: string[] | undefined;
  suppressOriginalPrompt?: true | undefined;
  watchPaths?: string[] | undefined;
};

/** From weak to strong: the strongest word of all hooks counts. */
const STRENGTH = ['allow', 'ask', 'defer', 'deny'] as const;

/**
 * One outcome from the answers of all hooks, in the order in which the hooks were given. Where they disagree, the strictest
 * decision counts, and the last changed input.
 */
export function mergeOutputs(event: HookEvent, outputs: readonly ParsedOutput[]): HookOutcome {
  const stopping = outputs.find((output) => !output.continue);
  const strictest = outputs
    .flatMap(({ permission }) => (permission === undefined ? [] : [permission]))
    .reduce<ParsedOutput['permission']>(
      (strict, next) =>
        strict === undefined || STRENGTH.indexOf(next.behavior) > STRENGTH.indexOf(strict.behavior) ? next : strict,
      undefined,
    );
  const last = <K extends keyof ParsedOutput>(key: K): ParsedOutput[K] | undefined =>
    outputs.findLast((output) => output[key] !== undefined)?.[key];
  const verdicts = outputs.flatMap(({ verdict }) => (verdict === undefined ? [] : [verdict]));
  const first = outputs.flatMap(({ initialUserMessage: text }) => (text === undefined ? [] : [text]));
  return {
    continue: stopping === undefined,
    stopReason: stopping?.stopReason,
    permission:
      strictest === undefined
        ? undefined
        : { behavior: strictest.behavior, reason: strictest.reason ?? defaultReason(event, strictest.behavior) },
    updatedInput: last('updatedInput'),
    additionalContext: outputs.flatMap(({ additionalContext: text }) => (text === undefined ? [] : [text])),
    block: outputs.find((output) => output.block !== undefined)?.block,
    systemMessages: outputs.flatMap(({ systemMessage: text }) => (text === undefined ? [] : [text])),
    warnings: outputs.flatMap((output) => output.problems.map((problem) => `A ${event} hook ${problem}.`)),
    updatedToolOutput: last('updatedToolOutput'),
    updatedMCPToolOutput: last('updatedMCPToolOutput'),
    verdict: verdicts.find(({ behavior }) => behavior === 'deny') ?? verdicts.at(-1),
    retry: outputs.some(({ retry }) => retry === true) ? true : undefined,
    sessionTitle: last('sessionTitle'),
    initialUserMessages: first.length === 0 ? undefined : first,
    suppressOriginalPrompt: outputs.some((output) => output.suppressOriginalPrompt === true) ? true : undefined,
    watchPaths: outputs.some(({ watchPaths }) => watchPaths !== undefined)
      ? outputs.flatMap(({ watchPaths }) => watchPaths ?? [])
      : undefined,
  };
}

function defaultReason(event: HookEvent, behavior: HookBehavior): string {
  const what = event === 'PreModelSwitch' ? 'model switch' : 'call';
  switch (behavior) {
    case 'allow':
      return `A ${event} hook allowed the ${what}.`;
    case 'ask':
      return `A ${event} hook wants this ${what} to be asked.`;
    case 'defer':
      return `A ${event} hook put the ${what} off.`;
    case 'deny':
      return `A ${event} hook denied the ${what}.`;
    default:
      return behavior satisfies never;
  }
}
