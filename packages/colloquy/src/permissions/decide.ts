import type { Decision } from '../log/entries.ts';
import type { PermissionCall, PermissionWorld, ResolvedPaths } from './call.ts';
import { resolvePaths } from './resolve-paths.ts';
import { isAboutTool, isPattern, matchRule, type NamedTool } from './rules.ts';
import type { CommandJudgement } from './shell/judge-command.ts';
import type { PermissionState, PlacedRule } from './state.ts';
import { suggestUpdates } from './suggest.ts';

const EDITING_TOOLS: ReadonlySet<string> = new Set(['Write', 'Edit']);
const READING_TOOLS: ReadonlySet<string> = new Set(['Read', 'Glob', 'Grep']);

/**
 * Decides about one call. In this order, the first that speaks counts: deny rules and a hook's deny, `readOnly`, ask rules and a
 * hook's ask, `strict`, a hook's allow, `bypassPermissions`, `plan`, `acceptEdits`, allow rules, reading inside the folders.
 * What is left is asked; `dontAsk` and a world where nobody can be asked make a denial of it.
 */
export async function decide(call: PermissionCall, state: PermissionState, world: PermissionWorld): Promise<Decision> {
  const command = await judgeCallCommand(call, state, world);
  const decision =
    byRule(call, state, command) ?? byMode(call, state, command) ?? (await byPlace(call, state, world, command));
  return decision.behavior === 'ask' ? askOrDeny(decision, state, world) : decision;
}

/** What rules and lists say of the command of a call; undefined for calls without one. */
async function judgeCallCommand(
  call: PermissionCall,
  state: PermissionState,
  world: PermissionWorld,
): Promise<CommandJudgement | undefined> {
  const { command } = call.target;
  if (command === undefined) return undefined;
  const [{ analyseCommand }, { judgeCommand }] = await Promise.all([
    import('./shell/analyse-command.ts'),
    import('./shell/judge-command.ts'),
  ]);
  const rules = state.rules.filter((rule) => isAboutTool(rule, call.tool));
  return judgeCommand(await analyseCommand(command), rules, {
    sandbox: world.sandbox,
    acceptsEdits: state.mode === 'acceptEdits',
    place: async (path, access) => {
      const places = await resolvePaths({ ...call, target: { paths: [{ path, access }] } }, state, world);
      if (places.protected !== undefined || (access === 'write' && places.isRoot)) return 'protected';
      return places.inside ? 'inside' : 'outside';
    },
  });
}

function byRule(
  { tool, target, hook }: PermissionCall,
  state: PermissionState,
  command: CommandJudgement | undefined,
): Decision | undefined {
  const parts = command === undefined ? {} : { parts: command.parts };
  if (command?.deny !== undefined) return { behavior: 'deny', ...command.deny, ...parts };
  const denied = findRule(state, 'deny', tool, target.command);
  if (command === undefined && denied !== undefined)
    return ruled('deny', denied, `The rule ${denied.text} denies this ${tool.name} call.`);
  if (hook?.behavior === 'deny') return { behavior: 'deny', source: 'hook', reason: hook.reason };
  if (state.mode === 'readOnly' && tool.effect !== 'read' && tool.harmless !== true && command?.readOnly !== true) {
    return byModeWord('deny', `The mode readOnly denies ${tool.name}, which does more than read.`);
  }
  if (command?.ask !== undefined) return { behavior: 'ask', ...command.ask, ...parts };
  const asked = command === undefined ? findRule(state, 'ask', tool, target.command) : undefined;
  if (asked !== undefined)
    return ruled('ask', asked, `The rule ${asked.text} wants every such ${tool.name} call to be asked.`);
  const unclear = command === undefined ? findUnclearRule(state, tool, target.command) : undefined;
  if (unclear !== undefined) {
    const what = unclear.behavior === 'deny' ? 'denies' : 'asks for';
    return ruled(
      'ask',
      unclear,
      `Whether this ${tool.name} call is one that the rule ${unclear.text} ${what} cannot be told for certain.`,
    );
  }
  if (hook?.behavior === 'ask') return { behavior: 'ask', source: 'hook', reason: hook.reason };
  if (state.mode === 'strict') {
    return byModeWord('ask', 'The mode strict wants every tool call to be asked, whatever the rules allow.');
  }
  return hook?.behavior === 'allow' ? { behavior: 'allow', source: 'hook', reason: hook.reason } : undefined;
}

