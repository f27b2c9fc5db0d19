import { isAbsolute, resolve } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import type { Options } from '../options/options.ts';
import type {
  PermissionBehavior,
  PermissionModeInput,
  PermissionUpdate,
  PermissionUpdateDestination,
} from '../options/permissions.ts';
import { validatePermissionMode } from '../options/validate.ts';
import { fromRuleValue, isAboutTool, type NamedTool, parseRule, type Rule } from './rules.ts';

/** A rule in force, and where it came from. */
export type PlacedRule = Rule & { behavior: PermissionBehavior; destination: PermissionUpdateDestination };

/** What decides about calls, at one moment of a session. Never changed in place. */
export type PermissionState = {
  mode: PermissionModeInput;
  rules: readonly PlacedRule[];
  /** Folders besides the working directory, absolute. */
  directories: readonly string[];
  allowDangerouslySkipPermissions: boolean;
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
>;

/** The permissions that a session starts with. @throws ConfigurationError for a rule or a mode that cannot be. */
export function initialPermissions(options: PermissionOptions): PermissionState {
  const mode = options.permissionMode ?? 'default';
  validatePermissionMode(mode, options);
  const place =
    (behavior: PermissionBehavior) =>
    (text: string): PlacedRule => ({
      ...parseRule(text),
      behavior,
      destination: 'cliArg',
    });
  return {
    mode,
    rules: [...(options.disallowedTools ?? []).map(place('deny')), ...(options.allowedTools ?? []).map(place('allow'))],
    directories: (options.additionalDirectories ?? []).map((path) => resolve(options.cwd ?? process.cwd(), path)),
    allowDangerouslySkipPermissions: options.allowDangerouslySkipPermissions === true,
  };
}

/** The same permissions in another mode. @throws ConfigurationError for a mode that cannot be set. */
export function withMode(state: PermissionState, mode: PermissionModeInput): PermissionState {
  validatePermissionMode(mode, state);
  return { ...state, mode };
}

/**
 * The permissions after an update, as suggestions carry it and answers return it. All destinations count for this session only:
 * settings files are neither read nor written. Directories must be absolute.
 * @throws ConfigurationError for a rule, mode or directory that cannot be; nothing of the update holds then.
 */
export function applyUpdate(state: PermissionState, update: PermissionUpdate): PermissionState {
  const { type, destination } = update;
  switch (type) {
    case 'addRules':
      return { ...state, rules: [...withoutRules(state.rules, update), ...toPlaced(update)] };
    case 'replaceRules':
      return {
        ...state,
        rules: [
          ...state.rules.filter((rule) => rule.destination !== destination || rule.behavior !== update.behavior),
          ...toPlaced(update),
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

function toPlaced({ rules, behavior, destination }: RuleUpdate): PlacedRule[] {
  return rules.map((value) => ({ ...fromRuleValue(value), behavior, destination }));
}

function withoutRules(rules: readonly PlacedRule[], update: RuleUpdate): PlacedRule[] {
  const gone = toPlaced(update);
  return rules.filter(
    (rule) =>
      !gone.some(
        (other) =>
          other.tool === rule.tool &&
          other.specifier === rule.specifier &&
          other.behavior === rule.behavior &&
          other.destination === rule.destination,
      ),
  );
}

function absolute(path: string): string {
  if (isAbsolute(path)) return resolve(path);
  throw new ConfigurationError(`${JSON.stringify(path)} is not an absolute path; name the folder by its full path`);
}
