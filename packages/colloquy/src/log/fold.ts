import { isRecord } from '../helpers/is-record.ts';
import type { ContentBlock, ToolUseBlock, Usage } from '../messages-api/types.ts';
import type { SDKPermissionDenial } from '../messages.ts';
import { type CallState, foldCallEntry, newCall } from './call-state.ts';
import type { Entry, Json, Seq, TaskFacts, Thread } from './entries.ts';
import { prefixDigest } from './prefix-digest.ts';
import { addUsage, NO_USAGE, type Totals, totalsWith } from './totals.ts';

/** What the owner of a session must know to go on: the log, folded. Pure; the same log gives the same state. */
export type SessionState = {
  /** Whose state it is: the session's own thread, or that of a subagent. */
  thread: Thread;
  seq: Seq;
  /** Accepted, and neither taken nor withdrawn. */
  queue: QueuedPrompt[];
  turn: OpenTurn | undefined;
  turns: number;
  /** What the model has been told of the place where it works. */
  environment: string | undefined;
  segment: { seq: Seq; model: string; toolset: string; keepFrom: Seq; prefix: string } | undefined;
  /** Merged patches of the `settings` entries: the mode, and the permission updates to be applied after it, in order. */
  settings: { permissionMode?: string; model?: string | null; permissionUpdates: Json[] };
  totals: Totals;
  /** What tools keep for their later calls, by key. */
  toolState: Record<string, Json>;
  /** Work beside the turns that has begun and not ended. */
  tasks: TaskFacts[];
  /** Calls that a hook has put off: the next turn begins with them. */
  deferred?: ToolUseBlock[] | undefined;
  /** The conversation as the newest answer left it. */
  context?: { tokens: number; at: string } | undefined;
};

export type QueuedPrompt = {
  seq: Seq;
  uuid: string;
  content: Json[];
  priority: 'now' | 'next' | 'later';
  startsTurn: boolean;
  origin: Json;
};

/** A turn that has begun and not ended. */
export type OpenTurn = {
  id: string;
  startedAt: string;
  prompts: QueuedPrompt[];
  /** Model requests so far, retries not counted. */
  requests: number;
  /** Answers so far that came to their end. */
  answers: number;
  toolResults: number;
  usage: Usage;
  apiMs: number;
  ttftMs: number | undefined;
  denials: SDKPermissionDenial[];
  /** Text of the newest answer. */
  text: string;
  stopReason: string | null;
  /** What the end of the newest answer asks for, besides running its calls, is not in the log yet. */
  undecided: boolean;
  /** Consecutive answers that ended at the token limit. */
  cutShort: number;
  /** Consecutive answers that paused for the API's own tools. */
  paused: number;
  /** How often hooks have kept the turn from ending: since the model last used a tool, and at all. */
  stopBlocks: { inARow: number; all: number };
  /** The answer in the form that the program asked for, from the newest calls of StructuredOutput. */
  output: { value: Json } | undefined;
  /** Calls of StructuredOutput that did not fit, and reminders that it is to be called. */
  outputFailures: number;
  outputReminders: number;
  /** The log says that the turn is to end; whoever runs it may not know yet. */
  stopAsked: 'interrupt' | 'preempted' | undefined;
  /** A request whose answer has not ended. */
  request: OpenRequest | undefined;
  /** The tool uses of the newest answer, in order. */
  calls: CallState[];
  /** Subagents that are at work. */
  agents: OpenAgent[];
};

/** A subagent that has begun and not ended. */
export type OpenAgent = {
  thread: Thread;
  /** Its permission requests. */
  asks: Seq[];
  /** Ids of its tool uses that have no result. */
  calls: string[];
};

export type OpenRequest = {
  id: string;
  attempt: number;
  blocks: { seq: Seq; block: ContentBlock }[];
  /** As the answer began, if one of its blocks is whole. */
  usage: Usage | undefined;
};

export function emptyState(thread: Thread = 'main'): SessionState {
  return {
    thread,
    seq: 0,
    queue: [],
    turn: undefined,
    turns: 0,
    environment: undefined,
    segment: undefined,
    settings: { permissionUpdates: [] },
    totals: { costUsd: 0, byModel: {} },
    toolState: {},
    tasks: [],
  };
}

