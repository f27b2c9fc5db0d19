import { ConfigurationError } from '../errors.ts';
import { isRecord } from '../helpers/is-record.ts';
import type { PermissionRuleValue, PermissionUpdate } from '../options/permissions.ts';

const BEHAVIORS = ['allow', 'deny', 'ask'] as const;
const DESTINATIONS = ['userSettings', 'projectSettings', 'localSettings', 'session', 'cliArg'] as const;
const MODES = ['default', 'acceptEdits', 'plan', 'bypassPermissions', 'dontAsk'] as const;

/**
 * Reads a permission update that came from outside. By hand, because loading zod would delay the first answer.
 * @throws ConfigurationError which says what is wrong with it.
 */
export function parseUpdate(value: unknown): PermissionUpdate {
  if (!isRecord(value)) throw wrong('it is no object');
  const destination = oneOf('destination', value['destination'], DESTINATIONS);
  const type = value['type'];
  switch (type) {
    case 'addRules':
    case 'replaceRules':
    case 'removeRules':
      return {
        type,
        rules: list('rules', value['rules'], toRuleValue),
        behavior: oneOf('behavior', value['behavior'], BEHAVIORS),
        destination,
      };
    case 'setMode':
      return { type, mode: oneOf('mode', value['mode'], MODES), destination };
    case 'addDirectories':
    case 'removeDirectories':
      return { type, directories: list('directories', value['directories'], toPath), destination };
    default:
      throw wrong(`there is no type ${JSON.stringify(type)}`);
  }
}

function oneOf<const T extends string>(name: string, value: unknown, known: readonly T[]): T {
  const found = known.find((item) => item === value);
  if (found === undefined) throw wrong(`\`${name}\` must be one of ${known.join(', ')}`);
  return found;
}

function list<T>(name: string, value: unknown, read: (item: unknown) => T): T[] {
  if (!Array.isArray(value)) throw wrong(`\`${name}\` must be an array`);
  // Holes in it are looked at, too.
  return Array.from(value, read);
}

function toRuleValue(value: unknown): PermissionRuleValue {
  const { toolName, ruleContent } = isRecord(value) ? value : {};
  if (typeof toolName !== 'string') throw wrong('each rule needs a `toolName`');
  if (ruleContent === undefined) return { toolName };
  if (typeof ruleContent !== 'string') throw wrong('`ruleContent` must be a string');
  return { toolName, ruleContent };
}

function toPath(value: unknown): string {
  if (typeof value !== 'string') throw wrong('each directory must be a string');
  return value;
}

function wrong(why: string): ConfigurationError {
  return new ConfigurationError(`This is not a permission update: ${why}`);
}
