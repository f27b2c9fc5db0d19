import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../request/messages-request.ts';
import { isSchema, resolveRef, type Schema } from './resolve-ref.ts';

/** The first place where a value does not fit a schema, as `$.a[0]: why`; undefined when it fits. */
export function findMismatch(value: unknown, schema: Schema, root: Schema = schema, path = '$'): string | undefined {
  const rules = resolveRef(schema, root);
  if (rules === true) return undefined;
  if (rules === false) return `${path}: nothing is allowed here`;
  return (
    wrongType(value, rules, path) ??
    wrongChoice(value, rules, path) ??
    wrongCombination(value, rules, root, path) ??
    (isRecord(value) ? wrongObject(value, rules, root, path) : undefined) ??
    (Array.isArray(value) ? wrongList(value, rules, root, path) : undefined)
  );
}

type Rules = { readonly [keyword: string]: unknown };

function wrongType(value: unknown, { type }: Rules, path: string): string | undefined {
  if (type === undefined) return undefined;
  const allowed: readonly unknown[] = Array.isArray(type) ? type : [type];
  return allowed.some((name) => isOfType(value, name)) ? undefined : `${path}: is not of type ${allowed.join(' or ')}`;
}

function isOfType(value: unknown, type: unknown): boolean {
  switch (type) {
    case 'object':
      return isRecord(value);
    case 'array':
      return Array.isArray(value);
    case 'null':
      return value === null;
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function wrongChoice(value: unknown, rules: Rules, path: string): string | undefined {
  if (Array.isArray(rules.enum) && !rules.enum.some((allowed) => isDeepStrictEqual(allowed, value)))
    return `${path}: is not one of ${JSON.stringify(rules.enum)}`;
  if ('const' in rules && !isDeepStrictEqual(rules.const, value))
    return `${path}: is not ${JSON.stringify(rules.const)}`;
  return undefined;
}

function wrongCombination(value: unknown, rules: Rules, root: Schema, path: string): string | undefined {
  const all = schemasIn(rules.allOf).map((schema) => findMismatch(value, schema, root, path));
  const wrong = all.find((mismatch) => mismatch !== undefined);
  if (wrong !== undefined) return wrong;
  const any = schemasIn(rules.anyOf ?? rules.oneOf);
  const fits = any.length === 0 || any.some((schema) => findMismatch(value, schema, root, path) === undefined);
  return fits ? undefined : `${path}: fits none of the ${any.length} schemas allowed`;
}

function wrongObject(value: Record<string, unknown>, rules: Rules, root: Schema, path: string): string | undefined {
  const properties = isRecord(rules.properties) ? rules.properties : {};
  const required: readonly unknown[] = Array.isArray(rules.required) ? rules.required : [];
  const missing = required.find((name) => !Object.hasOwn(value, String(name)));
  if (missing !== undefined) return `${path}: lacks ${JSON.stringify(missing)}`;
  const others = isSchema(rules.additionalProperties) ? rules.additionalProperties : true;
  for (const [name, inner] of Object.entries(value)) {
    const schema = Object.hasOwn(properties, name) ? properties[name] : others;
    const mismatch = findMismatch(inner, isSchema(schema) ? schema : true, root, `${path}.${name}`);
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
}

function wrongList(value: readonly unknown[], rules: Rules, root: Schema, path: string): string | undefined {
  if (typeof rules.minItems === 'number' && value.length < rules.minItems)
    return `${path}: has fewer than ${rules.minItems} items`;
  if (!isSchema(rules.items)) return undefined;
  for (const [index, item] of value.entries()) {
    const mismatch = findMismatch(item, rules.items, root, `${path}[${index}]`);
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
}

function schemasIn(list: unknown): readonly Schema[] {
  return Array.isArray(list) ? list.filter(isSchema) : [];
}
