import { isRecord } from '../request/messages-request.ts';
import { isSchema, resolveRef, type Schema } from './resolve-ref.ts';

/** From here on only what a schema requires is made, so that one that contains itself comes to an end. */
const DEEP = 2;
/** One that requires itself has no value; the attempt ends here. */
const MAX_DEPTH = 32;

/** Strings of these formats look like what they are. */
const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-01',
  'date-time': '2026-01-01T00:00:00Z',
  time: '00:00:00Z',
  duration: 'PT1S',
  email: 'someone@example.com',
  hostname: 'example.com',
  uri: 'https://example.com/',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uuid: '00000000-0000-4000-8000-000000000000',
};

/**
 * A value that fits a schema, always the same: the first of its choices, every property, one item a list, and strings that say
 * that they are simulated.
 */
export function sampleValue(schema: Schema, root: Schema = schema, depth = 0): unknown {
  const rules = resolveRef(schema, root);
  if (typeof rules === 'boolean' || depth > MAX_DEPTH) return null;
  if ('const' in rules) return rules.const;
  if ('default' in rules) return rules.default;
  if (Array.isArray(rules.enum)) return rules.enum[0] ?? null;
  const all = Array.isArray(rules.allOf) ? rules.allOf.filter(isRecord) : [];
  if (all.length > 0) return sampleValue(merged(rules, all), root, depth);
  const choices: unknown = rules.anyOf ?? rules.oneOf;
  if (Array.isArray(choices)) return sampleChoice(choices.filter(isSchema), root, depth);
  return sampleOfType(rules, root, depth);
}

/** Deep inside a schema that contains itself, null ends the descent where it is allowed. */
function sampleChoice(choices: readonly Schema[], root: Schema, depth: number): unknown {
  const end = choices.find((choice) => isRecord(choice) && choice.type === 'null');
  const chosen = depth > DEEP && end !== undefined ? end : (choices[0] ?? true);
  return sampleValue(chosen, root, depth + 1);
}

function sampleOfType(rules: { readonly [keyword: string]: unknown }, root: Schema, depth: number): unknown {
  const type: unknown = Array.isArray(rules.type)
    ? rules.type[0]
    : (rules.type ?? (rules.properties ? 'object' : 'null'));
  switch (type) {
    case 'object':
      return sampleObject(rules, root, depth);
    case 'array': {
      const least = typeof rules.minItems === 'number' ? rules.minItems : 0;
      return Array.from({ length: depth > DEEP ? least : Math.max(1, least) }, () =>
        sampleValue(isSchema(rules.items) ? rules.items : true, root, depth + 1),
      );
    }
    case 'string':
      return FORMATS[String(rules.format)] ?? 'simulated';
    case 'integer':
    case 'number':
      return typeof rules.minimum === 'number' ? rules.minimum : 1;
    case 'boolean':
      return true;
    default:
      return null;
  }
}

function sampleObject(rules: { readonly [keyword: string]: unknown }, root: Schema, depth: number): unknown {
  const properties = isRecord(rules.properties) ? rules.properties : {};
  const required: readonly unknown[] = Array.isArray(rules.required) ? rules.required : [];
  const names = depth > DEEP ? required.map(String) : Object.keys(properties);
  return Object.fromEntries(
    names.map((name) => {
      const schema = properties[name];
      return [name, sampleValue(isSchema(schema) ? schema : true, root, depth + 1)];
    }),
  );
}

function merged(rules: Record<string, unknown>, all: readonly Record<string, unknown>[]): Schema {
  const { allOf: _, ...own } = rules;
  const parts = [own, ...all];
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
    required: parts.flatMap(({ required }) => (Array.isArray(required) ? required : [])),
  };
}
