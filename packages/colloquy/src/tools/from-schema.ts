import type { Json } from '../log/entries.ts';

// A tool's JSON Schema is written once, `as const`: the model gets it, the input's type is inferred from it, and inputs are
// checked against it. Only the keywords below are used by the built-in tools.

/** The JSON Schema of one value of a tool's input. */
export type ValueSchema =
  | { type: 'string'; description?: string; enum?: readonly string[]; minLength?: number; maxLength?: number }
  | { type: 'integer' | 'number'; description?: string; minimum?: number; maximum?: number }
  | { type: 'boolean'; description?: string }
  | { type: 'array'; description?: string; items: ValueSchema; minItems?: number; maxItems?: number }
  | MapSchema
  | ObjectSchema;

/** The JSON Schema of an object whose keys are not known: all values of one kind, or any. */
export type MapSchema = { type: 'object'; description?: string; additionalProperties: ValueSchema | true };

/** The JSON Schema of a tool's input: an object without further keys. */
export type ObjectSchema = {
  type: 'object';
  description?: string;
  properties: { readonly [key: string]: ValueSchema };
  required?: readonly string[];
  additionalProperties: false;
};

type RequiredKey<S extends ObjectSchema> = S extends { required: readonly (infer Key)[] }
  ? Extract<Key, keyof S['properties']>
  : never;

/** The type of the values that a schema accepts. */
export type FromSchema<S extends ValueSchema> = S extends { enum: readonly (infer Value)[] }
  ? Value
  : S extends { type: 'string' }
    ? string
    : S extends { type: 'integer' | 'number' }
      ? number
      : S extends { type: 'boolean' }
        ? boolean
        : S extends { type: 'array'; items: infer Item extends ValueSchema }
          ? FromSchema<Item>[]
          : S extends ObjectSchema
            ? { [Key in RequiredKey<S>]: FromSchema<S['properties'][Key]> } & {
                [Key in Exclude<keyof S['properties'], RequiredKey<S>>]?: FromSchema<S['properties'][Key]> | undefined;
              }
            : S extends { additionalProperties: infer Value extends ValueSchema }
              ? Record<string, FromSchema<Value>>
              : Record<string, unknown>;

/** One thing that a validator found; the part of zod's issues that is read here. */
type Issue = {
  code?: string | undefined;
  path: PropertyKey[];
  message: string;
  input?: unknown;
  keys?: string[] | undefined;
};

/**
 * The `parse` of a tool. Its validator (zod) is loaded by the first call, not by the first request to the model.
 * What it throws names every key that is wrong and the keys that exist.
 */
export function inputParser<const S extends ObjectSchema>(schema: S): (input: Json) => Promise<FromSchema<S>> {
  let validator: Promise<(input: Json) => { data: unknown } | { issues: Issue[] }> | undefined;
  return async (input) => {
    const result = (await (validator ??= loadValidator(schema)))(input);
    if ('issues' in result) throw new Error(explainIssues(result.issues, Object.keys(schema.properties)));
    refuseNul(result.data);
    // The data has passed the schema that the type is inferred from.
    return result.data as FromSchema<S>;
  };
}

async function loadValidator(schema: ObjectSchema): Promise<(input: Json) => { data: unknown } | { issues: Issue[] }> {
  const { z } = await import('zod');
  // zod's type of a JSON Schema is mutable and wider; it does not change what it is given.
  const checked = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  return (input) => {
    const result = checked.safeParse(input, { reportInput: true });
    return result.success ? { data: result.data } : { issues: result.error.issues };
  };
}

/** What a zod schema found, in words for the model; to be put after "the input does not fit: ". */
export function explainIssues(issues: readonly Issue[], knownKeys: readonly string[]): string {
  const problems = issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const keys = (issue.keys ?? []).map((key) => `"${key}"`).join(', ');
      return `${keys} is not known (known: ${knownKeys.join(', ')})`;
    }
    const where = issue.path.length === 0 ? 'it' : `"${issue.path.map(String).join('.')}"`;
    if (issue.code === 'invalid_type' && issue.input === undefined && issue.path.length > 0)
      return `${where} is missing`;
    return `${where}: ${issue.message}`;
  });
  return problems.join('; ');
}

// Paths and commands end at a NUL in the operating system, so what was checked would not be what is used.
function refuseNul(data: unknown): void {
  for (const [key, value] of Object.entries(data ?? {})) {
    if (key !== 'content' && typeof value === 'string' && value.includes('\0')) {
      throw new Error(`"${key}" holds a NUL character; leave it out`);
    }
  }
}
