import { ConfigurationError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';
import type { PermissionBehavior } from '../../options/permissions.ts';

/** The `permissions` of settings, as far as it is used here. */
export type PermissionParts = {
  allow: readonly string[];
  deny: readonly string[];
  ask: readonly string[];
  additionalDirectories: readonly string[];
  defaultMode: string | undefined;
};

const LISTS = ['allow', 'deny', 'ask', 'additionalDirectories'] as const;

/**
 * The permissions that settings hold, and what of them cannot be used. Lists keep those of their members that are texts: what is
 * wrong with one rule takes no other away.
 */
export function readParts(settings: Record<string, unknown>): { parts: PermissionParts; flaws: string[] } {
  const flaws: string[] = [];
  const given = settings['permissions'] ?? {};
  if (!isRecord(given)) flaws.push('`permissions` is no object');
  const permissions = isRecord(given) ? given : {};
  const [allow, deny, ask, additionalDirectories] = LISTS.map((name) => {
    const value = permissions[name] ?? [];
    if (!Array.isArray(value)) {
      flaws.push(`\`permissions.${name}\` is no array`);
      return [];
    }
    const texts = value.filter((item) => typeof item === 'string');
    if (texts.length < value.length) flaws.push(`\`permissions.${name}\` holds what is no text`);
    return texts;
  });
  const { defaultMode } = permissions;
  if (defaultMode !== undefined && typeof defaultMode !== 'string') flaws.push('`permissions.defaultMode` is no text');
  return {
    parts: {
      allow: allow ?? [],
      deny: deny ?? [],
      ask: ask ?? [],
      additionalDirectories: additionalDirectories ?? [],
      defaultMode: typeof defaultMode === 'string' ? defaultMode : undefined,
    },
    flaws,
  };
}

/** The list of a settings file that is about to be changed. @throws ConfigurationError when it is no list of texts */
export function listToChange(
  path: string,
  settings: Record<string, unknown>,
  name: PermissionBehavior | 'additionalDirectories',
): string[] {
  const permissions = settings['permissions'] ?? {};
  const list = isRecord(permissions) ? (permissions[name] ?? []) : undefined;
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
  const what = isRecord(permissions) ? `permissions.${name}` : 'permissions';
  throw new ConfigurationError(`${path} was left as it is: its \`${what}\` is not what it has to be. Mend it first`);
}
