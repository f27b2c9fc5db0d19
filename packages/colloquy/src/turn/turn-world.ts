import type { HookRunner } from '../hooks/run-hooks.ts';
import type { Entry, NewEntry, Thread } from '../log/entries.ts';
import type { SessionState } from '../log/fold.ts';
import type { ThreadLog } from '../log/thread-log.ts';
import type { Totals } from '../log/totals.ts';
import type { ToolUseBlock } from '../messages-api/types.ts';
import type { MessagesClient } from '../messages-api/messages-client.ts';
import type { HookEvent, HookFields } from '../options/hook-inputs.ts';
import type { CanUseTool, PermissionModeInput, PermissionUpdate } from '../options/permissions.ts';
import type { PolicyWord } from '../permissions/call.ts';
import type { PermissionState } from '../permissions/state.ts';
import type { BackgroundTasks } from '../tools/tasks/background-tasks.ts';
import type { CommandSandbox } from '../tools/sandbox/command-sandbox.ts';
import type { Files, Tool, Web } from '../tools/tool.ts';
import type { RequestHistory } from '../views/request-history.ts';
import type { InitFacts } from '../views/to-sdk-messages.ts';
import type { Backups } from './checkpoints.ts';

/** Everything a turn may read and use. The session that owns the log makes it, and keeps `state` and `history` folded. */
export type TurnWorld = {
  /** What the results of this process tell of it: how many there were, and who offers the model, where that is known. */
  run: { results: number; readonly provider: string | undefined };
  /** The session's own thread, or that of a subagent; `log`, `state` and `history` are of that thread alone. */
  thread: Thread;
  log: ThreadLog;
  state: SessionState;
  /** What the whole session has used so far. */
  totals(): Totals;
  history: RequestHistory;
  client: MessagesClient;
  hooks: HookRunner;
  side: SideHooks;
  /** Of a subagent. */
  agentType?: string | undefined;
  tools: ToolBox;
  permissions: {
    readonly state: PermissionState;
    /** Writes what is to last into settings files; gives what a person should know when that cannot be done. Does not throw. */
    keep(updates: readonly PermissionUpdate[]): Promise<string[]>;
    /** What people should know of the settings; told with the next turn, and then empty. */
    news: string[];
  };
  limits: TurnLimits;
  /** What the whole session may cost, as it is set now. */
  budgetUsd(): number | undefined;
  prompt: {
    system: readonly string[];
    readonly environment: string | undefined;
    extras(model: string): Record<string, unknown>;
  };
  cwd: string;
  files: Files;
  /** Present when files are backed up before they are changed. */
  backups: Backups | undefined;
  /** Where commands run. */
  sandbox: CommandSandbox;
  /** What goes on beside the turns of the session, its subagents' included. */
  background: BackgroundTasks;
  web: Web;
  /** The model that the next request goes to. */
  model(): string;
  /** The model that tools ask about what they have read. */
  smallModel: string;
  mode(): PermissionModeInput;
  init(): InitFacts;
  ask: Asker;
  /** Resolves with the entry once one fits; rejects with the signal's reason. */
  waitFor(fits: (entry: Entry) => boolean, signal: AbortSignal): Promise<Entry>;
};

/** Hooks beside the turn, which nobody waits for, and what hooks change in the session itself. */
export type SideHooks = {
  fire<E extends HookEvent>(event: E, fields: HookFields[E]): void;
  /** The files whose changes are told to hooks from now on; undefined changes nothing. */
  watch(paths: readonly string[] | undefined): Promise<void>;
  readonly title: string | undefined;
  setTitle(title: string): Promise<void>;
};

/** How a call that nothing else decides is asked about: a callback, a request in the log, or nobody. */
export type Asker = { kind: 'callback'; canUseTool: CanUseTool } | { kind: 'log' } | { kind: 'nobody' };

export type ToolBox = {
  toolset: string;
  /** Those offered to the model, in the order sent. */
  offered: readonly Tool[];
  /** By name or alias, offered or not. */
  find(name: string): Tool | undefined;
  /** Of a set whose tools have policies: the policy of this one. */
  policyOf?: ((tool: Tool) => PolicyWord) | undefined;
  /** The digest of what every request with them begins with; noted with the first. */
  prefix?: string | undefined;
};

export type TurnLimits = {
  maxTurns: number | undefined;
  maxRetries: number;
  maxOutputTokens: number | undefined;
  timeoutMs: number | undefined;
  /** Whether prompts without a priority join a running turn, as in the official SDK. */
  mergePrompts: boolean;
};

/** Why a turn was stopped from outside. */
export type StopCause =
  | { why: 'interrupt' }
  /** A prompt of priority `now` takes its place. */
  | { why: 'preempted' }
  | { why: 'timeout'; timeoutMs: number }
  /** A denial with `interrupt: true`. */
  | { why: 'denied' }
  /** A hook answered `continue: false`. */
  | { why: 'hook' }
  /** A hook put the turn's only call off: it stays open, for the next turn. */
  | { why: 'deferred'; call: ToolUseBlock }
  /** A call that was put off names a tool that is gone. */
  | { why: 'unavailable'; problem: string }
  /** The session is being closed and ends its turn. */
  | { why: 'closed' }
  /** The turn is left as it is, for the next owner of the session. */
  | { why: 'left' };

/** The one switch that stops a turn; the first cause counts. */
export class TurnStop {
  readonly #controller = new AbortController();
  cause: StopCause | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  stop(cause: StopCause): void {
    if (this.cause !== undefined) return;
    this.cause = cause;
    this.#controller.abort(new TurnStopped(cause));
  }
}

/** The reason with which a stopped turn's signal is aborted. Never leaves the engine. */
export class TurnStopped extends Error {
  override readonly name = 'TurnStopped';
  readonly stopCause: StopCause;
  constructor(stopCause: StopCause) {
    super(`The turn was stopped (${stopCause.why})`);
    this.stopCause = stopCause;
  }
}

/** Appends facts that are durable with the next batch that is. */
export async function note(world: TurnWorld, ...facts: NewEntry[]): Promise<void> {
  if (facts.length > 0) await world.log.append(facts, { sync: 'lazy' });
}
