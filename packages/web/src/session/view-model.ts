// What the page shows of a session: the fold of its stream's frames. Everything here is immutable; what did not change keeps its
// identity, which is what lets finished turns and blocks skip rendering.

export type SessionView = {
  turns: readonly Turn[];
  /** Prompts whose turn has not begun, oldest first: being sent, accepted, or refused. */
  queue: readonly QueuedPrompt[];
  /** What the server is about to tell the model of work in the background, oldest first. */
  news: readonly { uuid: string; text: string }[];
  /** Calls that wait for a person, oldest first. */
  asks: readonly PermissionAsk[];
  /** How asks were answered, newest last: to tell who did when it was not this page. */
  lastAnswer: AnsweredAsk | undefined;
  running: boolean;
  /** The model request failed and is tried again. */
  retry: Retry | undefined;
  model: string | undefined;
  /** The permission mode as it was set. */
  mode: string | undefined;
  /** US dollars at list price; undefined before the first result. */
  cost: { usd: number; known: boolean } | undefined;
};

/** One prompt and what came of it. `end` is absent while it runs. */
export type Turn = { key: string; blocks: readonly Block[]; end: TurnEnd | undefined };

export type Block = PromptBlock | TextBlock | ThinkingBlock | ToolBlock | ErrorBlock | NoticeBlock;

/** Which block of which model answer something is. `message` is absent for text that a gap gave us, until its answer is known. */
export type BlockRef = { message: string | undefined; index: number };

type FromAnswer = {
  key: string;
  ref: BlockRef;
  /** The uuid of the finished message; undefined while it streams. */
  uuid: string | undefined;
};

export type PromptBlock = { kind: 'prompt'; key: string; text: string };
export type TextBlock = FromAnswer & { kind: 'text'; text: string; aborted: boolean };
export type ThinkingBlock = FromAnswer & { kind: 'thinking'; text: string };
export type ToolBlock = FromAnswer & {
  kind: 'tool';
  toolUseId: string;
  name: string;
  /** Undefined while the input streams in; `inputJson` then holds its beginning. */
  input: Readonly<Record<string, unknown>> | undefined;
  inputJson: string;
  state: ToolState;
  result: ToolResult | undefined;
  answered: { behavior: 'allow' | 'deny' | 'withdrawn'; by: string } | undefined;
  /** Whose program gave the result of a call that runs outside of the server. */
  suppliedBy?: string | undefined;
  /** Why it was denied without anybody having been asked. */
  deniedReason: string | undefined;
  /** What a subagent that the call has started does, oldest first. */
  steps: readonly AgentStep[];
};
export type AgentStep = {
  toolUseId: string;
  name: string;
  input: Readonly<Record<string, unknown>>;
  state: 'running' | 'done' | 'failed';
};
/** The model could not be asked, or refused to answer. */
export type ErrorBlock = { kind: 'error'; key: string; uuid: string; error: string; text: string };
export type NoticeBlock = { kind: 'notice'; key: string; level: 'info' | 'warning'; text: string };

/** `waiting` for a person, `elsewhere` for a program that runs it outside of the server. */
export type ToolState = 'preparing' | 'running' | 'waiting' | 'elsewhere' | 'done' | 'failed' | 'denied' | 'stopped';

export type ToolResult = {
  text: string;
  isError: boolean;
  /** The tool's own structured output, when it has one. */
  structured: unknown;
  /** Parts that are not text, such as images. */
  otherParts: number;
};

export type TurnEnd = {
  kind: 'completed' | 'stopped' | 'max_turns' | 'budget' | 'failed' | 'lost';
  /** What went wrong, in the server's words; empty when nothing did. */
  details: string;
  durationMs: number | undefined;
};

export type QueuedPrompt = {
  uuid: string;
  text: string;
  state: 'sending' | 'accepted' | 'failed';
  /** Why it could not be sent. */
  error: string | undefined;
  priority: 'now' | 'next' | 'later';
};

export type PermissionAsk = {
  request: number;
  toolUseId: string;
  name: string;
  input: Readonly<Record<string, unknown>>;
  reason: string;
};

export type AnsweredAsk = { request: number; name: string; behavior: 'allow' | 'deny' | 'withdrawn'; by: string };

export type Retry = { attempt: number; maxRetries: number; error: string; status: number | null; dueAtMs: number };

export const EMPTY_VIEW: SessionView = {
  turns: [],
  queue: [],
  news: [],
  asks: [],
  lastAnswer: undefined,
  running: false,
  retry: undefined,
  model: undefined,
  mode: undefined,
  cost: undefined,
};