const toJson = (value: Json): string => JSON.stringify(value);

/** Folds one entry into the state, in place. */
export function foldEntry(state: SessionState, entry: Entry): void {
  state.seq = entry.seq;
  if (entry.thread !== state.thread) return foldOtherThread(state, entry);
  switch (entry.kind) {
    case 'prompt': {
      const { seq, uuid, content, priority, startsTurn, origin } = entry;
      state.queue.push({ seq, uuid, content, priority, startsTurn, origin });
      if (state.turn !== undefined && priority === 'now') state.turn.stopAsked ??= 'preempted';
      return;
    }
    case 'prompt_withdrawn':
      state.queue = state.queue.filter((prompt) => prompt.seq !== entry.prompt);
      return;
    case 'settings':
      foldSettings(state, entry.patch);
      return;
    case 'segment': {
      const { seq, model, toolset, keepFrom } = entry;
      state.segment = {
        seq,
        model,
        toolset,
        keepFrom,
        prefix: prefixDigest(entry.system.map(toJson), entry.tools.map(toJson)),
      };
      return;
    }
    case 'context':
      if (entry.source === 'environment') state.environment = textOf(entry.content);
      if (state.turn !== undefined) foldTurnEntry(state, state.turn, entry);
      return;
    case 'turn_start':
      state.turn = newTurn(entry.turn, entry.at);
      state.turn.calls = (state.deferred ?? []).map((block) => ({ ...newCall(block), deferred: true }));
      state.turns += 1;
      return;
    case 'turn_end':
      // After a checkpoint there is no turn: it has them already.
      if (state.turn !== undefined) state.deferred = openCalls(state.turn);
      state.turn = undefined;
      return;
    case 'task_started': {
      const { task, taskType, toolUseId, description, outputFile } = entry;
      state.tasks.push({ task, taskType, toolUseId, description, outputFile });
      return;
    }
    case 'task_ended':
      state.tasks = state.tasks.filter(({ task }) => task !== entry.task);
      return;
    default:
      if (state.turn !== undefined) foldTurnEntry(state, state.turn, entry);
  }
}

/** What threads have in common: the session pays for its subagents, and a call is answered wherever it was asked. */
function foldOtherThread(state: SessionState, entry: Entry): void {
  if (state.turn !== undefined) foldAgentEntry(state.turn, entry);
  switch (entry.kind) {
    case 'model_response':
      addSpent(state, spentOnAnswer(entry));
      return;
    case 'model_error':
      addSpent(state, spentOn(entry.error));
      return;
    case 'tool_result':
      // Written by the turn, in this shape.
      for (const { model, usage } of entry.spent ?? []) addSpent(state, { model, usage: usage as Usage });
      return;
    default:
  }
}

/** What a turn knows of the subagents that it has started: enough to close what a lost owner has left of them. */
function foldAgentEntry(turn: OpenTurn, entry: Entry): void {
  const agent = turn.agents.find(({ thread }) => thread === entry.thread);
  switch (entry.kind) {
    case 'turn_start':
      turn.agents.push({ thread: entry.thread, asks: [], calls: [] });
      return;
    case 'turn_end':
      turn.agents = turn.agents.filter((open) => open !== agent);
      return;
    case 'permission_answer':
      foldCallEntry(turn, entry);
      return;
    case 'permission_request':
      agent?.asks.push(entry.seq);
      return;
    case 'model_block': {
      // Blocks are stored as the API sent them.
      const block = entry.block as ContentBlock;
      if (block.type === 'tool_use') agent?.calls.push(block.id);
      return;
    }
    case 'model_error':
      // The answers before it have all their results.
      if (agent !== undefined) agent.calls = [];
      return;
    case 'tool_result':
      if (agent !== undefined) agent.calls = agent.calls.filter((id) => id !== entry.toolUseId);
      return;
    default:
  }
}

/** The text of context that the engine has written, which is one block. */
function textOf([block]: readonly Json[]): string | undefined {
  return isRecord(block) && typeof block['text'] === 'string' ? block['text'] : undefined;
}

/** Calls that the end of a turn leaves without a result: those that were put off. */
function openCalls(turn: OpenTurn): ToolUseBlock[] | undefined {
  const open = turn.calls.filter(({ done }) => !done).map(({ block }) => block);
  return open.length === 0 ? undefined : open;
}

