import { derivedUuid, fragmentUuid, fragmentUuidPrefix, type UUID } from '../helpers/derived-uuid.ts';
import { LateMap } from '../helpers/late-map.ts';
import type { Decision, Entry, Json, Thread } from '../log/entries.ts';
import type { ApiMessage, ContentBlock, MessageParam, StreamEvent, Usage } from '../messages-api/types.ts';
import type {
  SDKAPIRetryMessage,
  SDKAssistantMessage,
  SDKAssistantMessageError,
  SDKMessage,
  SDKPartialAssistantMessage,
  SDKResultMessage,
  SDKSystemMessage,
} from '../messages.ts';
import { copyOfDoor, type DoorState, foldDoorEntry, newDoorState } from './door-messages.ts';
import { type AgentFields, type CommonFields, contextMessages, modeMessages, rewound } from './note-messages.ts';
import { resultMeta } from './result-meta.ts';
import { foldTask, type TasksState } from './task-messages.ts';
import type { Live, View } from './view.ts';

/** What folding messages needs to remember. */
export type MessagesState = {
  sessionId: string;
  /** The reader is told of the model's stream, and so of requests too. */
  partial: boolean;
  /** The session is shown at a door of a server: prompts and permission requests are told too. */
  door: DoorState | undefined;
  /** The text and thinking of subagents are told too, not only their tool uses. */
  forwardSubagentText: boolean;
  main: ThreadMessages;
  /** Subagents at work, by their thread. */
  agents: LateMap<Thread, ThreadMessages>;
  tasks: TasksState;
  fragments: { epoch: number; uuidPrefix: string };
};

/** One thread's part of it. */
type ThreadMessages = {
  from: AgentFields;
  answer: AnswerStart | undefined;
  /** Messages of a broken answer, to be named by the next one. */
  supersedes: UUID[];
  toolNames: LateMap<string, string>;
  decisions: LateMap<string, Decision>;
  /** The uuids of the turn's prompts, until its first answer has named them. */
  asked: string[] | undefined;
  /** The API's message id of the answer whose stream events are passing. */
  live: { request: string; id: string } | undefined;
};

const OF_THE_SESSION: AgentFields = { parent_tool_use_id: null };

type AnswerStart = { id: string; model: string; usage: Json; requestId?: string | undefined };

/** What an entry of `model_error` carries. */
export type ModelErrorFacts = {
  message: string;
  status: number | null;
  error: SDKAssistantMessageError;
  attempt: number;
  maxRetries: number;
  retryDelayMs: number;
  requestId?: string | undefined;
  /** What an answer that had begun has used; it is billed although nothing of it is kept. */
  spent?: { model: string; usage: Usage } | undefined;
};

/** The log as the messages of the Agent SDK. */
export const sdkMessagesView: View<MessagesState, SDKMessage> = {
  // The session is described by whoever opens the view, in this shape.
  init: (session) => newMessagesState(session as { id: string; door?: boolean; forwardSubagentText?: boolean }),
  entry: toMessages,
  fragment: (state, fragment) => {
    const message = toStreamEvent(state, fragment);
    return message === undefined ? [] : [message];
  },
};

function newMessagesState(session: { id: string; door?: boolean; forwardSubagentText?: boolean }): MessagesState {
  return {
    sessionId: session.id,
    partial: false,
    door: session.door === true ? newDoorState() : undefined,
    forwardSubagentText: session.forwardSubagentText === true,
    main: newThread(OF_THE_SESSION),
    agents: new LateMap(),
    tasks: new LateMap(),
    fragments: { epoch: -1, uuidPrefix: '' },
  };
}

function newThread(from: AgentFields): ThreadMessages {
  return {
    from,
    answer: undefined,
    supersedes: [],
    toolNames: new LateMap(),
    decisions: new LateMap(),
    asked: undefined,
    live: undefined,
  };
}

