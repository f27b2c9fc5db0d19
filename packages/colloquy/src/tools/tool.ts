import type { Usage } from '../messages-api/types.ts';
import type { AgentDefinition } from '../options/agents.ts';
import type { PermissionModeInput } from '../options/permissions.ts';
import type { Json, Thread } from '../log/entries.ts';
import type { BackgroundTasks } from './tasks/background-tasks.ts';

/** A tool as the turn sees it: what it is called, what it touches, how it runs. */
export interface Tool<I = Json, O = Json> {
  name: string;
  /** Further names under which rules and models may know it. */
  aliases?: string[] | undefined;
  description: string;
  /** JSON Schema of the input, as sent to the model. */
  inputSchema: Json;
  /** `read`: no effect outside the process, may run in parallel and again. `write`: changes this machine. `external`: anything else. */
  effect: 'read' | 'write' | 'external';
  /** Calls may run beside each other and beside those that only read, although they do more. */
  parallel?: true | undefined;
  /** Nothing happens but inside the session, so that no leave is needed: a list is kept, or calls are made that are decided one by one. */
  harmless?: true | undefined;
  /** Offered only to a session whose `tools` option names it. */
  onRequest?: true | undefined;
  /** Not shown to the model until it finds it with ToolSearch. */
  deferred?: true | undefined;
  /** It does not run in this process: its calls wait for a result from the client that declared it, or from a worker. */
  elsewhere?: 'client' | 'worker' | undefined;
  /** A person has to answer: no rule and no mode does it in their place. */
  needsPerson?: true | undefined;
  /** Checks an input. @throws Error whose message tells the model what to mend. */
  parse(input: Json): I | Promise<I>;
  /** What a call would touch, for the permission chain. */
  target(input: I): ToolTarget;
  /** Runs the call. An exception becomes an error result, told to the model. */
  run(input: I, context: ToolContext): Promise<ToolOutcome<O>>;
  /** What the model is told of an output that a hook has put in the place of the tool's; undefined where it is no output of the tool. */
  tell?(output: unknown): string | undefined;
}

export type ToolTarget = {
  paths?: { path: string; access: 'read' | 'write' }[] | undefined;
  command?: string | undefined;
  /** The call asks that its command runs without the sandbox. It is then decided about as if there were none. */
  withoutSandbox?: boolean | undefined;
  url?: string | undefined;
  /** The type of the subagent that a call starts. */
  agent?: string | undefined;
};

export type ToolOutcome<O = Json> = {
  /** What the model is told: text, or blocks of a tool_result. */
  content: string | Json[];
  isError?: boolean | undefined;
  /** What the program is told in `tool_use_result`. */
  structured?: O | undefined;
  /**
   * What the session keeps for later calls, by key (`<tool>.<what>`): it replaces the key's older value, is folded from the log,
   * and so survives a resume and a fork. Plain data, small.
   */
  state?: Record<string, Json> | undefined;
};

/** What a running tool may use. */
export interface ToolContext {
  session: string;
  thread: Thread;
  toolUseId: string;
  cwd: string;
  /** The working folders, as they are now: the working directory and the additional ones. */
  folders(): readonly string[];
  files: Files;
  /** Whether rules keep a real path out of what a search shows. */
  hides?: ((path: string) => boolean) | undefined;
  shell: Shell;
  /** What goes on beside the turns. */
  background: BackgroundTasks;
  web: Web;
  /** Whether a call that was allowed for one host may be led on to another of its names (`www.`). Absent: it may not. */
  mayFollow?: ((url: URL) => Promise<boolean>) | undefined;
  /** Aborted by an interrupt, a time-out, the loss of the lease, or the end of the session. */
  signal: AbortSignal;
  /** What an earlier call has left in `ToolOutcome.state` under this key. */
  state(key: string): Json | undefined;
  mode(): PermissionModeInput;
  /** Changes the session's permission mode, from the next call on. */
  setMode(mode: PermissionModeInput): Promise<void>;
  /** Runs a subagent to its end; an interrupt of the call is one of the agent. */
  runAgent(spec: AgentSpec): Promise<AgentRun>;
  /**
   * One question to the small model, on the call's own account: what it costs is written with the call's result, and counts for the
   * budget. @throws ColloquyError when the API fails or the budget does not pay for it; Error when the model declines
   */
  askSmallModel(request: SmallModelRequest): Promise<string>;
  /** Lets the small model search the web with the API's own tool, on the same terms; resolves to the blocks of its answer. */
  searchWeb(request: WebSearchRequest): Promise<Json[]>;
  /** Tells hooks of a task of the list. Resolves to the reason if one of them does not let it be created or completed. */
  taskHook(event: 'TaskCreated' | 'TaskCompleted', task: TaskOfHook): Promise<string | undefined>;
  /** Live news for readers; not kept. */
  progress(p: Json): void;
}

export type TaskOfHook = { task_id: string; task_subject: string; task_description?: string | undefined };

export type SmallModelRequest = { system: string; prompt: string; maxTokens: number };

/** Only one of the lists of domains. */
export type WebSearchRequest = SmallModelRequest & {
  maxSearches: number;
  allowedDomains?: readonly string[] | undefined;
  blockedDomains?: readonly string[] | undefined;
};

