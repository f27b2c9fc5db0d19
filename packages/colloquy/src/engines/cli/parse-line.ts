import { CLIJSONDecodeError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';

const MAX_QUOTED = 500;

/** One message of Claude Code. Unknown types and keys are kept: it may be newer than we are. */
export type CliLine = { type: string; [key: string]: unknown };

/**
 * Reads one line of its output. Undefined for what is none of its messages: programs that it starts, or that are started instead
 * of it, may print anything.
 * @throws CLIJSONDecodeError for one that begins like a message and is none: something that the program waits for may be lost.
 */
export function parseLine(line: string): CliLine | undefined {
  if (!line.startsWith('{"')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    const quoted = quoteLine(line);
    throw new CLIJSONDecodeError(`Claude Code printed a line that is no JSON: ${quoted}`, quoted, { cause });
  }
  return isRecord(value) && typeof value['type'] === 'string' ? { ...value, type: value['type'] } : undefined;
}

/** The beginning of a line, for an error. */
export function quoteLine(line: string): string {
  return line.length > MAX_QUOTED ? `${line.slice(0, MAX_QUOTED)}…` : line;
}
