import type { BatchReader } from '../helpers/batch-reader.ts';
import type { Entry, Input, Json, NewEntry, Seq } from '../log/entries.ts';
import type { PermissionMode, SDKMessage, SDKUserMessage } from '../messages.ts';
import type { Options } from '../options/options.ts';
import type { PermissionModeInput } from '../options/permissions.ts';
import type { SessionStore } from '../options/session-store.ts';
import type { SlashCommand } from '../system-messages.ts';
import type { Cursor, Live } from '../views/view.ts';
import type { ToolConfiguration } from './hosted-options.ts';

/** What runs conversations: our own loop, the real Claude Code, or a server. */
export interface Engine {
  kind: 'api' | 'cli' | 'remote';
  /** Names of the options it honours; another option is a ConfigurationError at `open`. */
  supports: ReadonlySet<string>;
  /** Opens a new session, or the one that `resume`, `continue` or `forkSession` name. @throws ConfigurationError | SessionNotFoundError | SessionBusyError */
  open(options: Options): Promise<EngineSession>;
  sessions: SessionFunctions;
}

/** One open session. */
export interface EngineSession extends AsyncDisposable {
  readonly id: string;
  /** Agents that work in the background have a turn and a result of their own at their end, which a query waits for. */
  readonly waitsForAgents?: boolean | undefined;
  /** Programs hear what becomes of prompts to which they have given a uuid: `command_lifecycle`. */
  readonly tellsLifecycle?: boolean | undefined;
  /**
   * Resolves when the prompt is accepted (durable); the turn runs whether or not anybody reads. A prompt whose uuid was accepted
   * before is not accepted again; it is `settled` if its turn has ended, or it was withdrawn: no response will come then.
   */
  send(message: SDKUserMessage): Promise<{ uuid: string; settled?: true | undefined }>;
  /**
   * A new, independent reader: messages from now on, or those after a cursor. It ends when the session is closed or the signal aborts.
   * A slow reader loses stream events, never another message.
   */
  messages(o?: ReadOptions): AsyncIterable<SDKMessage>;
  /**
   * Like `messages`, in batches of what is ready. The messages are this reader's own. It exists from this call on, not from its first
   * pull; leaving it unread is cheap.
   */
  batches(o?: ReadOptions): BatchReader<SDKMessage>;
  /** What was said before it was opened, oldest first; absent where the engine's `sessions.messages` has it. */
  saidBefore?(): Promise<SessionMessage[]>;
  control<K extends keyof Controls>(name: K, args: Controls[K]['args']): Promise<Controls[K]['result']>;
}

export type ReadOptions = {
  /** Messages after this place. Such a reader sees an entry only once it is durable. */
  after?: Cursor | undefined;
  /** With `stream_event` messages. */
  partial?: boolean | undefined;
  /** With `command_lifecycle` messages: which prompts a turn takes, right after its `init`, and which are withdrawn. */
  lifecycle?: boolean | undefined;
  signal?: AbortSignal | undefined;
};

export type PlacedReadOptions = ReadOptions & {
  /** With what the doors of a server tell besides. */
  door?: boolean | undefined;
  /** Batches of nothing but stream events are this far apart at least, in milliseconds. Default 0. */
  coalesceMs?: number | undefined;
};

/** A message together with its place, for doors that let readers come back. */
export type PlacedMessage = { cursor: Cursor; message: SDKMessage } | { live: Live & { type: 'gap' | 'signal' } };