/** Pages of the web, kept for a while. */
export interface Web {
  /** A page as text. @throws Error for what is not to be reached, with the reason; `signal.reason` when it aborts */
  read(url: URL, o: { signal: AbortSignal; mayFollow?: ToolContext['mayFollow'] }): Promise<WebAnswer>;
}

/** A redirect to another place is not followed. */
export type WebAnswer =
  | ({ kind: 'page' } & WebPage)
  | { kind: 'moved'; from: string; to: string; code: number; codeText: string };

export type WebPage = {
  /** Where it came from, after redirects. */
  url: string;
  code: number;
  codeText: string;
  /** Of the body, decompressed, as far as it was read. */
  bytes: number;
  /** HTML as Markdown, other text as it came. */
  text: string;
  /** False: the body was something else, and `text` is empty. */
  isText: boolean;
  /** What was left out, in sentences. */
  notes: string[];
};

/** A subagent to be run. */
export type AgentSpec = {
  type: string;
  definition: AgentDefinition;
  /** A few words, for people. */
  description: string;
  prompt: string;
  /** In place of the definition's. */
  model?: string | undefined;
};

/** What became of a subagent. */
export type AgentRun = {
  agentId: string;
  /** Its last message. */
  text: string;
  /** Why it did not come to its end. */
  problem: string | undefined;
  toolUses: number;
  durationMs: number;
  /** Of its own requests. */
  usage: Usage;
};

/** Files under the session's roots: its working directory and the additional directories. Symbolic links are followed before the check. */
export interface Files {
  /** The real, absolute path that a path names; a path that does not exist yet resolves through its nearest existing parent. */
  resolve(path: string): Promise<string>;
  /** The real path, and how many names the file there has. Looks outside the roots too, so as to judge. */
  locate(path: string): Promise<Located>;
  /** Undefined when there is nothing. @throws Error for what lies outside the roots without leave. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Names of what a folder holds, in no order, at most `limit` (default 1,000). @throws Error like `read` */
  list(path: string, o?: { limit?: number | undefined }): Promise<string[]>;
  /** @throws Error for what is not a regular file, is too large (`maxBytes`, default 50 MB) or lies outside the roots without leave. */
  read(path: string, o?: { maxBytes?: number | undefined; signal?: AbortSignal | undefined }): Promise<Uint8Array>;
  /**
   * Shows a regular file of any size piece by piece, in bounded memory, and resolves to what the file was when it was opened.
   * A piece is only valid during the call; `false` ends the scan. `from` is the byte to begin with. @throws Error like `read`
   */
  scan(
    path: string,
    visit: (piece: Uint8Array) => boolean,
    o?: { from?: number | undefined; signal?: AbortSignal | undefined },
  ): Promise<FileStat>;
  /**
   * Replaces the file in one step, keeping its mode; makes missing folders. With `unchangedSince`, refuses when the file is
   * no longer as it was then (`'absent'`: did not exist).
   */
  write(
    path: string,
    data: string | Uint8Array,
    o?: { unchangedSince?: FileStat | 'absent' | undefined; signal?: AbortSignal | undefined },
  ): Promise<void>;
  /** Takes a file away; one that is not there is no error. @throws Error like `write`, and for what is no regular file */
  remove(path: string): Promise<void>;
  /** What the model has seen of a file: an edit of a file that has changed since is refused. */
  seen(path: string): FileStat | undefined;
  markSeen(path: string, stat: FileStat): void;
  /** The same files, with leave for further real paths and what lies below them: those that one call was allowed to touch. */
  withLeave(leave: readonly (string | Leave)[]): Files;
}

export type FileStat = {
  kind: 'file' | 'directory' | 'other';
  size: number;
  mtimeMs: number;
  /** Which file it is, where the system tells. */
  dev?: number | undefined;
  ino?: number | undefined;
  /** How many names it has. A file with several may also lie outside the roots. */
  links?: number | undefined;
};

/** `links`: of a regular file; 1 for anything else, and for nothing. */
export type Located = { real: string; links: number };

/** What one call may touch beyond the roots. A plain path covers files with several names. */
export type Leave = {
  real: string;
  /** What the call calls it. It was followed when the call was judged, and is not followed again. */
  path?: string | undefined;
  /** It was judged as a file with several names. */
  mayBeLinked?: boolean | undefined;
};

/** Runs shell commands, each in its own process group, which is gone when `run` settles. */
export interface Shell {
  run(command: string, o: ShellOptions): Promise<ShellOutcome>;
}

export type ShellOptions = {
  cwd: string;
  /** Undefined: until it ends by itself, or the signal aborts. */
  timeoutMs: number | undefined;
  signal: AbortSignal;
  /** Bytes of each stream that are kept, from its beginning and its end; what lies between is counted and dropped. Default 30,000. */
  maxOutputBytes?: number | undefined;
  /** Told every piece of either stream as it comes. A promise holds the stream back until it settles; it must not reject. */
  onOutput?: ((piece: Uint8Array, stream: 'stdout' | 'stderr') => Promise<void> | undefined) | undefined;
};

export type ShellOutcome = {
  /** Null when it was ended by a signal. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
  droppedBytes: number;
  timedOut: boolean;
  interrupted: boolean;
  /** Where the shell stood when it ended; undefined when it did not say, because it was killed for instance. Not to be trusted. */
  cwd?: string | undefined;
  /** What the model should be told besides, in sentences: what a sandbox has refused, and which setting would allow it. */
  notes?: readonly string[] | undefined;
};
