import type { Decision } from '../log/entries.ts';
import type { PermissionCall, PermissionWorld, ResolvedPaths } from './call.ts';
import { byPolicy, notEnabled } from './by-policy.ts';
import { judgeCallCommand, type JudgedCommand } from './judge-call-command.ts';
import { resolvePaths } from './resolve-paths.ts';
import type { RuleMatch } from './rule-match.ts';
import { ruleReach } from './rule-reach.ts';
import type { NamedTool } from './rules.ts';
import type { PermissionState, PlacedRule } from './state.ts';
import { suggestUpdates } from './suggest.ts';
import { tellCall, tellRule, tellText } from './tell-rule.ts';

const EDITING_TOOLS: ReadonlySet<string> = new Set(['Write', 'Edit', 'MultiEdit', 'NotebookEdit']);
const ASKED_OF_ALL =
  'There is no sandbox to hold it, and on a server with several users no rule allows such a command.';
const READING_TOOLS: ReadonlySet<string> = new Set(['Read', 'Glob', 'Grep', 'LS']);

/** A call with all that is known of it. */
type Known = {
  call: PermissionCall;
  state: PermissionState;
  world: PermissionWorld;
  command: JudgedCommand | undefined;
  /** How far a rule reaches the call; for commands, `command` says it. */
  reach: (rule: PlacedRule) => RuleMatch;
};

/**
 * Decides about one call. In this order, the first that speaks counts: deny rules and a hook's deny, `readOnly`, ask rules and a
 * hook's ask, tools that need a person, `strict`, a hook's allow, `bypassPermissions`, `plan` for what no rule allows, `acceptEdits`,
 * allow rules, reading inside the folders. What is left is asked; `dontAsk` and a world where nobody can be asked make a denial of it. Where tools have
 * policies, these speak in the place of what comes after `strict`.
 */
export async function decide(call: PermissionCall, state: PermissionState, given: PermissionWorld): Promise<Decision> {
  const world = call.target.withoutSandbox === true ? { ...given, sandbox: 'none' as const } : given;
  const [command, reach] = await Promise.all([judgeCallCommand(call, state, world), ruleReach(call, state, world)]);
  const known: Known = { call, state, world, command, reach };
  if (world.policy === 'not_enabled') return notEnabled(call);
  const decision = byRefusal(known) ?? byQuestion(known) ?? (await bySession(known));
  return decision.behavior === 'ask' ? askOrDeny(decision, state, world) : decision;
}

/** Deny rules, a hook's deny, and the mode `readOnly`. */
function byRefusal({ call, state, command, reach }: Known): Decision | undefined {
  const { tool, hook } = call;
  if (command?.deny !== undefined) return { behavior: 'deny', ...command.deny, parts: command.parts };
  const denied = command === undefined ? findRule(state, 'deny', reach, 'yes') : undefined;
  if (denied !== undefined) return ruled('deny', denied, `The rule ${tellRule(denied)} denies ${tellCall(call)}.`);
  if (hook?.behavior === 'deny') return { behavior: 'deny', source: 'hook', reason: hook.reason };
  if (state.mode === 'readOnly' && tool.effect !== 'read' && tool.harmless !== true && command?.readOnly !== true)
    return byModeWord('deny', `The mode readOnly denies ${tool.name}, which does more than read.`);
  return undefined;
}

/** What has to be asked, whatever would allow it: ask rules and doubtful ones, a hook's ask, a tool that needs a person, the mode `strict`. */
function byQuestion({ call, state, command, reach }: Known): Decision | undefined {
  const { tool, hook } = call;
  if (command?.ask !== undefined) return { behavior: 'ask', ...command.ask, parts: command.parts };
  if (command === undefined) {
    const asked = findRule(state, 'ask', reach, 'yes');
    if (asked !== undefined)
      return ruled('ask', asked, `The rule ${tellRule(asked)} wants ${tellCall(call)} to be asked.`);
    const unclear = findRule(state, 'deny', reach, 'unclear') ?? findRule(state, 'ask', reach, 'unclear');
    if (unclear !== undefined) {
      const why = `Whether ${tellCall(call)} is what the rule ${tellRule(unclear)} is about cannot be told for certain`;
      return ruled('ask', unclear, unclear.flaw === undefined ? `${why}.` : `${why}: ${unclear.flaw}.`);
    }
  }
  if (hook?.behavior === 'ask') return { behavior: 'ask', source: 'hook', reason: hook.reason };
  if (tool.needsPerson === true)
    return { behavior: 'ask', source: 'tool', reason: `${tool.name} needs the answer of a person.` };
  if (state.mode === 'strict')
    return byModeWord('ask', 'The mode strict wants every tool call to be asked, whatever the rules allow.');
  return undefined;
}

