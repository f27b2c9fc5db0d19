import { dirname, parse } from 'node:path';
import type { PermissionModeInput, PermissionUpdate } from '../options/permissions.ts';
import type { PermissionCall, ResolvedPaths } from './call.ts';
import { isPattern } from './rules.ts';

/** Longer commands are not worth a rule of their own. */
const MAX_SUGGESTED_COMMAND_CHARS = 2000;

/** The updates after which a call like this one would no longer be asked; what "always allow" means. */
export function suggestUpdates(
  call: PermissionCall,
  places: ResolvedPaths,
  mode: PermissionModeInput,
): PermissionUpdate[] {
  const { tool, target } = call;
  if (target.command !== undefined) return suggestCommand(tool, target.command);
  // Without a command there is none to allow, and a rule for the whole tool would allow all of them.
  if (tool.name === 'Bash' || tool.aliases?.includes('Bash') === true) return [];
  if (tool.effect === 'external' || (target.paths ?? []).length === 0) return [allow({ toolName: tool.name })];
  const edits = (target.paths ?? []).some(({ access }) => access === 'write');
  if (edits && places.protected !== undefined) return [];
  const directories = [...new Set(places.outside.map((path) => (isFileTool(tool) ? dirname(path) : path)))];
  if (directories.some((directory) => parse(directory).root === directory)) return [];
  return [
    ...(directories.length === 0 ? [] : [{ type: 'addDirectories', directories, destination: 'session' } as const]),
    ...(edits && mode !== 'acceptEdits'
      ? [{ type: 'setMode', mode: 'acceptEdits', destination: 'session' } as const]
      : []),
  ];
}

function suggestCommand({ name }: PermissionCall['tool'], command: string): PermissionUpdate[] {
  // A rule with a * would mean more than this command.
  if (isPattern(command) || command.trim() === '' || command.length > MAX_SUGGESTED_COMMAND_CHARS) return [];
  return [allow({ toolName: name, ruleContent: command })];
}

function allow(rule: { toolName: string; ruleContent?: string }): PermissionUpdate {
  return { type: 'addRules', rules: [rule], behavior: 'allow', destination: 'session' };
}

/** Read, Write and Edit name a file; Glob and Grep a place to search. */
function isFileTool({ name, aliases }: PermissionCall['tool']): boolean {
  return !['Glob', 'Grep'].some((search) => search === name || aliases?.includes(search) === true);
}
