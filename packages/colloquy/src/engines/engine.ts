import type { Json } from '../log/entries.ts';
import type { PermissionMode, SDKMessage, SDKUserMessage } from '../messages.ts';
import type { Options } from '../options/options.ts';
import type { PermissionModeInput } from '../options/permissions.ts';
import type { Cursor, Live } from '../views/view.ts';

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
  batches(o?: ReadOptions): AsyncIterable<readonly SDKMessage[]>;
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

/** A message together with its place, for doors that let readers come back. */
export type PlacedMessage = { cursor: Cursor; message: SDKMessage } | { live: Live & { type: 'gap' | 'signal' } };

/** A session as a server holds it: its readers come back with cursors. */
export interface HostedSession extends EngineSession {
  /** What ended the session from within, such as a full disk or the loss of its lease: it answers nothing any longer. */
  readonly failure: Error | undefined;
  /** Something goes on beside the turns, which ends when the session is closed. */
  readonly hasBackgroundWork: boolean;
  /**
   * Like `messages`, with each message's place, in batches of what is ready. With `door`, prompts are told back
   * (`isReplay`), and so are permission requests and their answers.
   */
  placed(o?: ReadOptions & { door?: boolean | undefined }): AsyncIterable<readonly PlacedMessage[]>;
}

/** What can be asked of an open session besides prompts, by name. */
export type Controls = {
  /** Ends the running turn with a result. Queued prompts stay, unless `cancelQueued`. */
  interrupt: {
    args: { cancelQueued?: boolean | undefined; by?: string | undefined };
    result: { still_queued: string[]; cancelled?: string[] | undefined };
  };
  setPermissionMode: { args: { mode: PermissionModeInput; by?: string | undefined }; result: { mode: PermissionMode } };
  /** Undefined goes back to the session's first model. Takes effect with the next model request. */
  setModel: { args: { model?: string | undefined; by?: string | undefined }; result: { model: string } };
  /** Decides a pending permission request; the first answer wins. */
  answer: {
    args: { request: number; decision: PermissionAnswer; by?: string | undefined };
    result: { won: boolean; by: string };
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

/** The state of an MCP server. Those in this process are always connected. */
export type McpServerStatus = {
  name: string;
  status: 'connected' | 'failed' | 'needs-auth' | 'pending' | 'disabled';
  serverInfo?: { name: string; version: string } | undefined;
  error?: string | undefined;
  tools?: { name: string; description?: string | undefined }[] | undefined;
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
  /** Where a link stands by now: left as they are. */
  skippedLinks?: string[] | undefined;
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

/** What a session offers, as `getServerInfo()` and the `Query` methods report it. */
export type ServerInfo = {
  commands: { name: string; description: string; argumentHint: string }[];
  agents: { name: string; description: string }[];
  models: { value: string; displayName: string; description: string }[];
  account: { apiKeySource?: string | undefined };
  output_style: string;
  available_output_styles: string[];
};

/** The stored sessions of an engine. */
export interface SessionFunctions {
  list(o?: {
    dir?: string | undefined;
    limit?: number | undefined;
    offset?: number | undefined;
  }): Promise<SDKSessionInfo[]>;
  get(id: string): Promise<SDKSessionInfo | undefined>;
  /** The conversation of a session, oldest first; an unknown id has none. */
  messages(id: string, o?: { limit?: number | undefined; offset?: number | undefined }): Promise<SessionMessage[]>;
  /** A new session with the entries up to and including a message (default: all). @throws SessionNotFoundError */
  fork(
    id: string,
    o?: { upToMessageId?: string | undefined; title?: string | undefined },
  ): Promise<{ sessionId: string }>;
  /** @throws SessionNotFoundError */
  rename(id: string, title: string): Promise<void>;
  /** Null removes the tag. @throws SessionNotFoundError */
  tag(id: string, tag: string | null): Promise<void>;
  /** @throws SessionNotFoundError | SessionBusyError */
  delete(id: string): Promise<void>;
}

export type SDKSessionInfo = {
  sessionId: string;
  /** Title, else the newest prompt, else the first. */
  summary: string;
  /** Milliseconds since 1970. */
  lastModified: number;
  createdAt: number;
  customTitle?: string | undefined;
  firstPrompt?: string | undefined;
  cwd?: string | undefined;
  tag?: string | undefined;
};

export type SessionMessage = {
  type: 'user' | 'assistant';
  uuid: string;
  session_id: string;
  message: Json;
  parent_tool_use_id: string | null;
};