function byMode(
  { tool }: PermissionCall,
  state: PermissionState,
  command: CommandJudgement | undefined,
): Decision | undefined {
  if (state.mode === 'bypassPermissions' && state.allowDangerouslySkipPermissions) {
    return byModeWord('allow', 'The mode bypassPermissions allows every call.');
  }
  if (state.mode === 'plan' && tool.effect === 'write' && tool.harmless !== true && command?.readOnly !== true) {
    return byModeWord('ask', `The mode plan wants ${tool.name} to be asked, because it changes things.`);
  }
  return undefined;
}

async function byPlace(
  call: PermissionCall,
  state: PermissionState,
  world: PermissionWorld,
  command: CommandJudgement | undefined,
): Promise<Decision> {
  const { tool, target } = call;
  const places = await resolvePaths(call, state, world);
  if (command?.allow !== undefined) return { behavior: 'allow', ...command.allow, parts: command.parts };
  if (command !== undefined) {
    if (state.mode === 'readOnly') {
      return { ...byModeWord('deny', `The mode readOnly asks for no command: ${command.why}`), parts: command.parts };
    }
    const suggestions = suggestUpdates(call, places, state.mode);
    return { behavior: 'ask', source: 'none', reason: command.why, suggestions, parts: command.parts };
  }
  const edits = isOneOf(EDITING_TOOLS, tool) && target.command === undefined;
  if (edits && state.mode === 'acceptEdits' && places.inside && places.protected === undefined) {
    return byModeWord('allow', 'The mode acceptEdits allows edits inside the working folders.');
  }
  const allowed = findRule(state, 'allow', tool, target.command);
  if (allowed !== undefined) return ruled('allow', allowed, `The rule ${allowed.text} allows this ${tool.name} call.`);
  if (isOneOf(READING_TOOLS, tool) && tool.effect === 'read' && places.inside) {
    const reason = `${tool.name} only reads, and only inside the working folders.`;
    return { behavior: 'allow', source: 'tool', reason };
  }
  if (tool.harmless === true) {
    return { behavior: 'allow', source: 'tool', reason: `${tool.name} changes nothing outside of the session.` };
  }
  const reason = whyAsk(call, places);
  return { behavior: 'ask', source: 'none', reason, suggestions: suggestUpdates(call, places, state.mode) };
}

function whyAsk({ tool }: PermissionCall, places: ResolvedPaths): string {
  const [outside] = places.outside;
  if (outside !== undefined)
    return `${outside} lies outside the working folders, and no rule allows ${tool.name} there.`;
  if (places.protected !== undefined) return `${places.protected} is protected, so that every change in it is asked.`;
  return `No rule allows ${tool.name}.`;
}

function askOrDeny(asked: Decision, { mode }: PermissionState, world: PermissionWorld): Decision {
  if (mode !== 'dontAsk' && world.canAsk) return asked;
  const { suggestions: _, ...denied } = { ...asked, behavior: 'deny' as const };
  return mode === 'dontAsk'
    ? { ...denied, source: 'mode', reason: `The mode dontAsk denies what would have to be asked: ${asked.reason}` }
    : { ...denied, source: 'none', reason: `This call needs approval and nobody can be asked: ${asked.reason}` };
}

function findRule(
  state: PermissionState,
  behavior: PlacedRule['behavior'],
  tool: NamedTool,
  command: string | undefined,
): PlacedRule | undefined {
  return state.rules.find((rule) => rule.behavior === behavior && matchRule(rule, behavior, tool, command) === 'yes');
}

// A command that is allowed word for word is not held up by a refusal of another command that it does not even mention.
function findUnclearRule(state: PermissionState, tool: NamedTool, command: string | undefined): PlacedRule | undefined {
  const exact = findRule(
    { ...state, rules: state.rules.filter((rule) => rule.specifier !== undefined) },
    'allow',
    tool,
    command,
  );
  return state.rules.find((rule) => {
    if (rule.behavior === 'allow' || matchRule(rule, rule.behavior, tool, command) !== 'unclear') return false;
    const isElsewhere =
      exact !== undefined &&
      rule.specifier !== undefined &&
      !isPattern(rule.specifier) &&
      command?.includes(rule.specifier) === false;
    return !isElsewhere;
  });
}

function isOneOf(names: ReadonlySet<string>, tool: NamedTool): boolean {
  return names.has(tool.name) || (tool.aliases ?? []).some((alias) => names.has(alias));
}

function ruled(behavior: Decision['behavior'], rule: PlacedRule, reason: string): Decision {
  return { behavior, source: 'rule', rule: rule.text, reason };
}

function byModeWord(behavior: Decision['behavior'], reason: string): Decision {
  return { behavior, source: 'mode', reason };
}
