import { isRecord } from '../helpers/is-record.ts';
import { jsonCopy } from '../helpers/json-copy.ts';
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
/** Longer texts are cut: they go to the model, which cannot take any length. */
const MAX_TEXT_CHARS = 100_000;

/**
 * Reads what a hook answered. By hand, because hooks run before the first answer and loading zod would delay it. What cannot be
 * understood is a problem and has no effect, except that a PreToolUse answer whose decision or changed input cannot be
 * understood asks: the hook wanted something, and not plainly that the call runs as it is.
 */
export function parseOutput(event: HookEvent, value: unknown): ParsedOutput {
  const reader = new OutputReader(value);
  const { answer } = reader;
  const specific = reader.specific(event);
  const reason = reader.text(answer, 'reason');
  const decision = reader.choice(answer, 'decision', ['approve', 'block']);
  const isBlocked = decision === 'block';
  return {
    continue: reader.flag('continue') ?? true,
    stopReason: reader.text(answer, 'stopReason'),
    systemMessage: reader.text(answer, 'systemMessage'),
    additionalContext: reader.text(specific, 'additionalContext'),
    ...(event === 'PreToolUse'
      ? toolPermission(reader, specific, decision, reason)
      : { permission: undefined, updatedInput: undefined }),
    block:
      isBlocked && event !== 'PreToolUse'
        ? (reason ?? `A ${event} hook blocked this without giving a reason.`)
        : undefined,
    ...(event === 'PostToolUse' ? reader.output(specific, 'updatedToolOutput') : {}),
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
  readonly answer: Record<string, unknown>;

  constructor(value: unknown) {
    // A callback that returns nothing has no opinion, although its type wants {}.
    if (value !== undefined && !isRecord(value)) this.problems.push('answered with something that is no object');
    this.answer = isRecord(value) ? value : {};
  }

  specific(event: HookEvent): Record<string, unknown> {
    const specific = this.part(this.answer, 'hookSpecificOutput') ?? {};
    const name = specific['hookEventName'];
    if (name === undefined || name === event) return specific;
    const other = typeof name === 'string' ? JSON.stringify(name.slice(0, 100)) : `of type ${typeof name}`;
    this.problems.push(`answered for the event ${other} instead of ${event}`);
    this.hasMisplacedDecision = 'permissionDecision' in specific || 'updatedInput' in specific;
    return {};
  }

  text(from: Record<string, unknown>, key: string): string | undefined {
    const value = from[key];
    if (value === undefined) return undefined;
    if (typeof value === 'string') return value.trim() === '' ? undefined : cut(value);
    return this.#wrong(key, 'a string');
  }

  flag(key: string): boolean | undefined {
    const value = this.answer[key];
    if (value === undefined || typeof value === 'boolean') return value;
    return this.#wrong(key, 'true or false');
  }

  part(from: Record<string, unknown>, key: string): Record<string, unknown> | undefined {
    const value = from[key];
    if (value === undefined || isRecord(value)) return value;
    return this.#wrong(key, 'an object');
  }

  /** A copy as JSON holds it, because it goes into the log. */
  record(from: Record<string, unknown>, key: string): Record<string, unknown> | undefined {
    const value = from[key];
    if (value === undefined) return undefined;
    const copy = jsonCopy(value);
    return copy.ok && isRecord(copy.value) ? copy.value : this.#wrong(key, 'an object of JSON');
  }

  /** The field with a copy of its value, if it is given and JSON can hold it. */
  output<K extends string>(from: Record<string, unknown>, key: K): { [key in K]?: unknown } {
    const value = from[key];
    if (value === undefined) return {};
    const copy = jsonCopy(value);
    if (copy.ok && copy.value !== undefined) return { [key]: copy.value } as { [key in K]: unknown };
    this.#wrong(key, 'JSON');
    return {};
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

function cut(text: string): string {
  return text.length > MAX_TEXT_CHARS
    ? `${text.slice(0, MAX_TEXT_CHARS)}\n[cut: it has ${text.length} characters]`
    : text;
}
