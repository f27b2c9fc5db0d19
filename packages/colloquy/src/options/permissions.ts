import type { PermissionMode } from '../messages.ts';

/** Modes that can be set: the official ones, and `askForEdits` (= `default`), `readOnly`, `strict`, which show as `default`. */
export type PermissionModeInput = PermissionMode | 'askForEdits' | 'readOnly' | 'strict';

export type PermissionBehavior = 'allow' | 'deny' | 'ask';
export type PermissionRuleValue = { toolName: string; ruleContent?: string | undefined };
export type PermissionUpdateDestination = 'userSettings' | 'projectSettings' | 'localSettings' | 'session' | 'cliArg';

/** A change to the rules, the mode or the directories, as suggestions carry it and answers return it. */
export type PermissionUpdate =
  | {
      type: 'addRules' | 'replaceRules' | 'removeRules';
      rules: PermissionRuleValue[];
      behavior: PermissionBehavior;
      destination: PermissionUpdateDestination;
    }
  | { type: 'setMode'; mode: PermissionMode; destination: PermissionUpdateDestination }
  | { type: 'addDirectories' | 'removeDirectories'; directories: string[]; destination: PermissionUpdateDestination };

export type PermissionResult =
  | {
      behavior: 'allow';
      /** Replaces the input that runs; absent: the input as it came. */
      updatedInput?: Record<string, unknown> | undefined;
      updatedPermissions?: PermissionUpdate[] | undefined;
      toolUseID?: string | undefined;
      decisionClassification?: DecisionClassification | undefined;
    }
  | {
      behavior: 'deny';
      /** Told to the model. */
      message: string;
      /** End the turn as well. */
      interrupt?: boolean | undefined;
      toolUseID?: string | undefined;
      decisionClassification?: DecisionClassification | undefined;
    };

/** How somebody came to an answer. Claude Code counts these; here they change nothing. */
export type DecisionClassification = 'user_temporary' | 'user_permanent' | 'user_reject';

/** An ask rule that made a call be asked, and where it stands. */
export type MatchedAskRule = PermissionRuleValue & { source: PermissionUpdateDestination };

/**
 * Asked for every call that nothing else decides. An exception counts as a denial; null leaves it to somebody else, such as a door
 * of a server, and is a denial where nobody is.
 * `signal` is aborted when nobody waits for the answer any longer.
 */
export type CanUseTool = (
  toolName: string,
  input: Record<string, unknown>,
  options: {
    signal: AbortSignal;
    suggestions?: PermissionUpdate[] | undefined;
    blockedPath?: string | undefined;
    decisionReason?: string | undefined;
    /** The in-process or other server whose tool it is; only with `engine: 'cli'`, like all texts to show. */
    mcpServer?: { name: string; source: string } | undefined;
    title?: string | undefined;
    displayName?: string | undefined;
    description?: string | undefined;
    defaultToNo?: boolean | undefined;
    suppressAlwaysAllowRule?: boolean | undefined;
    toolUseID: string;
    agentID?: string | undefined;
    /** Unique for every question. */
    requestId: string;
    /** Absent when no rule wants the call to be asked: then nothing allows it. */
    matchedAskRule?: MatchedAskRule | undefined;
  },
) => Promise<PermissionResult | null>;