function toMessages(state: MessagesState, entry: Entry): readonly SDKMessage[] {
  const shown =
    entry.thread === 'main' ? threadMessages(state, state.main, entry) : agentMessages(state, entry.thread, entry);
  if (state.door === undefined) return shown;
  const door = foldDoorEntry(state.door, state.sessionId, entry, {
    parent: state.agents.get(entry.thread)?.from.parent_tool_use_id ?? null,
    knows: (id) => [state.main, ...state.agents.values()].some(({ toolNames }) => toolNames.has(id)),
  });
  if (door.length === 0) return shown;
  // What becomes of prompts at the end of their turn is told after its result.
  return entry.kind === 'turn_end' ? [...shown, ...door] : [...door, ...shown];
}

/** A copy, for a reader that begins here. */
export function cloneMessagesState(state: MessagesState, door: boolean): MessagesState {
  const agents = new LateMap<Thread, ThreadMessages>();
  for (const [thread, messages] of state.agents) agents.set(thread, copyOfThread(messages));
  return {
    ...state,
    partial: false,
    door: door && state.door !== undefined ? copyOfDoor(state.door) : undefined,
    main: copyOfThread(state.main),
    agents,
    tasks: new LateMap(state.tasks),
  };
}

function copyOfThread(thread: ThreadMessages): ThreadMessages {
  return {
    ...thread,
    supersedes: [...thread.supersedes],
    toolNames: new LateMap(thread.toolNames),
    decisions: new LateMap(thread.decisions),
    asked: thread.asked === undefined ? undefined : [...thread.asked],
  };
}

/** What a subagent's thread begins with, in place of the facts of `init`. */
export type AgentStart = { toolUseId: string; agentType: string; description: string; prompt: string };

/** A subagent's messages: its tool uses and their results, with the tool use that has started it; its beginning and its end. */
function agentMessages(state: MessagesState, thread: Thread, entry: Entry): readonly SDKMessage[] {
  const common = { uuid: derivedUuid(state.sessionId, entry.seq, 0), session_id: state.sessionId };
  if (entry.kind === 'turn_start') {
    // Written when the agent starts, in this shape.
    const { toolUseId, agentType, description, prompt } = entry.init as AgentStart;
    const agent = { agent_id: thread, subagent_type: agentType, task_description: description };
    const agentFields = { parent_tool_use_id: toolUseId, ...agent };
    state.agents.set(thread, newThread(agentFields));
    const task = { task_id: thread, tool_use_id: toolUseId, description, task_type: 'local_agent' };
    const asked: SDKMessage = {
      type: 'user',
      message: { role: 'user', content: [{ type: 'text', text: prompt }] },
      ...agentFields,
      timestamp: entry.at,
      uuid: derivedUuid(state.sessionId, entry.seq, 1),
      session_id: state.sessionId,
    };
    return [{ type: 'system', subtype: 'task_started', ...task, subagent_type: agentType, prompt, ...common }, asked];
  }
  const messages = state.agents.get(thread);
  if (messages === undefined) return [];
  if (entry.kind === 'turn_end') {
    state.agents.delete(thread);
    return [agentEnd(messages, thread, entry, common)];
  }
  return threadMessages(state, messages, entry).filter((message) => isForwarded(state, message));
}

function agentEnd(
  { from }: ThreadMessages,
  thread: Thread,
  entry: Entry & { kind: 'turn_end' },
  common: CommonFields,
): SDKMessage {
  // Written by the turn, in this shape.
  const { is_error, terminal_reason = '' } = entry.result as ResultFacts;
  return {
    type: 'system',
    subtype: 'task_notification',
    task_id: thread,
    tool_use_id: from.parent_tool_use_id ?? undefined,
    status: terminal_reason.startsWith('aborted') ? 'stopped' : is_error ? 'failed' : 'completed',
    output_file: '',
    summary: from.task_description ?? '',
    ...common,
  };
}

function isForwarded(state: MessagesState, message: SDKMessage): boolean {
  switch (message.type) {
    case 'assistant':
      return state.forwardSubagentText || message.message.content.some(({ type }) => type === 'tool_use');
    case 'user':
      return state.forwardSubagentText || 'tool_use_result' in message;
    case 'system':
      return message.subtype === 'permission_denied';
    default:
      return false;
  }
}

