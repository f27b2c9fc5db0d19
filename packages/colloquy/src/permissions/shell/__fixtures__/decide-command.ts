import type { Decision } from '../../../log/entries.ts';
import type { PermissionModeInput } from '../../../options/permissions.ts';
import type { CommandAnalysis } from '../command-part.ts';
import { type CommandRule, type CommandWorld, judgeCommand, type Verdict } from '../judge-command.ts';

/**
 * Decides about a command from rules and mode alone, as `decide()` does with hooks and people: for tests of many commands. In this order, the first that speaks counts: deny
 * rules, `readOnly`, ask rules, `strict`, `bypassPermissions` (the caller has checked that it may be), `plan`, what allows it.
 */
export async function decideCommand(
  analysis: CommandAnalysis,
  rules: readonly CommandRule[],
  mode: PermissionModeInput,
  world: Omit<CommandWorld, 'acceptsEdits'>,
): Promise<Decision> {
  const judgement = await judgeCommand(analysis, rules, { ...world, acceptsEdits: mode === 'acceptEdits' });
  const { deny, ask, allow, why, readOnly, parts } = judgement;
  const told = (behavior: Decision['behavior'], verdict: Verdict): Decision => ({ behavior, ...verdict, parts });
  const byMode = (behavior: Decision['behavior'], reason: string): Decision => ({
    behavior,
    source: 'mode',
    reason,
    parts,
  });
  if (deny !== undefined) return told('deny', deny);
  if (mode === 'readOnly' && !readOnly) return byMode('deny', READ_ONLY_DENIES);
  if (ask !== undefined) return told('ask', ask);
  if (mode === 'strict') return byMode('ask', 'The mode strict wants every tool call to be asked.');
  if (mode === 'bypassPermissions') return byMode('allow', 'The mode bypassPermissions allows every call.');
  if (mode === 'plan' && !readOnly) return byMode('ask', PLAN_ASKS);
  if (mode === 'readOnly' && allow === undefined)
    return byMode('deny', `The mode readOnly asks for no command: ${why}`);
  return allow === undefined ? told('ask', { source: 'none', reason: why }) : told('allow', allow);
}

export const READ_ONLY_DENIES = 'The mode readOnly denies commands that are not known to only read.';
export const PLAN_ASKS = 'The mode plan wants commands to be asked that are not known to only read.';
