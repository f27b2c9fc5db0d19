import type { HookEvent } from './hook-inputs.ts';
import type { PermissionUpdate } from './permissions.ts';

type Context = { additionalContext?: string | undefined };
type Watching = { watchPaths?: string[] | undefined };
type Elicited = {
  action?: 'accept' | 'decline' | 'cancel' | undefined;
  content?: Record<string, unknown> | undefined;
};

/** What only one kind of event understands. Texts of `additionalContext` are told to the model. */
type SpecificFields = {
  PreToolUse: Context & {
    /** `defer` ends the turn; the call is decided again in the next one. */
    permissionDecision?: 'allow' | 'deny' | 'ask' | 'defer' | undefined;
    permissionDecisionReason?: string | undefined;
    updatedInput?: Record<string, unknown> | undefined;
  };
  PostToolUse: Context & {
    /** Replaces what the model and the program are told. */
    updatedToolOutput?: unknown;
    /** The older name, for tools of MCP servers. */
    updatedMCPToolOutput?: unknown;
    /** Accepted without an effect: no model judges calls here. */
    classifierContext?: string | undefined;
  };
  PostToolUseFailure: Context;
  PostToolBatch: Context;
  PermissionRequest: {
    decision?:
      | {
          behavior: 'allow';
          updatedInput?: Record<string, unknown> | undefined;
          updatedPermissions?: PermissionUpdate[] | undefined;
        }
      | { behavior: 'deny'; message?: string | undefined; interrupt?: boolean | undefined }
      | undefined;
  };
  /** `retry`: the model is told that it may try the call again. */
  PermissionDenied: { retry?: boolean | undefined };
  UserPromptSubmit: Context & {
    sessionTitle?: string | undefined;
    /** Of a prompt that is blocked: people are not told its text. */
    suppressOriginalPrompt?: boolean | undefined;
  };
  UserPromptExpansion: Context & { suppressOriginalPrompt?: boolean | undefined };
  SessionStart: Context &
    Watching & {
      /** Told to the model, and shown, before the first prompt. */
      initialUserMessage?: string | undefined;
      sessionTitle?: string | undefined;
      /** Accepted without an effect: there are no skills here. */
      reloadSkills?: boolean | undefined;
    };
  Stop: Context;
  SubagentStart: Context;
  SubagentStop: Context;
  PreModelSwitch: {
    permissionDecision?: 'allow' | 'deny' | 'ask' | undefined;
    permissionDecisionReason?: string | undefined;
  };
  PostModelSwitch: Context;
  Notification: Context;
  Setup: Context;
  Elicitation: Elicited;
  ElicitationResult: Elicited;
  CwdChanged: Watching;
  FileChanged: Watching;
  WorktreeCreate: { worktreePath?: string | undefined };
  MessageDisplay: { displayContent?: string | undefined };
};

type Specific = { [E in keyof SpecificFields & HookEvent]: { hookEventName: E } & SpecificFields[E] };
export type HookSpecificOutput = Specific[keyof Specific];

/** What a hook may answer; `{}` is no opinion. */
export type SyncHookJSONOutput = {
  /** False ends the run. */
  continue?: boolean | undefined;
  /** Why, told to people. */
  stopReason?: string | undefined;
  /** Of a command: its output is not shown in `hook_response`. */
  suppressOutput?: boolean | undefined;
  /** Told to people. */
  systemMessage?: string | undefined;
  decision?: 'approve' | 'block' | undefined;
  reason?: string | undefined;
  /** Accepted without an effect: there is no terminal. */
  terminalSequence?: string | undefined;
  hookSpecificOutput?: HookSpecificOutput | undefined;
};

/** The work goes on, and nobody waits for it. What a command says at its end, within `asyncTimeout` milliseconds, is told then. */
export type AsyncHookJSONOutput = { async: true; asyncTimeout?: number | undefined };

export type HookJSONOutput = SyncHookJSONOutput | AsyncHookJSONOutput;