function threadMessages(state: MessagesState, thread: ThreadMessages, entry: Entry): readonly SDKMessage[] {
  const common = { uuid: derivedUuid(state.sessionId, entry.seq, 0), session_id: state.sessionId };
  switch (entry.kind) {
    case 'turn_start':
      thread.toolNames.clear();
      thread.decisions.clear();
      thread.asked = [];
      // A subagent that an owner has left behind does not go on.
      state.agents.clear();
      // Written by the turn, in this shape.
      return [{ type: 'system', subtype: 'init', ...(entry.init as InitFacts), ...common }];
    case 'prompt_taken':
      if (entry.uuid !== undefined) thread.asked?.push(entry.uuid);
      return [];
    case 'model_request':
      if (!state.partial || thread !== state.main) return [];
      return [{ type: 'system', subtype: 'status', status: 'requesting', ...common }];
    case 'model_block':
      return [blockMessage(thread, entry, common)];
    case 'model_response':
      thread.answer = undefined;
      return [];
    case 'model_error':
      return errorMessages(state, thread, entry, common);
    case 'tool_decision': {
      const { behavior, source, reason } = entry.decision;
      thread.decisions.set(entry.toolUseId, entry.decision);
      if (behavior !== 'deny' || !AUTOMATIC.has(source)) return [];
      const tool_name = thread.toolNames.get(entry.toolUseId) ?? '';
      const { agent_id } = thread.from;
      return [
        {
          type: 'system',
          subtype: 'permission_denied',
          tool_name,
          tool_use_id: entry.toolUseId,
          ...(agent_id === undefined ? {} : { agent_id }),
          decision_reason_type: source,
          decision_reason: reason,
          message: reason,
          ...common,
        },
      ];
    }
    case 'task_started':
    case 'task_ended':
      return foldTask(state.tasks, state.sessionId, entry);
    case 'tool_result':
      return [resultOfTool(thread, entry, common)];
    case 'context':
      return contextMessages(thread.from, entry, common);
    case 'settings':
      return modeMessages(entry, common);
    case 'rewind':
      return [rewound(state.sessionId, entry, common)];
    case 'turn_end':
      // An answer that broke off and was given up stays, as one that was cut does: the next turn's replaces nothing.
      thread.supersedes.length = 0;
      // Written by the turn, in this shape.
      return [{ ...(entry.result as ResultFacts), ...common }];
    default:
      return [];
  }
}

/** `result` messages without what the view adds. */
export type ResultFacts = SDKResultMessage extends infer R
  ? R extends SDKResultMessage
    ? Omit<R, 'uuid' | 'session_id'>
    : never
  : never;
export type InitFacts = Omit<SDKSystemMessage, 'uuid' | 'session_id' | 'type' | 'subtype'>;

/** Denials that no hook and no person made. */
const AUTOMATIC: ReadonlySet<string> = new Set(['rule', 'mode', 'none', 'tool']);

function blockMessage(
  thread: ThreadMessages,
  entry: Entry & { kind: 'model_block' },
  common: CommonFields,
): SDKAssistantMessage {
  if (entry.start !== undefined) {
    thread.answer = entry.start;
    thread.live = { request: entry.request, id: entry.start.id };
  }
  // Blocks are stored as the API sent them.
  const block = entry.block as ContentBlock;
  if (block.type === 'tool_use') thread.toolNames.set(block.id, block.name);
  const start = thread.answer;
  const supersedes = thread.supersedes.splice(0);
  return {
    type: 'assistant',
    message: apiMessage(start?.id ?? '', start?.model ?? '', [block], start?.usage),
    ...thread.from,
    timestamp: entry.at,
    ...(supersedes.length === 0 ? {} : { supersedes }),
    ...(entry.cut === true ? { aborted: true as const } : {}),
    ...(start?.requestId === undefined ? {} : { request_id: start.requestId }),
    ...askedIn(thread),
    ...common,
  };
}

