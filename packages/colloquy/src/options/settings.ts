import { isRecord } from '../helpers/is-record.ts';
import { checkSettingsHooks } from './check-hooks.ts';
import { checkSettingsPermissions } from './check-permissions.ts';
import type { SettingsHooks } from './hooks.ts';
import type { PermissionModeInput } from './permissions.ts';

/**
 * Settings given with the options, in the form of a settings file. Claude Code takes all its own (`engine: 'cli'`); our own loop refuses
 * what is not named here, because a program that sets it counts on it.
 */
export type Settings = {
  /** Commands that are run as hooks, after the callbacks of option `hooks`. */
  hooks?: SettingsHooks | undefined;
  permissions?: SettingsPermissions | undefined;
  [key: string]: unknown;
};

/** Permissions in the form of a settings file. Rules are written as in `allowedTools`. */
export type SettingsPermissions = {
  allow?: string[] | undefined;
  deny?: string[] | undefined;
  /** Calls that are always asked about, whatever allows them. */
  ask?: string[] | undefined;
  /** The mode to begin in, if option `permissionMode` says none. */
  defaultMode?: PermissionModeInput | undefined;
  additionalDirectories?: string[] | undefined;
};

const CHECKS: Record<'hooks' | 'permissions', (value: unknown) => string | undefined> = {
  hooks: checkSettingsHooks,
  permissions: checkSettingsPermissions,
};

/** Says what `settings` would have to be, after "must be "; `undefined` when it is fine. */
export function checkSettings(value: unknown): string | undefined {
  // A path: what stands there is checked when it is read.
  if (typeof value === 'string' && value.trim() !== '') return undefined;
  if (!isRecord(value)) return 'an object, or the path of a settings file';
  for (const [key, part] of Object.entries(value)) {
    if (part === undefined) continue;
    if (!isKnown(key))
      return `an object whose keys are ${Object.keys(CHECKS).join(', ')}; \`${key}\` is not known here`;
    const wanted = CHECKS[key](part);
    if (wanted !== undefined) return `given with \`${key}\` as ${wanted}`;
  }
  return undefined;
}

function isKnown(key: string): key is keyof typeof CHECKS {
  return Object.hasOwn(CHECKS, key);
}