/** By the tool's policy if it has one, else by mode, rules and places. */
async function bySession(known: Known): Promise<Decision> {
  const { call, state, world, command, reach } = known;
  if (world.policy === undefined) return byMode(known) ?? byPlace(known);
  const rule = command === undefined ? findRule(state, 'allow', reach, 'yes') : undefined;
  const reason = rule === undefined ? '' : `The rule ${tellRule(rule)} allows ${tellCall(call)}.`;
  const allowed = rule === undefined ? command?.allow : { source: 'rule' as const, rule: rule.text, reason };
  const touches = world.elsewhere !== true && call.target.paths !== undefined && call.target.paths.length > 0;
  const places = touches ? await resolvePaths(call, state, world) : undefined;
  const decision = byPolicy({ call, world, allowed, places });
  return command === undefined ? decision : { ...decision, parts: command.parts };
}

function byMode(known: Known): Decision | undefined {
  const { call, state, command } = known;
  const { tool, hook } = call;
  if (hook?.behavior === 'allow') return { behavior: 'allow', source: 'hook', reason: hook.reason };
  if (state.mode === 'bypassPermissions' && state.allowDangerouslySkipPermissions)
    return byModeWord('allow', 'The mode bypassPermissions allows every call.');
  const changes = tool.effect === 'write' && tool.harmless !== true && command?.readOnly !== true;
  if (state.mode === 'plan' && changes && !isAllowedByRule(known))
    return byModeWord('ask', `The mode plan wants ${tool.name} to be asked, because it changes things.`);
  return undefined;
}

function isAllowedByRule({ state, command, reach }: Known): boolean {
  if (command !== undefined) return command.allow?.source === 'rule';
  return findRule(state, 'allow', reach, 'yes') !== undefined;
}

async function byPlace(known: Known): Promise<Decision> {
  const { call, state, world, command, reach } = known;
  const { tool } = call;
  if (command !== undefined) return byCommand(known, command);
  const places = await resolvePaths(call, state, world);
  const edits = isOneOf(EDITING_TOOLS, tool);
  if (edits && state.mode === 'acceptEdits' && places.inside && places.protected === undefined)
    return byModeWord('allow', 'The mode acceptEdits allows edits inside the working folders.');
  const allowed = findRule(state, 'allow', reach, 'yes');
  if (allowed !== undefined) return ruled('allow', allowed, `The rule ${tellRule(allowed)} allows ${tellCall(call)}.`);
  if (isOneOf(READING_TOOLS, tool) && tool.effect === 'read' && places.inside) {
    const reason = `${tool.name} only reads, and only inside the working folders.`;
    return { behavior: 'allow', source: 'tool', reason };
  }
  if (tool.harmless === true)
    return { behavior: 'allow', source: 'tool', reason: `${tool.name} changes nothing outside of the session.` };
  const suggestions = suggestUpdates(call, { state, places });
  const [blockedPath] = places.outside;
  return {
    behavior: 'ask',
    source: 'none',
    reason: whyAsk(call, places),
    suggestions,
    ...(blockedPath === undefined ? {} : { blockedPath }),
  };
}

async function byCommand({ call, state, world }: Known, command: JudgedCommand): Promise<Decision> {
  const { parts } = command;
  const mustAsk = command.allow !== undefined && world.sandbox === 'none' && world.asksUnsandboxed === true;
  if (command.allow !== undefined && !mustAsk) return { behavior: 'allow', ...command.allow, parts };
  if (state.mode === 'readOnly')
    return { ...byModeWord('deny', `The mode readOnly asks for no command: ${command.why}`), parts };
  if (world.sandbox === 'working' && world.allowsSandboxed === true)
    return { behavior: 'allow', source: 'tool', reason: 'The sandbox holds this command.', parts };
  const { suggestForCommand } = await import('./suggest-command.ts');
  const suggestions = mustAsk ? [] : await suggestForCommand(call, command, state, world);
  return { behavior: 'ask', source: 'none', reason: mustAsk ? ASKED_OF_ALL : command.why, suggestions, parts };
}

function whyAsk(call: PermissionCall, places: ResolvedPaths): string {
  if (places.caution !== undefined) return places.caution;
  // As the call names it: where it really leads is for the person, not for the model.
  if (places.blocked !== undefined)
    return `${tellText(places.blocked)} lies outside the working folders, and no rule allows ${call.tool.name} there.`;
  if (places.protected !== undefined)
    return `${tellText(places.protected)} is protected, so that every change in it is asked.`;
  return `No rule allows ${tellCall(call)}.`;
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
  reach: Known['reach'],
  wanted: RuleMatch,
): PlacedRule | undefined {
  return state.rules.find((rule) => rule.behavior === behavior && reach(rule) === wanted);
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
