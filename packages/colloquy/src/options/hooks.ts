import type { HookEvent, HookInput } from './hook-inputs.ts';
import type { HookJSONOutput } from './hook-outputs.ts';

/** Whether an event fires: now, never (accepted, because its cause does not exist here), or later (refused until then). */
const EVENTS: Record<HookEvent, 'fires' | 'never' | 'later'> = {
  PreToolUse: 'fires',
  PostToolUse: 'fires',
  PostToolUseFailure: 'fires',
  PostToolBatch: 'fires',
  Notification: 'fires',
  UserPromptSubmit: 'fires',
  UserPromptExpansion: 'later',
  SessionStart: 'fires',
  SessionEnd: 'fires',
  Stop: 'fires',
  StopFailure: 'fires',
  SubagentStart: 'fires',
  SubagentStop: 'fires',
  PreCompact: 'later',
  PostCompact: 'later',
  PreModelSwitch: 'fires',
  PostModelSwitch: 'fires',
  PermissionRequest: 'fires',
  PermissionDenied: 'fires',
  Setup: 'never',
  TeammateIdle: 'never',
  TaskCreated: 'fires',
  TaskCompleted: 'fires',
  Elicitation: 'later',
  ElicitationResult: 'later',
  ConfigChange: 'later',
  WorktreeCreate: 'never',
  WorktreeRemove: 'never',
  InstructionsLoaded: 'later',
  CwdChanged: 'fires',
  FileChanged: 'fires',
  DirectoryAdded: 'fires',
  MessageDisplay: 'never',
};

/** The names of all events, those that never fire here included. */
export const HOOK_EVENTS: readonly HookEvent[] = Object.keys(EVENTS).filter(isHookEvent);

export function isHookEvent(name: string): name is HookEvent {
  return Object.hasOwn(EVENTS, name);
}

/** The event is one whose cause does not exist yet: a hook for it is refused. */
export function isLaterEvent(event: HookEvent): boolean {
  return EVENTS[event] === 'later';
}

/** Must settle within its matcher's time-out; the signal is aborted then. */
export type HookCallback = (
  input: HookInput,
  toolUseID: string | undefined,
  options: { signal: AbortSignal },
) => Promise<HookJSONOutput>;

type HookMatcher = {
  /**
   * Which events of this name: names of tools, or of what else the event is told apart by, joined by `|` or `,`; with any other
   * character a regular expression, which is not anchored. Omitted, empty or `*`: all. @see docs/hooks.md, "Matchers"
   */
  matcher?: string | undefined;
  /** Seconds; default 60 for callbacks, 600 for commands. */
  timeout?: number | undefined;
  /** What a hook that throws, ends with an error or takes too long means. Default `continue`; a PreToolUse that takes too long always denies. */
  onFailure?: 'continue' | 'block' | undefined;
};

export type HookCallbackMatcher = HookMatcher & { hooks: HookCallback[] };

/** A command of a shell. It reads the input as JSON, and answers by its exit code and its output. @see docs/hooks.md, "Commands" */
export type HookCommand = {
  type: 'command';
  command: string;
  /** Seconds; default that of the matcher, else 600. */
  timeout?: number | undefined;
  /** True: nobody waits for it. */
  async?: boolean | undefined;
  /** Accepted without an effect. */
  statusMessage?: string | undefined;
};

export type HookCommandMatcher = HookMatcher & { hooks: HookCommand[] };

/** The `hooks` of settings. */
export type SettingsHooks = Partial<Record<HookEvent, HookCommandMatcher[]>>;
