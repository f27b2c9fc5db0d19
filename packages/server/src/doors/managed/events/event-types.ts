import type { Json, Seq } from 'colloquy/internal';
import type { Budget, MonetaryAmount } from '../../../resources/managed-session.ts';

/** A block of a message or of a tool's result, as it was checked when it came in, or as the model sent it. */
export type ContentBlock = { type: string; [field: string]: Json };

export type StopReason =
  | { type: 'end_turn' }
  | { type: 'requires_action'; event_ids: string[] }
  | { type: 'retries_exhausted' }
  | { type: 'budget_reached' }
  | { type: 'refusal' };

/** What a session has used. `list_cost` is absent while a model has worked whose price is not known. */
export type UsageSnapshot = {
  input_tokens: number;
  output_tokens: number;
  cache_read_input_tokens: number;
  cache_creation: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number };
  active_seconds: number;
  list_cost?: MonetaryAmount;
  server_tool_use: { web_search_requests: number };
};

export type ModelUsage = {
  input_tokens: number;
  output_tokens: number;
  cache_read_input_tokens: number;
  cache_creation_input_tokens: number;
};

type Called = { name: string; input: Json; evaluated_permission?: 'allow' | 'ask' | 'deny'; evaluation?: Json };
type Answered = { content: ContentBlock[]; is_error: boolean };

/** Every event that we tell, without what all have in common. Fields are spelled as on the wire. */
export type EventBody =
  | { type: 'user.message'; content: ContentBlock[] }
  | { type: 'user.interrupt' }
  | { type: 'user.tool_confirmation'; tool_use_id: string; result: 'allow' | 'deny'; deny_message?: string }
  | ({ type: 'user.custom_tool_result'; custom_tool_use_id: string } & Answered)
  | ({ type: 'user.tool_result'; tool_use_id: string } & Answered)
  | { type: 'agent.message'; content: ContentBlock[] }
  | { type: 'agent.thinking' }
  | ({ type: 'agent.tool_use' } & Called)
  | ({ type: 'agent.mcp_tool_use'; mcp_server_name: string } & Called)
  | { type: 'agent.custom_tool_use'; name: string; input: Json }
  | ({ type: 'agent.tool_result'; tool_use_id: string } & Answered)
  | ({ type: 'agent.mcp_tool_result'; mcp_tool_use_id: string } & Answered)
  | { type: 'agent.thread_context_compacted' }
  | { type: 'session.status_running' }
  | { type: 'session.status_idle'; stop_reason: StopReason; stop_details: Json }
  | { type: 'session.status_rescheduled' }
  | { type: 'session.status_terminated' }
  | {
      type: 'session.thread_status_idle';
      session_thread_id: string;
      agent_name: string;
      stop_reason: StopReason;
      stop_details: Json;
    }
  | {
      type: 'session.error';
      error: { type: string; message: string; retry_status: { type: 'retrying' | 'exhausted' } };
    }
  | { type: 'session.updated'; title?: string | null; metadata?: Json; agent?: Json; budget?: Budget | null }
  | { type: 'session.usage'; usage: UsageSnapshot; budget?: Budget }
  | { type: 'session.deleted' }
  | { type: 'span.model_request_start' }
  | { type: 'span.model_request_end'; model_request_start_id: string; is_error: boolean; model_usage: ModelUsage };

export type EventType = EventBody['type'];

/** `processed_at` is null while it waits for its turn; only events that clients send do. */
export type ManagedEvent = EventBody & { id: string; processed_at: string | null };

/** An event as it is from an entry on: one with the same id that was told before is replaced. `null`: it waits, and stands last. */
export type EventUpsert = { event: ManagedEvent; place: Seq | null };

/** Those whose place is the entry that has processed them. */
export const EVENT_TYPES: ReadonlySet<string> = new Set<EventType>([
  'user.message',
  'user.interrupt',
  'user.tool_confirmation',
  'user.custom_tool_result',
  'user.tool_result',
  'agent.message',
  'agent.thinking',
  'agent.tool_use',
  'agent.mcp_tool_use',
  'agent.custom_tool_use',
  'agent.tool_result',
  'agent.mcp_tool_result',
  'agent.thread_context_compacted',
  'session.status_running',
  'session.status_idle',
  'session.status_rescheduled',
  'session.status_terminated',
  'session.thread_status_idle',
  'session.error',
  'session.updated',
  'session.usage',
  'session.deleted',
  'span.model_request_start',
  'span.model_request_end',
]);
