import type { Decision } from '../log/entries.ts';
import type { PermissionCall, PermissionWorld, ResolvedPaths } from './call.ts';
import { tellText } from './tell-rule.ts';

/** What the chain knows of a call when it comes to the policy. */
export type PolicyCase = {
  call: PermissionCall;
  world: PermissionWorld;
  /** An allow rule that is about the call; for a command, what speaks for it. */
  allowed: Pick<Decision, 'source' | 'rule' | 'reason'> | undefined;
  /** Undefined: it touches no files here. */
  places: ResolvedPaths | undefined;
};

/**
 * The word of a tool's policy, in the place of modes. It reaches no further than the session's own folders and the sandbox: what
 * lies outside of the folders is denied, and a command that no sandbox holds is asked about.
 */
export function byPolicy({ call, world, allowed, places }: PolicyCase): Decision {
  const { tool, hook, target } = call;
  if (allowed === undefined && places?.blocked !== undefined) {
    const reason = `${tellText(places.blocked)} lies outside the working folders, where ${tool.name} may not go.`;
    return { behavior: 'deny', source: 'rule', reason };
  }
  if (hook?.behavior === 'allow') return { behavior: 'allow', source: 'hook', reason: hook.reason };
  if (world.policy === 'always_ask')
    return policyWord('ask', 'always_ask', `The policy of ${tool.name} is that every call is asked.`);
  const unheld = target.command !== undefined && world.elsewhere !== true && world.sandbox === 'none';
  if (unheld) {
    if (allowed !== undefined && world.asksUnsandboxed !== true) return { behavior: 'allow', ...allowed };
    return {
      behavior: 'ask',
      source: 'none',
      reason: 'There is no sandbox to hold this command, so it is asked about.',
    };
  }
  const caution = places === undefined || allowed !== undefined ? undefined : cautionOf(places);
  if (caution !== undefined) return { behavior: 'ask', source: 'none', reason: caution };
  return policyWord('allow', 'always_allow', `The policy of ${tool.name} is that every call is allowed.`);
}

function cautionOf({ caution, protected: part }: ResolvedPaths): string | undefined {
  if (caution !== undefined) return caution;
  return part === undefined ? undefined : `${tellText(part)} is protected, so that every change in it is asked.`;
}

/** A call of a tool that is not enabled. */
export function notEnabled({ tool }: PermissionCall): Decision {
  return policyWord('deny', 'not_enabled', `The tool ${tool.name} is not enabled in this session.`);
}

function policyWord(behavior: Decision['behavior'], rule: string, reason: string): Decision {
  return { behavior, source: 'rule', rule, reason };
}
