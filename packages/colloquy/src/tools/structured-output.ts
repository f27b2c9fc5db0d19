import { runInNewContext } from 'node:vm';
import { ConfigurationError } from '../errors.ts';
import { isRecord } from '../helpers/is-record.ts';
import { messageOf } from '../helpers/message-of.ts';
import type { Json } from '../log/entries.ts';
import { explainIssues } from './from-schema.ts';
import type { Tool } from './tool.ts';

const MAX_CHECK_MS = 1000;

/**
 * The tool with which the model gives its answer in the form that a program asked for; the turn ends with it.
 * @throws ConfigurationError for a schema that answers cannot be checked against
 */
export async function structuredOutputTool(schema: Record<string, unknown>): Promise<Tool> {
  if (schema['type'] !== 'object')
    throw new ConfigurationError('The schema of outputFormat must describe an object ("type": "object")');
  const { z } = await import('zod');
  const read = (): ReturnType<typeof z.fromJSONSchema> => {
    try {
      // What is not JSON Schema, it refuses.
      return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
    } catch (cause) {
      throw new ConfigurationError(`The schema of outputFormat cannot be used: ${messageOf(cause)}`, { cause });
    }
  };
  const checked = read();
  const { properties } = schema;
  const known = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
  return {
    name: 'StructuredOutput',
    description:
      'Gives your final answer, in the form that the program asked for. Call it once, when everything else is done; nothing comes after it.',
    inputSchema: schema,
    effect: 'read',
    harmless: true,
    parse: (input: Json) => {
      const result = withinTime(() => checked.safeParse(input, { reportInput: true }));
      if (!result.success) throw new Error(explainIssues(result.error.issues, known));
      // As it was written: JSON Schema checks, and changes nothing.
      return input;
    },
    target: () => ({}),
    run: async (input) => ({ content: 'The answer is taken.', structured: input }),
  };
}

/** Runs a check, and breaks it off when it takes too long: a pattern of the schema may meet a text that keeps it busy for ever. */
function withinTime<T>(check: () => T): T {
  try {
    // The function is not code of that context: only the time is bounded.
    return runInNewContext('check()', { check }, { timeout: MAX_CHECK_MS }) as T;
  } catch (cause) {
    // An error of that context is no instance of ours.
    if (!isRecord(cause) || cause['code'] !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw cause;
    throw new Error('it takes too long to hold this answer against the patterns of the schema. Give another one', {
      cause,
    });
  }
}
