import { isRecord } from '../helpers/is-record.ts';
import { jsonCopy } from '../helpers/json-copy.ts';
import type { HookEvent } from '../options/hook-inputs.ts';

/** Longer texts are cut: they go to the model, which cannot take any length. */
const MAX_TEXT_CHARS = 100_000;
const MAX_TEXTS = 1_000;

type Part = Readonly<Record<string, unknown>>;

/** Takes fields out of an answer and notes those of a wrong type. `undefined` and absent are the same. */
export class OutputReader {
  readonly problems: string[] = [];
  /** A decision was given, but for another event. */
  hasMisplacedDecision = false;
  readonly answer: Part;

  constructor(value: unknown) {
    // A callback that returns nothing has no opinion, although its type wants {}.
    if (value !== undefined && !isRecord(value)) this.problems.push('answered with something that is no object');
    this.answer = isRecord(value) ? value : {};
  }

  specific(event: HookEvent): Part {
    const specific = this.part(this.answer, 'hookSpecificOutput') ?? {};
    const name = specific['hookEventName'];
    if (name === undefined || name === event) return specific;
    const other = typeof name === 'string' ? JSON.stringify(name.slice(0, 100)) : `of type ${typeof name}`;
    this.problems.push(`answered for the event ${other} instead of ${event}`);
    this.hasMisplacedDecision = DECIDING.some((key) => key in specific);
    return {};
  }

  text(from: Part, key: string): string | undefined {
    const value = from[key];
    if (value === undefined) return undefined;
    if (typeof value === 'string') return value.trim() === '' ? undefined : cut(value);
    return this.#wrong(key, 'a string');
  }

  texts(from: Part, key: string): string[] | undefined {
    const value = from[key];
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.length <= MAX_TEXTS && value.every((item) => typeof item === 'string'))
      return value;
    return this.#wrong(key, `an array of at most ${MAX_TEXTS} strings`);
  }

  flag(from: Part, key: string): boolean | undefined {
    const value = from[key];
    if (value === undefined || typeof value === 'boolean') return value;
    return this.#wrong(key, 'true or false');
  }

  part(from: Part, key: string): Record<string, unknown> | undefined {
    const value = from[key];
    if (value === undefined || isRecord(value)) return value;
    return this.#wrong(key, 'an object');
  }

  /** A copy as JSON holds it, because it goes into the log. */
  record(from: Part, key: string): Record<string, unknown> | undefined {
    const value = from[key];
    if (value === undefined) return undefined;
    const copy = jsonCopy(value);
    return copy.ok && isRecord(copy.value) ? copy.value : this.#wrong(key, 'an object of JSON');
  }

  /** A copy of the value, if it is given and JSON can hold it; it may be anything, `null` too. */
  json(from: Part, key: string): { value: unknown } | undefined {
    const value = from[key];
    if (value === undefined) return undefined;
    const copy = jsonCopy(value);
    return copy.ok && copy.value !== undefined ? { value: copy.value } : this.#wrong(key, 'JSON');
  }

  choice<const T extends string>(from: Part, key: string, known: readonly T[]): T | undefined {
    const value = from[key];
    if (value === undefined) return undefined;
    return known.find((each) => each === value) ?? this.#wrong(key, `one of ${known.join(', ')}`);
  }

  #wrong(key: string, wanted: string): undefined {
    this.problems.push(`answered with \`${key}\` not being ${wanted}`);
    return undefined;
  }
}

const DECIDING = ['permissionDecision', 'updatedInput', 'decision'] as const;

function cut(text: string): string {
  return text.length > MAX_TEXT_CHARS
    ? `${text.slice(0, MAX_TEXT_CHARS)}\n[cut: it has ${text.length} characters]`
    : text;
}