function newTurn(id: string, startedAt: string): OpenTurn {
  return {
    id,
    startedAt,
    prompts: [],
    requests: 0,
    answers: 0,
    toolResults: 0,
    usage: NO_USAGE,
    apiMs: 0,
    ttftMs: undefined,
    denials: [],
    text: '',
    stopReason: null,
    undecided: false,
    cutShort: 0,
    paused: 0,
    stopBlocks: { inARow: 0, all: 0 },
    output: undefined,
    outputFailures: 0,
    outputReminders: 0,
    stopAsked: undefined,
    request: undefined,
    calls: [],
    agents: [],
  };
}

function foldSettings(state: SessionState, patch: Record<string, Json>): void {
  const { settings } = state;
  if (typeof patch['permissionMode'] === 'string') {
    settings.permissionMode = patch['permissionMode'];
    // The mode is applied before the updates: those that set another one before it must not win over it.
    settings.permissionUpdates = settings.permissionUpdates.filter((update) => !isSetMode(update));
  }
  if (typeof patch['model'] === 'string' || patch['model'] === null) settings.model = patch['model'];
  if (Array.isArray(patch['permissionUpdates'])) settings.permissionUpdates.push(...patch['permissionUpdates']);
}

const isSetMode = (update: Json): boolean => isRecord(update) && update['type'] === 'setMode';

function foldTurnEntry(state: SessionState, turn: OpenTurn, entry: Entry): void {
  switch (entry.kind) {
    case 'prompt_taken': {
      const prompt = state.queue.find((queued) => queued.seq === entry.prompt);
      if (prompt !== undefined) turn.prompts.push(prompt);
      state.queue = state.queue.filter((queued) => queued.seq !== entry.prompt);
      return;
    }
    case 'interrupt':
      turn.stopAsked ??= 'interrupt';
      return;
    case 'context':
      if (entry.source === 'stop_hook')
        turn.stopBlocks = { inARow: turn.stopBlocks.inARow + 1, all: turn.stopBlocks.all + 1 };
      if (entry.source === 'output_reminder') turn.outputReminders += 1;
      if (GOES_ON.has(entry.source)) turn.undecided = false;
      return;
    case 'model_request':
      turn.undecided = false;
      if (entry.attempt === 1) turn.requests += 1;
      turn.request = { id: entry.request, attempt: entry.attempt, blocks: [], usage: undefined };
      turn.calls = [];
      turn.output = undefined;
      return;
    case 'model_block':
      // Blocks are stored as the API sent them; the accumulator has checked the shapes that we act on.
      turn.request?.blocks.push({ seq: entry.seq, block: entry.block as ContentBlock });
      turn.ttftMs ??= entry.start?.ttftMs;
      // What the log holds of usage was written by the turn, in this shape.
      if (turn.request !== undefined && entry.start !== undefined) turn.request.usage = entry.start.usage as Usage;
      return;
    case 'model_error':
      turn.request = undefined;
      spend(state, turn, spentOn(entry.error));
      // It may have been told with a prompt that is left out from now on.
      if (entry.next === 'terminal' && turn.answers === 0) state.environment = undefined;
      return;
    case 'model_response':
      foldResponse(state, turn, entry);
      return;
    case 'tool_result':
      foldResult(state, turn, entry);
      return;
    default:
      foldCallEntry(turn, entry);
  }
}

/** Context after which the model is asked again. */
const GOES_ON: ReadonlySet<string> = new Set(['stop_hook', 'continue', 'output_reminder']);

/** What a call leaves behind, besides its result. */
function foldResult(state: SessionState, turn: OpenTurn, entry: Entry & { kind: 'tool_result' }): void {
  const call = turn.calls.find(({ block }) => block.id === entry.toolUseId);
  if (call?.block.name === 'StructuredOutput') {
    if (entry.isError) turn.outputFailures += 1;
    else turn.output = { value: entry.structured };
  }
  if (entry.state !== undefined) state.toolState = { ...state.toolState, ...entry.state };
  // Written by the turn, in this shape. The turn's own usage is that of its own requests.
  for (const { model, usage } of entry.spent ?? []) addSpent(state, { model, usage: usage as Usage });
  foldCallEntry(turn, entry);
}

