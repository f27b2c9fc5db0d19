import { isRecord } from '../helpers/is-record.ts';

const LISTS: ReadonlySet<string> = new Set(['allow', 'deny', 'ask', 'additionalDirectories']);

/** Says what `permissions` of option `settings` would have to be; `undefined` when it is fine. Rules and mode are read later. */
export function checkSettingsPermissions(value: unknown): string | undefined {
  const wanted = 'an object with allow, deny, ask, additionalDirectories (arrays of strings) and defaultMode';
  if (!isRecord(value)) return wanted;
  for (const [key, part] of Object.entries(value)) {
    if (part === undefined) continue;
    const isFine = LISTS.has(key)
      ? Array.isArray(part) && part.every((item) => typeof item === 'string')
      : key === 'defaultMode' && typeof part === 'string';
    if (!isFine) return `${wanted}; \`${key}\` is not fine`;
  }
  return undefined;
}