/** A session as a server holds it: its readers come back with cursors, and several people write in it. */
export interface HostedSession extends EngineSession {
  /** Like `EngineSession.send`, in somebody's name; gives the prompt's place in the log. */
  send(
    message: SDKUserMessage,
    o?: { by?: string | undefined },
  ): Promise<{ uuid: string; seq: Seq; settled?: true | undefined }>;
  /** What ended the session from within, such as a full disk or the loss of its lease: it answers nothing any longer. */
  readonly failure: Error | undefined;
  /** A turn is under way and waits for nobody outside. */
  readonly isWorking: boolean;
  /** Something goes on beside the turns, which ends when the session is closed. */
  readonly hasBackgroundWork: boolean;
  /**
   * Like `messages`, with each message's place, in batches of what is ready. With `door`, prompts are told back
   * (`isReplay`), and what becomes of them, and so are permission requests, calls that run elsewhere, and the answers to both.
   */
  placed(o?: PlacedReadOptions): BatchReader<PlacedMessage>;
  /** The newest entry that has been told. */
  readonly head: Seq;
  /** The log itself from now on, each entry once it is durable, with what the model is saying. It exists from this call on. */
  live(o?: { fragments?: boolean | undefined; signal?: AbortSignal | undefined }): AsyncIterable<readonly Live[]>;
  /** Appends inputs in one batch, durable when it resolves. Refused whole where a `once` key of theirs is taken; then who has it is told. */
  input(
    entries: readonly NewEntry<Input>[],
  ): Promise<{ ok: true; entries: readonly Entry[] } | { ok: false; winner: Entry }>;
  /** Tells everybody who reads with places a signal: live only, without a place. */
  tellSignal(signal: Json): void;
}

/** What can be asked of an open session besides prompts, by name. */
export type Controls = {
  /** Ends the running turn with a result. Queued prompts stay, unless `cancelQueued`. */
  interrupt: {
    args: { cancelQueued?: boolean | undefined; by?: string | undefined };
    /** `seq`: where it stands in the log; of hosted sessions. */
    result: { still_queued: string[]; cancelled?: string[] | undefined; seq?: Seq | undefined };
  };
  setPermissionMode: { args: { mode: PermissionModeInput; by?: string | undefined }; result: { mode: PermissionMode } };
  /** Undefined goes back to the session's first model. Takes effect with the next model request. */
  setModel: { args: { model?: string | undefined; by?: string | undefined }; result: { model: string } };
  /**
   * Decides a pending permission request; the first answer wins, as often as it is sent.
   * @throws ConfigurationError for a request that nobody has made or answered
   */
  answer: {
    args: { request: number; decision: PermissionAnswer; by?: string | undefined };
    result: { won: boolean; by: string; seq?: Seq | undefined };
  };
  /**
   * The result of a call that runs elsewhere; the first one wins. It may come as soon as the call is told. A call that is settled
   * takes none: `won` is false. @throws ConfigurationError for a call that is not known, runs here, or still waits for permission
   */
  toolResult: {
    args: {
      toolUseId: string;
      /** Text, or blocks of a tool_result. */
      content: string | Json[];
      isError?: boolean | undefined;
      by?: string | undefined;
    };
    result: { won: boolean; by: string; seq?: Seq | undefined };
  };
  /** The prompts that wait, in the order in which turns will take them. */
  queue: { args: Record<string, never>; result: QueuedPromptInfo[] };
  /** Takes a prompt from the queue; false when it does not wait any longer. */
  withdraw: { args: { uuid: string; by?: string | undefined }; result: { withdrawn: boolean; seq?: Seq | undefined } };
  /**
   * Puts another prompt in the place of one that waits: it has a uuid of its own (`newUuid`, or a random one). `taken`: the prompt
   * does not wait any longer, and nothing has changed.
   */
  editPrompt: {
    args: {
      uuid: string;
      content?: string | Json[] | undefined;
      priority?: 'now' | 'next' | 'later' | undefined;
      newUuid?: string | undefined;
      by?: string | undefined;
    };
    result: { uuid: string; seq: Seq } | { taken: true };
  };
  /**
   * The conversation goes on from before a prompt: the turn that took it, and all after it, no longer count. Files stay as they are.
   * @throws ConfigurationError while a turn runs, and for a prompt that no turn that counts has taken
   */
  rewind: { args: { to: string; by?: string | undefined }; result: { seq: Seq } };
  /**
   * Other tools from the next turn on; what is left out stays as it is. `toolPolicies` are for sessions with the toolset
   * `agent_toolset_20260401`. @throws ConfigurationError for a configuration that cannot be
   */
  setTools: {
    args: ToolConfiguration & { by?: string | undefined };
    result: { tools: string[]; seq?: Seq | undefined };
  };
  /**
   * Replaces `maxBudgetUsd`; null removes it. A turn that the budget has ended goes on by itself if it is raised or removed.
   * @throws ConfigurationError for what is no amount, and for a model whose price is not known
   */
  setBudget: {
    args: { maxBudgetUsd: number | null; by?: string | undefined };
    result: { maxBudgetUsd: number | null; seq?: Seq | undefined };
  };
  /** Ends work in the background; one that is not known, or has ended, is no error. */
  stopTask: { args: { taskId: string }; result: Record<string, never> };
  /** Lets a command that runs, or all of them, go on in the background; not `moved` if none runs. */
  backgroundTasks: { args: { toolUseId?: string | undefined }; result: { moved: boolean } };
  /** The end of what a task has printed so far. @throws ConfigurationError for one that is not known. */
  getTaskOutput: { args: { taskId: string; maxBytes?: number | undefined }; result: TaskOutputReport };
  /** Sets files back to what they were when a prompt was taken. @throws ConfigurationError for a prompt that no turn has taken. */
  rewindFiles: { args: { userMessageId: string; dryRun?: boolean | undefined }; result: RewindFilesResult };
  serverInfo: { args: Record<string, never>; result: ServerInfo };
  mcpServerStatus: { args: Record<string, never>; result: McpServerStatus[] };
  /** Asks the real Claude Code something else, by the name and the fields of its protocol. @throws ConfigurationError on the api engine. */
  askClaudeCode: {
    args: { subtype: string; fields?: Record<string, unknown> | undefined };
    result: { response: Record<string, unknown> };
  };
};