/** The prompts that the turn's first answer is to name. */
function askedIn(thread: ThreadMessages): Pick<SDKAssistantMessage, 'user_message_uuid' | 'user_message_uuids'> {
  const { asked } = thread;
  thread.asked = undefined;
  return asked?.[0] === undefined ? {} : { user_message_uuid: asked[0], user_message_uuids: asked };
}

function apiMessage(id: string, model: string, content: ContentBlock[], usage: Json): ApiMessage {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content,
    stop_reason: null,
    stop_sequence: null,
    ...NOTHING_TOLD,
    usage: { ...ZERO_USAGE, ...(typeof usage === 'object' ? usage : {}) },
  };
}

/** Fields of an answer that are there without a value until it is whole. */
const NOTHING_TOLD = { stop_details: null, container: null, context_management: null, diagnostics: null };
const ZERO_USAGE: Usage = {
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
};

function errorMessages(
  state: MessagesState,
  thread: ThreadMessages,
  entry: Entry & { kind: 'model_error' },
  common: CommonFields,
): readonly (SDKAPIRetryMessage | SDKAssistantMessage)[] {
  const discarded = entry.discards.map((seq) => derivedUuid(state.sessionId, seq, 0));
  thread.answer = undefined;
  thread.supersedes.push(...discarded);
  // Written by the turn, in this shape.
  const facts = entry.error as ModelErrorFacts;
  if (entry.next === 'owner_lost') return [];
  if (entry.next === 'retrying') {
    return [
      {
        type: 'system',
        subtype: 'api_retry',
        attempt: facts.attempt,
        max_retries: facts.maxRetries,
        retry_delay_ms: facts.retryDelayMs,
        error_status: facts.status,
        error: facts.error,
        ...common,
      },
    ];
  }
  const supersedes = thread.supersedes.splice(0);
  return [
    {
      type: 'assistant',
      message: apiMessage(
        common.uuid,
        '<synthetic>',
        [{ type: 'text', text: `API Error: ${facts.message}` }],
        undefined,
      ),
      ...thread.from,
      error: facts.error,
      timestamp: entry.at,
      ...(facts.requestId === undefined ? {} : { request_id: facts.requestId }),
      ...(supersedes.length === 0 ? {} : { supersedes }),
      ...common,
    },
  ];
}

function resultOfTool(
  thread: ThreadMessages,
  entry: Entry & { kind: 'tool_result' },
  common: CommonFields,
): SDKMessage {
  // Content is what the tool told the model: text, or blocks of a tool_result.
  const content = entry.content as Extract<MessageParam['content'], string>;
  return {
    type: 'user',
    message: {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: entry.toolUseId, content, ...(entry.isError ? { is_error: true } : {}) },
      ],
    },
    ...thread.from,
    timestamp: entry.at,
    tool_use_result: entry.isError
      ? `Error: ${typeof content === 'string' ? content : 'see the content'}`
      : (entry.structured ?? content),
    ...resultMeta(entry.toolUseId, thread.decisions.get(entry.toolUseId)),
    ...common,
  };
}

/** The message for an event of the model's stream; of subagents, only where their text is forwarded. */
export function toStreamEvent(
  state: MessagesState,
  fragment: Live & { type: 'fragment' },
): SDKPartialAssistantMessage | undefined {
  const thread = fragment.thread === 'main' ? state.main : state.agents.get(fragment.thread);
  if (thread === undefined || (thread !== state.main && !state.forwardSubagentText)) return undefined;
  if (state.fragments.epoch !== fragment.epoch) {
    state.fragments = { epoch: fragment.epoch, uuidPrefix: fragmentUuidPrefix(state.sessionId, fragment.epoch) };
  }
  // The turn publishes nothing but events of the model's stream.
  const event = fragment.event as StreamEvent;
  if (event.type === 'message_start') thread.live = { request: fragment.request, id: event.message.id };
  return {
    type: 'stream_event',
    event,
    parent_tool_use_id: thread.from.parent_tool_use_id,
    uuid: fragmentUuid(state.fragments.uuidPrefix, fragment.frag),
    session_id: state.sessionId,
    api_message_id: thread.live?.request === fragment.request ? thread.live.id : undefined,
  };
}
