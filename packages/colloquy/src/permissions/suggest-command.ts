import { dirname } from 'node:path';
import type { PermissionRuleValue, PermissionUpdate } from '../options/permissions.ts';
import type { PermissionCall, PermissionWorld } from './call.ts';
import { judgeCallCommand, type JudgedCommand } from './judge-call-command.ts';
import { resolvePaths } from './resolve-paths.ts';
import type { CommandPart } from './shell/command-part.ts';
import { isOpenPattern, parseCommandPattern } from './shell/match-command.ts';
import { safePrefix } from './shell/safe-prefix.ts';
import { applyUpdate, type PermissionState } from './state.ts';
import { acceptEdits, addDirectories, allow, holdsHome } from './suggest.ts';

/** Longer commands are not worth a rule of their own. */
const MAX_SUGGESTED_COMMAND_CHARS = 2000;
/** Nor are so many rules at once. */
const MAX_SUGGESTED_RULES = 5;

/**
 * What "always allow" means for a command: a rule for commands that begin like each part of it, where none of these can run what
 * nobody looked at; else one for this very command. Only what really lets the command run the next time is suggested.
 */
export async function suggestForCommand(
  call: PermissionCall,
  command: JudgedCommand,
  state: PermissionState,
  world: PermissionWorld,
): Promise<PermissionUpdate[]> {
  const rules = [prefixRules(call, command), exactRule(call)].filter((each) => each.length > 0);
  for (const each of rules) {
    const update = allow(each);
    const judged = await judgeCallCommand(call, applyUpdate(state, update), world, command.analysis);
    if (judged?.allow !== undefined) return [update, ...(await forFiles(call, command, state, world))];
  }
  return [];
}

function prefixRules({ tool }: PermissionCall, { analysis, parts }: JudgedCommand): PermissionRuleValue[] {
  if (analysis.unknown !== undefined || analysis.parts.length > parts.length) return [];
  const refused = analysis.parts.filter((_, index) => parts[index]?.behavior !== 'allow');
  const prefixes = new Set(refused.map(safePrefix));
  if (prefixes.size > MAX_SUGGESTED_RULES) return [];
  const rules: PermissionRuleValue[] = [];
  for (const prefix of prefixes) {
    if (prefix === undefined) return [];
    rules.push({ toolName: tool.name, ruleContent: `${prefix} *` });
  }
  return rules;
}

function exactRule({ tool, target: { command = '' } }: PermissionCall): PermissionRuleValue[] {
  const text = command.trim();
  if (text === '' || text.length > MAX_SUGGESTED_COMMAND_CHARS || isOpenPattern(parseCommandPattern(text))) return [];
  return [{ toolName: tool.name, ruleContent: text }];
}

/** For commands that change files: their folders, where these lie outside, and the mode that lets files be changed. */
async function forFiles(
  call: PermissionCall,
  { analysis }: JudgedCommand,
  state: PermissionState,
  world: PermissionWorld,
): Promise<PermissionUpdate[]> {
  const written = analysis.parts.flatMap(writtenBy);
  if (written.length === 0) return [];
  const paths = written.map((path) => ({ path, access: 'write' as const }));
  const places = await resolvePaths({ ...call, target: { paths } }, state, world);
  if (places.protected !== undefined || places.caution !== undefined) return [];
  const directories = [...new Set(places.outside.map((path) => dirname(path)))];
  if (directories.some((directory) => holdsHome(directory, state.home))) return [];
  return [...addDirectories(directories), ...acceptEdits(state)];
}

function writtenBy({ paths, redirects }: CommandPart): string[] {
  return [...paths, ...redirects].flatMap(({ path, access }) =>
    access === 'write' && path !== undefined && !path.startsWith('/dev/') ? [path] : [],
  );
}
