import { derivedUuid, fragmentUuid, fragmentUuidPrefix } from '../helpers/derived-uuid.ts';
import type { Entry, Json } from '../log/entries.ts';
import type { ApiMessage, ContentBlock, MessageParam, StreamEvent, Usage } from '../messages-api/types.ts';
import type {
  SDKAPIRetryMessage,
  SDKAssistantMessage,
  SDKAssistantMessageError,
  SDKMessage,
  SDKPartialAssistantMessage,
  SDKResultMessage,
  SDKStatusMessage,
  SDKSystemMessage,
} from '../messages.ts';
import { foldDoorEntry, type DoorState, newDoorState } from './door-messages.ts';
import type { Live, View } from './view.ts';

/** What folding messages needs to remember. */
export type MessagesState = {
  sessionId: string;
  /** The session is shown at a door of a server: prompts and permission requests are told too. */
  door: DoorState | undefined;
  answer: AnswerStart | undefined;
  /** Messages of a broken answer, to be named by the next one. */
  supersedes: string[];
  toolNames: Map<string, string>;
  /** The API's message id of the answer whose stream events are passing. */
  live: { request: string; id: string } | undefined;
  fragments: { epoch: number; uuidPrefix: string };
};

type AnswerStart = { id: string; model: string; usage: Json };

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
  init: (session) => newMessagesState(session as { id: string; door?: boolean }),
  entry: toMessages,
  fragment: (state, fragment) => {
    const message = toStreamEvent(state, fragment);
    return message === undefined ? [] : [message];
  },
};

function newMessagesState(session: { id: string; door?: boolean }): MessagesState {
  return {
    sessionId: session.id,
    door: session.door === true ? newDoorState() : undefined,
    answer: undefined,
    supersedes: [],
    toolNames: new Map(),
    live: undefined,
    fragments: { epoch: -1, uuidPrefix: '' },
  };
}

function toMessages(state: MessagesState, entry: Entry): readonly SDKMessage[] {
  if (entry.thread !== 'main') return [];
  const shown = ownMessages(state, entry);
  const door = state.door === undefined ? undefined : foldDoorEntry(state.door, state.sessionId, entry);
  return door === undefined ? shown : [door, ...shown];
}

/** A copy, for a reader that begins here. */
export function cloneMessagesState(state: MessagesState, door: boolean): MessagesState {
  return {
    ...state,
    door:
      door && state.door !== undefined
        ? { waiting: new Map(state.door.waiting), asked: new Map(state.door.asked) }
        : undefined,
    supersedes: [...state.supersedes],
    toolNames: new Map(state.toolNames),
  };
}

