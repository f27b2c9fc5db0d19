import { isAbsolute, resolve } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import type { Options } from '../options/options.ts';
import type {
  PermissionBehavior,
  PermissionModeInput,
  PermissionUpdate,
  PermissionUpdateDestination,
} from '../options/permissions.ts';
import { environmentOf, workingDirectoryOf } from '../options/resolve-options.ts';
import { validatePermissionMode } from '../options/validate.ts';
import { fromRuleValue, isAboutTool, type NamedTool, parseRule, type Rule } from './rules.ts';
import { homeFolder, userSettingsFolder } from './settings/settings-places.ts';

/** A rule in force, and where it came from. */
export type PlacedRule = Rule & {
  behavior: PermissionBehavior;
  destination: PermissionUpdateDestination;
  /** The folder that paths beginning with one slash are relative to. Default: the working directory. */
  base?: string | undefined;
};

/** What decides about calls, at one moment of a session. Never changed in place. */
export type PermissionState = {
  mode: PermissionModeInput;
  rules: readonly PlacedRule[];
  /** Folders besides the working directory, absolute. */
  directories: readonly string[];
  allowDangerouslySkipPermissions: boolean;
  /** What `~` means in rules. */
  home: string;
  /** The folder of the user's settings, from which paths in rules of theirs begin. */
  userFolder: string;
};

/** What settings say of permissions, read and checked. */
export type PermissionSettings = {
  rules: readonly PlacedRule[];
  mode?: PermissionModeInput | undefined;
  /** Absolute. */
  directories: readonly string[];
};

/** The options that permissions are made of. */
export type PermissionOptions = Pick<
  Options,
  | 'permissionMode'
  | 'allowedTools'
  | 'disallowedTools'
  | 'additionalDirectories'
  | 'allowDangerouslySkipPermissions'
  | 'cwd'
  | 'env'
>;

/**
 * The permissions that a session starts with. The mode of the options counts before that of settings.
 * @throws ConfigurationError for a rule or a mode that cannot be.
 */
export function initialPermissions(
  options: PermissionOptions,
  settings: PermissionSettings = { rules: [], directories: [] },
): PermissionState {
  const mode = options.permissionMode ?? settings.mode ?? 'default';
  validatePermissionMode(mode, options);
  const env = environmentOf(options);
  const place =
    (behavior: PermissionBehavior) =>
    (text: string): PlacedRule => ({
      ...parseRule(text),
      behavior,
      destination: 'cliArg',
    });
  const directories = (options.additionalDirectories ?? []).map((path) => resolve(workingDirectoryOf(options), path));
  return {
    mode,
    rules: [
      ...(options.disallowedTools ?? []).map(place('deny')),
      ...(options.allowedTools ?? []).map(place('allow')),
      ...settings.rules,
    ],
    directories: [...new Set([...directories, ...settings.directories])],
    allowDangerouslySkipPermissions: options.allowDangerouslySkipPermissions === true,
    home: homeFolder(env),
    userFolder: userSettingsFolder(env),
  };
}

/** The same permissions in another mode. @throws ConfigurationError for a mode that cannot be set. */
export function withMode(state: PermissionState, mode: PermissionModeInput): PermissionState {
  validatePermissionMode(mode, state);
  return { ...state, mode };
}

/**
 * The permissions after an update, as suggestions carry it and answers return it. Directories must be absolute. Files are written
 * elsewhere (`settings/write-updates.ts`).
 * @throws ConfigurationError for a rule, mode or directory that cannot be; nothing of the update holds then.
 */
export function applyUpdate(state: PermissionState, update: PermissionUpdate): PermissionState {
  const { type, destination } = update;
  switch (type) {
    case 'addRules':
      return { ...state, rules: [...withoutRules(state.rules, update), ...toPlaced(update, state)] };
    case 'replaceRules':
      return {
        ...state,
        rules: [
          ...state.rules.filter((rule) => rule.destination !== destination || rule.behavior !== update.behavior),
          ...toPlaced(update, state),
        ],
      };
    case 'removeRules':
      return { ...state, rules: withoutRules(state.rules, update) };
    case 'setMode':
      return withMode(state, update.mode);
    case 'addDirectories':
      return { ...state, directories: [...new Set([...state.directories, ...update.directories.map(absolute)])] };
    case 'removeDirectories': {
      const gone = new Set(update.directories.map(absolute));
      return { ...state, directories: state.directories.filter((directory) => !gone.has(directory)) };
    }
    default:
      throw new ConfigurationError(`There is no permission update of type ${JSON.stringify(type satisfies never)}`);
  }
}

/** Whether a rule denies every call of a tool: such a tool is not offered to the model. */
export function isToolDenied(state: PermissionState, tool: NamedTool): boolean {
  return state.rules.some(
    (rule) => rule.behavior === 'deny' && rule.specifier === undefined && isAboutTool(rule, tool),
  );
}

type RuleUpdate = Extract<PermissionUpdate, { rules: unknown }>;

function toPlaced({ rules, behavior, destination }: RuleUpdate, { userFolder }: PermissionState): PlacedRule[] {
  const base = destination === 'userSettings' ? { base: userFolder } : {};
  return rules.map((value) => ({ ...fromRuleValue(value), behavior, destination, ...base }));
}

function withoutRules(rules: readonly PlacedRule[], update: RuleUpdate): PlacedRule[] {
  const gone = update.rules.map(fromRuleValue);
  return rules.filter(
    (rule) =>
      !gone.some(
        (other) =>
          other.tool === rule.tool &&
          other.specifier === rule.specifier &&
          update.behavior === rule.behavior &&
          update.destination === rule.destination,
      ),
  );
}

function absolute(path: string): string {
  if (path.includes('\0')) throw new ConfigurationError(`${JSON.stringify(path)} is no path: it has a NUL in it`);
  if (isAbsolute(path)) return resolve(path);
  throw new ConfigurationError(`${JSON.stringify(path)} is not an absolute path; name the folder by its full path`);
}
