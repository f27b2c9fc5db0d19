import type { HookEvent } from '../options/hooks.ts';
import type { ParsedOutput } from './parse-output.ts';

/** What all hooks of one event said together. */
export type HookOutcome = {
  /** False: the run is to end. */
  continue: boolean;
  stopReason?: string | undefined;
  permission?: { behavior: 'allow' | 'deny' | 'ask'; reason: string } | undefined;
  updatedInput?: Record<string, unknown> | undefined;
  additionalContext: string[];
  /** Why the prompt, the result or the stop is blocked. */
  block?: string | undefined;
  systemMessages: string[];
  warnings: string[];
  /** Present only if given. */
  updatedToolOutput?: unknown;
};

/** From weak to strong: the strongest word of all hooks counts. */
const STRENGTH = ['allow', 'ask', 'deny'] as const;

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
  const replaced = outputs.findLast((output) => 'updatedToolOutput' in output);
  return {
    continue: stopping === undefined,
    stopReason: stopping?.stopReason,
    permission:
      strictest === undefined
        ? undefined
        : { behavior: strictest.behavior, reason: strictest.reason ?? defaultReason(strictest.behavior) },
    updatedInput: outputs.findLast((output) => output.updatedInput !== undefined)?.updatedInput,
    additionalContext: outputs.flatMap(({ additionalContext: text }) => (text === undefined ? [] : [text])),
    block: outputs.find((output) => output.block !== undefined)?.block,
    systemMessages: outputs.flatMap(({ systemMessage: text }) => (text === undefined ? [] : [text])),
    warnings: outputs.flatMap((output) => output.problems.map((problem) => `A ${event} hook ${problem}.`)),
    ...(replaced === undefined ? {} : { updatedToolOutput: replaced.updatedToolOutput }),
  };
}

function defaultReason(behavior: 'allow' | 'ask' | 'deny'): string {
  switch (behavior) {
    case 'allow':
      return 'A PreToolUse hook allowed the call.';
    case 'ask':
      return 'A PreToolUse hook wants this call to be asked.';
    case 'deny':
      return 'A PreToolUse hook denied the call.';
    default:
      return behavior satisfies never;
  }
}