function foldResponse(state: SessionState, turn: OpenTurn, entry: Entry & { kind: 'model_response' }): void {
  const blocks = turn.request?.blocks.map(({ block }) => block) ?? [];
  turn.request = undefined;
  turn.answers += 1;
  turn.stopReason = entry.stopReason;
  turn.undecided = true;
  if (entry.aborted === true) turn.stopAsked ??= 'interrupt';
  turn.cutShort = entry.stopReason === 'max_tokens' ? turn.cutShort + 1 : 0;
  turn.paused = entry.stopReason === 'pause_turn' ? turn.paused + 1 : 0;
  turn.text = blocks.map((block) => (block.type === 'text' ? block.text : '')).join('');
  turn.calls = blocks.filter((block) => block.type === 'tool_use').map(newCall);
  if (turn.calls.length > 0) turn.stopBlocks.inARow = 0;
  turn.apiMs += timingsOf(entry).apiMs;
  const spent = spentOnAnswer(entry);
  spend(state, turn, spent);
  state.context = { tokens: tokensOf(spent.usage), at: entry.at };
}

function tokensOf(usage: Usage): number {
  const cached = (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);
  return usage.input_tokens + cached + usage.output_tokens;
}

// Written by the turn itself, in this shape.
const timingsOf = (entry: Entry & { kind: 'model_response' }): { apiMs: number; model: string } =>
  entry.timings as { apiMs: number; model: string };

function spentOnAnswer(entry: Entry & { kind: 'model_response' }): Spent {
  // Usage is kept as the API tells it.
  return { model: timingsOf(entry).model, usage: entry.usage as Usage };
}

type Spent = { model: string; usage: Usage };

function spend(state: SessionState, turn: OpenTurn, spent: Spent | undefined): void {
  if (spent === undefined) return;
  turn.usage = addUsage(turn.usage, spent.usage);
  addSpent(state, spent);
}

function addSpent(state: SessionState, spent: Spent | undefined): void {
  if (spent !== undefined) state.totals = totalsWith(state.totals, spent.model, spent.usage);
}

function spentOn(error: Json): Spent | undefined {
  return isRecord(error) ? (error['spent'] as Spent | undefined) : undefined;
}

/** A queue longer than this is not written again and again, turn after turn. */
const MAX_KEPT_PROMPTS = 100;
const MAX_KEPT_PROMPT_CHARS = 200_000;

/**
 * What is kept with the session's row at the end of a turn, so that a resume folds only the entries after its `seq`: those of
 * the turn's end among them, and any input that slipped in before it. Undefined while very much waits in the queue: the checkpoint
 * before it will do.
 */
export function toCheckpoint(state: SessionState): Json | undefined {
  if (isLong(state.queue)) return undefined;
  const { turn, ...kept } = state;
  // The end of the turn is written with it.
  if (turn !== undefined) kept.deferred = openCalls(turn);
  return { v: 2, ...copyOf(kept) } satisfies Checkpoint;
}

function isLong(queue: readonly QueuedPrompt[]): boolean {
  if (queue.length > MAX_KEPT_PROMPTS) return true;
  let chars = 0;
  return queue.some(({ content }) => (chars += JSON.stringify(content).length) > MAX_KEPT_PROMPT_CHARS);
}

/** The state that a checkpoint stands for; `undefined` if it is of a form we do not know. */
export function fromCheckpoint(checkpoint: Json): SessionState | undefined {
  if (!isCheckpoint(checkpoint)) return undefined;
  const { v: _, ...state } = checkpoint;
  return { ...copyOf(state), turn: undefined };
}

/** The state goes on changing in place: what a checkpoint holds must not. */
function copyOf(state: Omit<SessionState, 'turn'>): Omit<SessionState, 'turn'> {
  const { permissionUpdates } = state.settings;
  return {
    ...state,
    queue: [...state.queue],
    tasks: [...state.tasks],
    settings: { ...state.settings, permissionUpdates: [...permissionUpdates] },
  };
}

type Checkpoint = Omit<SessionState, 'turn'> & { v: 2 };

/** Checkpoints are written by `toCheckpoint` alone; their version says which of its forms it is. */
function isCheckpoint(value: Json): value is Checkpoint {
  return typeof value === 'object' && value !== null && 'v' in value && value.v === 2;
}