/** A prompt that waits in the queue. */
export type QueuedPromptInfo = {
  uuid: string;
  seq: Seq;
  content: Json[];
  priority: 'now' | 'next' | 'later';
  by: string;
  /** When it was accepted. */
  at: string;
};

/** The state of an MCP server. Those in this process are always connected. */
export type McpServerStatus = {
  name: string;
  status: 'connected' | 'failed' | 'needs-auth' | 'pending' | 'disabled';
  serverInfo?: { name: string; version: string } | undefined;
  error?: string | undefined;
  tools?:
    | {
        name: string;
        description?: string | undefined;
        annotations?:
          | { readOnly?: boolean | undefined; destructive?: boolean | undefined; openWorld?: boolean | undefined }
          | undefined;
        _meta?: Record<string, unknown> | undefined;
      }[]
    | undefined;
  /** How it is reached, and where that is written; only with `engine: 'cli'`. */
  config?: Record<string, unknown> | undefined;
  scope?: string | undefined;
  source?: string | undefined;
};

/** What setting files back has changed, or would change. */
export type RewindFilesResult = {
  canRewind: boolean;
  /** Why not. */
  error?: string | undefined;
  /** Absolute paths. */
  filesChanged?: string[] | undefined;
  /** Lines. */
  insertions?: number | undefined;
  deletions?: number | undefined;
  /** How many places have a link by now: they are left as they are. */
  skippedLinks?: number | undefined;
};

/** What a task has printed: the end of it, and how much came before. */
export type TaskOutputReport = {
  task_id: string;
  task_type: string;
  status: 'running' | 'completed' | 'failed' | 'killed';
  description: string;
  output: string;
  left_out_bytes: number;
  output_file: string;
};

export type PermissionAnswer =
  | {
      behavior: 'allow';
      updatedInput?: Record<string, unknown> | undefined;
      updatedPermissions?: unknown[] | undefined;
    }
  | { behavior: 'deny'; message?: string | undefined; interrupt?: boolean | undefined };

export type AgentInfo = { name: string; description: string; model?: string | undefined };

