import { dirname, isAbsolute, parse } from 'node:path';
import { isRecord } from '../helpers/is-record.ts';
import type { PermissionRuleValue, PermissionUpdate } from '../options/permissions.ts';
import type { PermissionCall, ResolvedPaths } from './call.ts';
import { hostOf } from './match-host.ts';
import { escapePattern } from './path-pattern.ts';
import { isInside } from './paths.ts';
import type { PermissionState } from './state.ts';

/** What a suggestion depends on besides the call. */
export type SuggestWorld = { state: PermissionState; places: ResolvedPaths };

/** The modes that `acceptEdits` adds to; leaving another one is not what leave for one call means. */
const ASKING_MODES: ReadonlySet<string> = new Set(['default', 'askForEdits']);

/**
 * The updates after which a call like this one would no longer be asked; what "always allow" means. None where that would be more
 * than anybody looked at. Commands have their own (`suggest-command.ts`).
 */
export function suggestUpdates(call: PermissionCall, world: SuggestWorld): PermissionUpdate[] {
  const { tool, target } = call;
  // Without a command there is none to allow, and a rule for the whole tool would allow all of them.
  if (isNamed(call, 'Bash')) return [];
  const named = suggestNamed(call);
  if (named !== undefined) return named;
  if (tool.effect === 'external' || (target.paths ?? []).length === 0) return [allow([{ toolName: tool.name }])];
  return suggestPaths(call, world);
}

/** Rules for what a call names: a host, a kind of agent, a skill. */
function suggestNamed({ tool, input, target }: PermissionCall): PermissionUpdate[] | undefined {
  const fields = isRecord(input) ? input : {};
  if (target.url !== undefined) {
    const host = hostOf(target.url);
    return host === undefined ? [] : [allow([{ toolName: tool.name, ruleContent: `domain:${host}` }])];
  }
  const name = tool.name === 'Agent' ? fields['subagent_type'] : tool.name === 'Skill' ? fields['skill'] : undefined;
  return typeof name === 'string' && /^[\w:.-]+$/.test(name)
    ? [allow([{ toolName: tool.name, ruleContent: name }])]
    : undefined;
}

function suggestPaths(call: PermissionCall, { state, places }: SuggestWorld): PermissionUpdate[] {
  // No folder and no mode makes such a path one that is not asked.
  if (places.caution !== undefined || places.outside.some((path) => !isAbsolute(path))) return [];
  const searches = ['Glob', 'Grep', 'LS'].some((name) => isNamed(call, name));
  if (!(call.target.paths ?? []).some(({ access }) => access === 'write')) {
    const rules = places.outside.map((path) => readRuleFor(path, searches, state.home));
    if (rules.includes(undefined)) return [];
    return rules.length === 0
      ? []
      : [
          allow(
            rules.filter((rule) => rule !== undefined),
            'session',
          ),
        ];
  }
  if (places.protected !== undefined) return [];
  const directories = [...new Set(places.outside.map((path) => (searches ? path : dirname(path))))];
  if (directories.some((directory) => holdsHome(directory, state.home))) return [];
  return [...addDirectories(directories), ...acceptEdits(state)];
}

/** Leave to read all of a folder; of a home folder, and of what lies above it, only the very file. */
function readRuleFor(path: string, searches: boolean, home: string): PermissionRuleValue | undefined {
  const folder = searches ? path : dirname(path);
  if (!holdsHome(folder, home)) return { toolName: 'Read', ruleContent: `/${escapePattern(folder)}/**` };
  return searches ? undefined : { toolName: 'Read', ruleContent: `/${escapePattern(path)}` };
}

/** Whether a folder is the whole disk, a home folder, or one above it. */
export function holdsHome(folder: string, home: string): boolean {
  return parse(folder).root === folder || isInside(folder, home);
}

export function addDirectories(directories: string[]): PermissionUpdate[] {
  return directories.length === 0 ? [] : [{ type: 'addDirectories', directories, destination: 'session' }];
}

export function acceptEdits({ mode }: PermissionState): PermissionUpdate[] {
  return ASKING_MODES.has(mode) ? [{ type: 'setMode', mode: 'acceptEdits', destination: 'session' }] : [];
}

export function allow(
  rules: PermissionRuleValue[],
  destination: 'session' | 'localSettings' = 'localSettings',
): PermissionUpdate {
  return { type: 'addRules', rules, behavior: 'allow', destination };
}

function isNamed({ tool: { name, aliases } }: PermissionCall, wanted: string): boolean {
  return name === wanted || aliases?.includes(wanted) === true;
}
