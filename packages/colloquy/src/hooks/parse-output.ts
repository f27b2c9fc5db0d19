import { isRecord } from '../helpers/is-record.ts';
import type { HookEvent } from '../options/hooks.ts';

/** A hook's answer, with everything unusable taken out. */
export type ParsedOutput = {
  continue: boolean;
  stopReason: string | undefined;
  systemMessage: string | undefined;
  permission: { behavior: 'allow' | 'ask' | 'deny'; reason: string | undefined } | undefined;
  updatedInput: Record<string, unknown> | undefined;
  additionalContext: string | undefined;
  block: string | undefined;
  /** Present only if given: the value may be anything. */
  updatedToolOutput?: unknown;
  /** What was wrong with it, each to be put after the hook's name. */
  problems: string[];
};

const BEHAVIORS = ['allow', 'ask', 'deny'] as const;

/**
 * Reads what a hook answered. By hand, because hooks run before the first answer and loading zod would delay it. What cannot be
 * understood is a problem and has no effect, except that a PreToolUse answer whose decision or changed input cannot be
 * understood asks: the hook wanted something, and not plainly that the call runs as it is.
 */
export function parseOutput(event: HookEvent, value: unknown): ParsedOutput {
  const reader = new OutputReader(value);
  const specific = reader.specific(event);
  const reason = reader.text(reader.output, 'reason');
  const decision = reader.choice(reader.output, 'decision', ['approve', 'block']);
  const isBlocked = decision === 'block';
  return {
    continue: reader.flag('continue') ?? true,
    stopReason: reader.text(reader.output, 'stopReason'),
    systemMessage: reader.text(reader.output, 'systemMessage'),
    additionalContext: reader.text(specific, 'additionalContext'),
    ...(event === 'PreToolUse'
      ? toolPermission(reader, specific, decision, reason)
      : { permission: undefined, updatedInput: undefined }),
    block:
      isBlocked && event !== 'PreToolUse'
        ? (reason ?? `A ${event} hook blocked this without giving a reason.`)
        : undefined,
    ...('updatedToolOutput' in specific && event === 'PostToolUse'
      ? { updatedToolOutput: specific['updatedToolOutput'] }
      : {}),
    problems: reader.problems,
  };
}

function toolPermission(
  reader: OutputReader,
  specific: Record<string, unknown>,
  decision: 'approve' | 'block' | undefined,
  reason: string | undefined,
): Pick<ParsedOutput, 'permission' | 'updatedInput'> {
  const before = reader.problems.length;
  const legacy = decision === undefined ? undefined : decision === 'block' ? 'deny' : 'allow';
  const behavior = reader.choice(specific, 'permissionDecision', BEHAVIORS) ?? legacy;
  const updatedInput = reader.record(specific, 'updatedInput');
  const isClear = reader.problems.length === before && !reader.hasMisplacedDecision;
  const why = reader.text(specific, 'permissionDecisionReason') ?? reason;
  if (isClear || behavior === 'deny')
    return { permission: behavior === undefined ? undefined : { behavior, reason: why }, updatedInput };
  return {
    permission: { behavior: 'ask', reason: 'A PreToolUse hook gave an answer that could not be understood.' },
    updatedInput,
  };
}

/** Takes fields out of an answer and notes those of a wrong type. `undefined` and absent are the same. */
class OutputReader {
  readonly problems: string[] = [];
  /** A decision was given, but for another event. */
  hasMisplacedDecision = false;
  readonly output: Record<string, unknown>;

  constructor(value: unknown) {
    // A callback that returns nothing has no opinion, although its type wants {}.
    if (value !== undefined && !isRecord(value)) this.problems.push('answered with something that is no object');
    this.output = isRecord(value) ? value : {};
  }

  specific(event: HookEvent): Record<string, unknown> {
    const specific = this.record(this.output, 'hookSpecificOutput') ?? {};
    const name = specific['hookEventName'];
    if (name === undefined || name === event) return specific;
    this.problems.push(`answered for the event ${JSON.stringify(name)} instead of ${event}`);
    this.hasMisplacedDecision = 'permissionDecision' in specific || 'updatedInput' in specific;
    return {};
  }

  text(from: Record<string, unknown>, key: string): string | undefined {
    const value = from[key];
    if (value === undefined) return undefined;
    if (typeof value === 'string') return value === '' ? undefined : value;
    return this.#wrong(key, 'a string');
  }

  flag(key: string): boolean | undefined {
    const value = this.output[key];
    if (value === undefined || typeof value === 'boolean') return value;
    return this.#wrong(key, 'true or false');
  }

  record(from: Record<string, unknown>, key: string): Record<string, unknown> | undefined {
    const value = from[key];
    if (value === undefined || isRecord(value)) return value;
    return this.#wrong(key, 'an object');
  }

  choice<const T extends string>(from: Record<string, unknown>, key: string, known: readonly T[]): T | undefined {
    const value = from[key];
    if (value === undefined) return undefined;
    return known.find((each) => each === value) ?? this.#wrong(key, `one of ${known.join(', ')}`);
  }

  #wrong(key: string, wanted: string): undefined {
    this.problems.push(`answered with \`${key}\` not being ${wanted}`);
    return undefined;
  }
}