/** A model that may be chosen. What it supports is told by Claude Code only. */
export type ModelInfo = {
  value: string;
  displayName: string;
  description: string;
  resolvedModel?: string | undefined;
  supportsEffort?: boolean | undefined;
  supportedEffortLevels?: ('low' | 'medium' | 'high' | 'xhigh' | 'max')[] | undefined;
  supportsAdaptiveThinking?: boolean | undefined;
  supportsFastMode?: boolean | undefined;
  supportsAutoMode?: boolean | undefined;
};

/** Whose account it is. */
export type AccountInfo = {
  apiKeySource?: string | undefined;
  tokenSource?: string | undefined;
  email?: string | undefined;
  organization?: string | undefined;
  subscriptionType?: string | undefined;
  apiProvider?:
    | 'firstParty'
    | 'bedrock'
    | 'vertex'
    | 'foundry'
    | 'anthropicAws'
    | 'anthropicGoogleCloud'
    | 'mantle'
    | 'gateway'
    | undefined;
};

/** What a session offers, as `getServerInfo()` and the `Query` methods report it. */
export type ServerInfo = {
  commands: SlashCommand[];
  agents: AgentInfo[];
  models: ModelInfo[];
  account: AccountInfo;
  output_style: string;
  available_output_styles: string[];
};

/** The stored sessions of an engine. */
export interface SessionFunctions {
  list(o?: {
    dir?: string | undefined;
    limit?: number | undefined;
    offset?: number | undefined;
    /** With those of the repository's other working trees; only of Claude Code's sessions. Default true. */
    includeWorktrees?: boolean | undefined;
  }): Promise<SDKSessionInfo[]>;
  get(id: string): Promise<SDKSessionInfo | undefined>;
  /** The conversation of a session, oldest first; an unknown id has none. */
  messages(id: string, o?: { limit?: number | undefined; offset?: number | undefined }): Promise<SessionMessage[]>;
  /** A new session with the entries up to and including a message (default: all). `sessionId`: its UUID. @throws SessionNotFoundError */
  fork(
    id: string,
    o?: { upToMessageId?: string | undefined; title?: string | undefined; sessionId?: string | undefined },
  ): Promise<{ sessionId: string }>;
  /** @throws SessionNotFoundError */
  rename(id: string, title: string): Promise<void>;
  /** Null removes the tag. @throws SessionNotFoundError */
  tag(id: string, tag: string | null): Promise<void>;
  /** @throws SessionNotFoundError | SessionBusyError */
  delete(id: string): Promise<void>;
  /** The ids of its agents; an unknown session has none. Absent where agents have no history of their own. */
  agents?(id: string): Promise<string[]>;
  /** What an agent was told and said, oldest first; an unknown one nothing. */
  agentMessages?(
    id: string,
    agentId: string,
    o?: { limit?: number | undefined; offset?: number | undefined },
  ): Promise<SessionMessage[]>;
  /** Marks a session as put away, or takes the mark off. @throws SessionNotFoundError */
  archive?(id: string, isArchived: boolean): Promise<void>;
  /** The same functions over the sessions of a program's own store, by working directory. */
  inStore?(store: SessionStore, dir: string | undefined): SessionFunctions;
}

export type SDKSessionInfo = {
  sessionId: string;
  /** Title, else the newest prompt, else the first. */
  summary: string;
  /** Milliseconds since 1970. */
  lastModified: number;
  createdAt: number;
  /** Bytes; only of Claude Code's sessions, like the branch. */
  fileSize?: number | undefined;
  gitBranch?: string | undefined;
  archived?: boolean | undefined;
  customTitle?: string | undefined;
  firstPrompt?: string | undefined;
  cwd?: string | undefined;
  tag?: string | undefined;
};

export type SessionMessage = {
  type: 'user' | 'assistant' | 'system';
  uuid: string;
  session_id: string;
  message: Json;
  parent_tool_use_id: string | null;
};
