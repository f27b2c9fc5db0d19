import { isRecord } from '../helpers/is-record.ts';
import type { ContentBlock, ToolUseBlock, Usage } from '../messages-api/types.ts';
import type { ResultUsage, SDKPermissionDenial } from '../messages.ts';
import { foldAgents, type OpenAgent } from './agent-state.ts';
import { type CallState, foldCallEntry, newCall } from './call-state.ts';
import { type Entry, INPUT_KINDS, type Json, type Seq, type TaskFacts, type Thread } from './entries.ts';
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
  settings: SettingsState;
  totals: Totals;
  /** What tools keep for their later calls, by key. */
  toolState: Record<string, Json>;
  /** Work beside the turns that has begun and not ended. */
  tasks: TaskFacts[];
  /** Calls that a hook has put off: the next turn begins with them. */
  deferred?: ToolUseBlock[] | undefined;
  /** The conversation as the newest answer left it. */
  context?: { tokens: number; at: string } | undefined;
  /** The budget has ended the newest turn; it goes on without a prompt once the budget is `raised`. */
  budget?: 'reached' | 'raised' | undefined;
  /** Facts that no longer count, because the conversation was rewound: those after the one place and before the other. */
  rewound: Rewound[];
};

export type Rewound = { after: Seq; before: Seq };

type SettingsState = {
  permissionMode?: string;
  model?: string | null;
  permissionUpdates: Json[];
  /** Null: none. */
  maxBudgetUsd?: number | null;
  /** The tools as they were last set, in the form of the engine's `ToolConfiguration`. */
  tools?: Json;
};

export type QueuedPrompt = {
  seq: Seq;
  /** Where it stands in the order of acceptance: a prompt that replaces another keeps its place. */
  place: Seq;
  by: string;
  /** When it was accepted. */
  at: string;
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
  /** It has no prompts: it goes on with what the turn before it has left. */
  goesOn?: true | undefined;
  prompts: QueuedPrompt[];
  /** Model requests so far, retries not counted. */
  requests: number;
  /** Answers so far that came to their end. */
  answers: number;
  toolResults: number;
  /** What was said to the model in its turn by nobody: that it goes on, that it was interrupted. */
  synthetic: number;
  usage: ResultUsage;
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
  /** Results that came from elsewhere before the answer with their calls was whole. */
  early?: (Entry & { kind: 'external_result' })[] | undefined;
  /** The tool uses of the newest answer, in order. */
  calls: CallState[];
  /** Subagents that are at work. */
  agents: OpenAgent[];
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
    rewound: [],
  };
}

const toJson = (value: Json): string => JSON.stringify(value);

/** Folds one entry into the state, in place. */
export function foldEntry(state: SessionState, entry: Entry): void {
  state.seq = entry.seq;
  if (entry.thread !== state.thread) return foldOtherThread(state, entry);
  switch (entry.kind) {
    case 'prompt': {
      const { seq, uuid, content, priority, startsTurn, origin, by, at, replaces } = entry;
      // One that replaces another is told before the other is withdrawn.
      const place = state.queue.find((prompt) => prompt.seq === replaces)?.place ?? seq;
      state.queue.push({ seq, place, uuid, content, priority, startsTurn, origin, by, at });
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
      if (state.budget === 'raised') state.turn.goesOn = true;
      state.turns += 1;
      state.budget = undefined;
      return;
    case 'turn_end':
      // After a checkpoint there is no turn: it has them already.
      if (state.turn !== undefined) state.deferred = openCalls(state.turn);
      state.turn = undefined;
      state.budget = entry.reason === 'budget_exhausted' ? 'reached' : undefined;
      return;
    case 'rewind':
      foldRewind(state, entry);
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
  if (state.turn !== undefined) foldOthersInTurn(state.turn, entry);
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

function foldOthersInTurn(turn: OpenTurn, entry: Entry): void {
  foldAgents(turn, entry);
  if (entry.kind === 'permission_answer') foldCallEntry(turn, entry);
  if (entry.kind === 'external_result') foldExternalResult(turn, entry);
}

function foldExternalResult(turn: OpenTurn, entry: Entry & { kind: 'external_result' }): void {
  const isComing = turn.request?.blocks.some(({ block }) => block.type === 'tool_use' && block.id === entry.toolUseId);
  if (isComing === true) turn.early = [...(turn.early ?? []), entry];
  else foldCallEntry(turn, entry);
}

/** The conversation is what it was at an earlier place; settings, costs and what waits stay. */
function foldRewind(state: SessionState, { to, seq, toolState, deferred }: Entry & { kind: 'rewind' }): void {
  state.rewound = [...state.rewound.filter(({ after }) => after < to), { after: to, before: seq }];
  state.toolState = toolState ?? {};
  // Written by the engine, as the fold gave them.
  state.deferred = deferred as ToolUseBlock[] | undefined;
  state.environment = undefined;
  state.context = undefined;
  state.budget = undefined;
  // Another prefix, so that the next request begins a new segment.
  if (state.segment !== undefined)
    state.segment = { ...state.segment, prefix: '', keepFrom: to < state.segment.seq ? 1 : state.segment.keepFrom };
}

/** Whether an entry no longer counts: it is a fact of turns that the conversation was rewound past. */
export function isRewound(rewound: readonly Rewound[], { seq, kind }: Entry): boolean {
  return !INPUT_KINDS.has(kind) && rewound.some(({ after, before }) => seq > after && seq < before);
}

/** The text of context that the engine has written, which is one block. */
function textOf([block]: readonly Json[]): string | undefined {
  return isRecord(block) && typeof block['text'] === 'string' ? block['text'] : undefined;
}

/** Calls that the end of a turn leaves without a result: those that were put off. */
export function openCalls(turn: OpenTurn): ToolUseBlock[] | undefined {
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
    synthetic: 0,
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
  if (isRecord(patch['tools'])) settings.tools = patch['tools'];
  const budget = patch['maxBudgetUsd'];
  if (typeof budget === 'number' || budget === null) {
    settings.maxBudgetUsd = budget;
    const pays = budget === null || budget > state.totals.costUsd;
    if (state.budget !== undefined) state.budget = pays ? 'raised' : 'reached';
  }
  if (Array.isArray(patch['permissionUpdates'])) settings.permissionUpdates.push(...patch['permissionUpdates']);
}

const isSetMode = (update: Json): boolean => isRecord(update) && update['type'] === 'setMode';

function foldTurnEntry(state: SessionState, turn: OpenTurn, entry: Entry): void {
  switch (entry.kind) {
    case 'permission_answer':
      foldAgents(turn, entry);
      foldCallEntry(turn, entry);
      return;
    case 'external_result':
      foldAgents(turn, entry);
      foldExternalResult(turn, entry);
      return;
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
      if (SYNTHETIC.has(entry.source)) turn.synthetic += 1;
      if (GOES_ON.has(entry.source)) turn.undecided = false;
      return;
    case 'model_request':
      turn.undecided = false;
      if (entry.attempt === 1) turn.requests += 1;
      turn.request = { id: entry.request, attempt: entry.attempt, blocks: [], usage: undefined };
      turn.calls = [];
      turn.early = undefined;
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
/** Contexts that the model gets as a message of the user. */
const SYNTHETIC: ReadonlySet<string> = new Set(['continue', 'interrupt', 'output_reminder', 'stop_hook']);
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
  for (const early of turn.early ?? []) foldCallEntry(turn, early);
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
