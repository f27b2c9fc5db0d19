import { z } from 'zod';
import { APIError, ConfigurationError } from '../errors.ts';
import { isRecord } from '../helpers/is-record.ts';
import { messageOf } from '../helpers/message-of.ts';
import type { ApiMessage } from '../messages-api/types.ts';
import { explainIssues } from '../tools/from-schema.ts';
import type { OutputSchema } from './request-options.ts';

/** The form that an answer has to have. */
export type OutputForm = {
  /** As it is sent. Objects that do not say otherwise are closed: the API takes no others. */
  schema: Record<string, unknown>;
  /** What the answer says. @throws APIError of type `invalid_output` when it is not of this form, a refused or cut answer included */
  read(message: ApiMessage, requestId: string | undefined): Promise<unknown>;
};

/** @throws ConfigurationError for what is neither zod schema nor JSON Schema, and for types that JSON does not have */
export function openOutputForm(given: OutputSchema): OutputForm {
  const isZod = '_zod' in given;
  if (!isZod && typeof given['safeParse'] === 'function') {
    throw new ConfigurationError(
      'Option `outputSchema` is a schema of zod 3; make it with zod 4, or give its JSON Schema',
    );
  }
  try {
    // Told apart by the mark that zod 4 puts on its schemas; what JSON Schema is not, the conversion refuses.
    const checked = isZod ? (given as z.ZodType) : z.fromJSONSchema(given as Parameters<typeof z.fromJSONSchema>[0]);
    // An answer is what the schema takes in: what it makes of that is made here.
    const { $schema: _, ...schema } = isZod ? z.toJSONSchema(checked, { io: 'input' }) : given;
    return { schema: closed(schema), read: (message, requestId) => read(message, requestId, { checked, isZod }) };
  } catch (cause) {
    throw new ConfigurationError(`Option \`outputSchema\` cannot be used: ${messageOf(cause)}`, { cause });
  }
}

const WITHOUT_SCHEMAS: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'required', 'examples']);
const NAMED_SCHEMAS: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions']);

/** The schema with `additionalProperties: false` wherever an object does not say what else it may have. */
function closed(schema: Record<string, unknown>): Record<string, unknown> {
  const inner = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (WITHOUT_SCHEMAS.has(key)) return [key, value];
    if (!NAMED_SCHEMAS.has(key) || !isRecord(value)) return [key, closedInside(value)];
    return [key, Object.fromEntries(Object.entries(value).map(([name, item]) => [name, closedInside(item)]))];
  });
  const open = schema['type'] === 'object' && schema['additionalProperties'] === undefined;
  return { ...Object.fromEntries(inner), ...(open ? { additionalProperties: false } : {}) };
}

function closedInside(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closedInside);
  return isRecord(value) ? closed(value) : value;
}

async function read(
  message: ApiMessage,
  requestId: string | undefined,
  { checked, isZod }: { checked: z.ZodType; isZod: boolean },
): Promise<unknown> {
  const text = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  const fail = (what: string, cause?: unknown): never => {
    const why = message.stop_reason === 'end_turn' ? what : `it ended with ${message.stop_reason}`;
    throw new APIError(
      `The answer is not of the form that outputSchema asks for: ${why}`,
      { type: 'invalid_output', requestId },
      { cause },
    );
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return fail('it is not JSON', cause);
  }
  const result = await checked.safeParseAsync(value, { reportInput: true });
  if (!result.success) return fail(explainIssues(result.error.issues, []), result.error);
  // JSON Schema checks, and changes nothing.
  return isZod ? result.data : value;
}
