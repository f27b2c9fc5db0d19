import { isRecord } from './format.js';

const MAX_DEPTH = 8;

/**
 * An input that a tool's schema could take, with its required fields: what a person starts from.
 * @param {unknown} schema
 * @returns {Record<string, unknown>}
 */
export function exampleInput(schema) {
  const example = exampleOf(schema, schema, 0);
  return isRecord(example) ? example : {};
}

/**
 * @param {unknown} schema
 * @param {unknown} root what `$ref` refers to
 * @param {number} depth
 * @returns {unknown}
 */
function exampleOf(schema, root, depth) {
  if (!isRecord(schema) || depth > MAX_DEPTH) return null;
  if ('const' in schema) return schema.const;
  if ('default' in schema) return schema.default;
  for (const list of [schema.enum, schema.examples]) if (Array.isArray(list) && list.length > 0) return list[0];
  if (typeof schema.$ref === 'string') return exampleOf(resolve(root, schema.$ref), root, depth + 1);
  for (const list of [schema.anyOf, schema.oneOf, schema.allOf])
    if (Array.isArray(list) && list.length > 0) return exampleOf(list[0], root, depth + 1);
  switch (typeOf(schema)) {
    case 'object':
      return exampleObject(schema, root, depth);
    case 'array':
      return typeof schema.minItems === 'number' && schema.minItems > 0
        ? [exampleOf(schema.items, root, depth + 1)]
        : [];
    case 'string':
      return '';
    case 'number':
    case 'integer':
      return typeof schema.minimum === 'number' ? schema.minimum : 0;
    case 'boolean':
      return false;
    default:
      return null;
  }
}

/**
 * @param {Record<string, unknown>} schema
 * @param {unknown} root
 * @param {number} depth
 */
function exampleObject(schema, root, depth) {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => required.includes(name))
      .map(([name, inner]) => [name, exampleOf(inner, root, depth + 1)]),
  );
}

/** @param {Record<string, unknown>} schema */
function typeOf(schema) {
  if (Array.isArray(schema.type)) return schema.type.find((type) => type !== 'null');
  return schema.type ?? (isRecord(schema.properties) ? 'object' : undefined);
}

/**
 * What a reference within the schema, such as `#/$defs/Place`, leads to.
 * @param {unknown} root
 * @param {string} reference
 * @returns {unknown}
 */
function resolve(root, reference) {
  if (!reference.startsWith('#')) return undefined;
  const steps = reference.split('/').slice(1);
  return steps.reduce(
    (at, step) => (isRecord(at) ? at[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined),
    root,
  );
}
