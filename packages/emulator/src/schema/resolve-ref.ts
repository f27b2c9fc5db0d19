import { isRecord } from '../request/messages-request.ts';

/** A JSON schema, or a part of one. `true` and `{}` allow everything, `false` nothing. */
export type Schema = boolean | { readonly [keyword: string]: unknown };

const MAX_STEPS = 32;

export function isSchema(value: unknown): value is Schema {
  return typeof value === 'boolean' || isRecord(value);
}

/** The schema that `$ref` names within `root`, or the schema itself; one that cannot be found allows everything. */
export function resolveRef(schema: Schema, root: Schema): Schema {
  let at = schema;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    if (!isRecord(at) || typeof at.$ref !== 'string') return at;
    at = lookUp(at.$ref, root);
  }
  return true;
}

function lookUp(ref: string, root: Schema): Schema {
  if (!ref.startsWith('#')) return true;
  let at: unknown = root;
  for (const part of ref
    .slice(1)
    .split('/')
    .filter((name) => name !== '')) {
    at = isRecord(at) || Array.isArray(at) ? Reflect.get(at, unescaped(part)) : undefined;
  }
  return isSchema(at) ? at : true;
}

function unescaped(part: string): string {
  return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
}