function ownMessages(state: MessagesState, entry: Entry): readonly SDKMessage[] {
  const common = { uuid: derivedUuid(state.sessionId, entry.seq, 0), session_id: state.sessionId };
  switch (entry.kind) {
    case 'turn_start':
      state.toolNames.clear();
      // Written by the turn, in this shape.
      return [{ type: 'system', subtype: 'init', ...(entry.init as InitFacts), ...common }];
    case 'model_block':
      return [blockMessage(state, entry, common)];
    case 'model_response':
      state.answer = undefined;
      return [];
    case 'model_error':
      return errorMessages(state, entry, common);
    case 'tool_decision': {
      const { behavior, source, reason } = entry.decision;
      if (behavior !== 'deny' || !AUTOMATIC.has(source)) return [];
      const tool_name = state.toolNames.get(entry.toolUseId) ?? '';
      return [
        {
          type: 'system',
          subtype: 'permission_denied',
          tool_name,
          tool_use_id: entry.toolUseId,
          decision_reason_type: source,
          decision_reason: reason,
          message: reason,
          ...common,
        },
      ];
    }
    case 'tool_result':
      return [resultOfTool(entry, common)];
    case 'context':
      return contextMessages(entry, common);
    case 'settings':
      return modeMessages(entry, common);
    case 'turn_end':
      // An answer that broke off and was given up stays, as one that was cut does: the next turn's replaces nothing.
      state.supersedes.length = 0;
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

type CommonFields = { uuid: string; session_id: string };

function blockMessage(
  state: MessagesState,
  entry: Entry & { kind: 'model_block' },
  common: CommonFields,
): SDKAssistantMessage {
  if (entry.start !== undefined) {
    state.answer = entry.start;
    state.live = { request: entry.request, id: entry.start.id };
  }
  // Blocks are stored as the API sent them.
  const block = entry.block as ContentBlock;
  if (block.type === 'tool_use') state.toolNames.set(block.id, block.name);
  const start = state.answer;
  const supersedes = state.supersedes.splice(0);
  return {
    type: 'assistant',
    message: apiMessage(start?.id ?? '', start?.model ?? '', [block], start?.usage),
    parent_tool_use_id: null,
    timestamp: entry.at,
    ...(supersedes.length === 0 ? {} : { supersedes }),
    ...(entry.cut === true ? { aborted: true as const } : {}),
    ...common,
  };
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
    usage: { ...ZERO_USAGE, ...(typeof usage === 'object' ? usage : {}) },
  };
}

const ZERO_USAGE: Usage = {
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
};

function errorMessages(
  state: MessagesState,
  entry: Entry & { kind: 'model_error' },
  common: CommonFields,
): readonly (SDKAPIRetryMessage | SDKAssistantMessage)[] {
  const discarded = entry.discards.map((seq) => derivedUuid(state.sessionId, seq, 0));
  state.answer = undefined;
  state.supersedes.push(...discarded);
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
  const supersedes = state.supersedes.splice(0);
  return [
    {
      type: 'assistant',
      message: apiMessage(
        common.uuid,
        '<synthetic>',
        [{ type: 'text', text: `API Error: ${facts.message}` }],
        undefined,
      ),
      parent_tool_use_id: null,
      error: facts.error,
      timestamp: entry.at,
      ...(facts.requestId === undefined ? {} : { request_id: facts.requestId }),
      ...(supersedes.length === 0 ? {} : { supersedes }),
      ...common,
    },
  ];
}

function resultOfTool(entry: Entry & { kind: 'tool_result' }, common: CommonFields): SDKMessage {
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
    parent_tool_use_id: null,
    timestamp: entry.at,
    tool_use_result: entry.isError
      ? `Error: ${typeof content === 'string' ? content : 'see the content'}`
      : (entry.structured ?? content),
    ...common,
  };
}

/** A change of mode. Colloquy's own modes are reported as `default`, with their name beside, as in `init`. */
function modeMessages(entry: Entry & { kind: 'settings' }, common: CommonFields): readonly SDKStatusMessage[] {
  const { permissionMode: mode, reportedMode: reported } = entry.patch;
  if (typeof reported !== 'string') return [];
  // Written by the mode control together with the mode itself.
  const permissionMode = reported as NonNullable<SDKStatusMessage['permissionMode']>;
  const own = typeof mode === 'string' && mode !== reported ? { colloquy_mode: mode } : {};
  return [{ type: 'system', subtype: 'status', status: null, permissionMode, ...own, ...common }];
}

function contextMessages(entry: Entry & { kind: 'context' }, common: CommonFields): readonly SDKMessage[] {
  // Text blocks written by the turn.
  const content = entry.content as Exclude<MessageParam['content'], string>;
  switch (entry.source) {
    case 'interrupt':
      return [
        { type: 'user', message: { role: 'user', content }, parent_tool_use_id: null, timestamp: entry.at, ...common },
      ];
    case 'continue':
    case 'stop_hook':
      return [
        {
          type: 'user',
          message: { role: 'user', content },
          parent_tool_use_id: null,
          isSynthetic: true,
          timestamp: entry.at,
          ...common,
        },
      ];
    case 'warning': {
      const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('');
      return [{ type: 'system', subtype: 'informational', content: text, level: 'warning', ...common }];
    }
    default:
      return [];
  }
}

/** The message for an event of the model's stream, as far as it belongs to the main thread. */
export function toStreamEvent(
  state: MessagesState,
  fragment: Live & { type: 'fragment' },
): SDKPartialAssistantMessage | undefined {
  if (fragment.thread !== 'main') return undefined;
  if (state.fragments.epoch !== fragment.epoch) {
    state.fragments = { epoch: fragment.epoch, uuidPrefix: fragmentUuidPrefix(state.sessionId, fragment.epoch) };
  }
  // The turn publishes nothing but events of the model's stream.
  const event = fragment.event as StreamEvent;
  if (event.type === 'message_start') state.live = { request: fragment.request, id: event.message.id };
  return {
    type: 'stream_event',
    event,
    parent_tool_use_id: null,
    uuid: fragmentUuid(state.fragments.uuidPrefix, fragment.frag),
    session_id: state.sessionId,
    api_message_id: state.live?.request === fragment.request ? state.live.id : undefined,
  };
}
