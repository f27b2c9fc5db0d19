import type { Entry } from 'colloquy/internal';
import type { EventBody, StopReason } from './event-types.ts';

type ErrorEvent = EventBody & { type: 'session.error' };

/** What the log keeps of a failed model request, as far as it is told here. */
type ModelErrorFacts = { message: string; error: string };

/** By the engine's classes of errors; the rest are `model_request_failed_error`. */
const ERROR_TYPES: Readonly<Record<string, string>> = {
  overloaded: 'model_overloaded_error',
  rate_limit: 'model_rate_limited_error',
  billing_error: 'billing_error',
  unknown: 'unknown_error',
};

/** A failed model request. After one that is not tried again, the session is idle, and the next message starts afresh. */
export function errorEvent({ error, next }: Entry & { kind: 'model_error' }): ErrorEvent {
  // Written by the turn, in this shape.
  const facts = error as ModelErrorFacts;
  return {
    type: 'session.error',
    error: {
      type: ERROR_TYPES[facts.error] ?? 'model_request_failed_error',
      message: facts.message,
      retry_status: { type: next === 'retrying' ? 'retrying' : 'exhausted' },
    },
  };
}

/** Why a turn has ended; `error` where nothing before has told it. */
export function endedBy({ reason, result }: Entry & { kind: 'turn_end' }): { stop: StopReason; error?: ErrorEvent } {
  // Written by the turn, in this shape.
  const { stop_reason, errors = [] } = result as { stop_reason: string | null; errors?: string[] };
  switch (reason) {
    case 'budget_exhausted':
      return { stop: { type: 'budget_reached' } };
    case 'api_error':
      return { stop: { type: 'retries_exhausted' } };
    case 'prompt_too_long':
      return {
        stop: { type: 'retries_exhausted' },
        error: exhausted('compaction_limit_reached_error', errors),
      };
    case 'max_turns':
      return { stop: { type: 'end_turn' }, error: exhausted('tool_use_limit_reached_error', errors) };
    case 'model_error':
      return { stop: { type: stop_reason === 'refusal' ? 'refusal' : 'retries_exhausted' } };
    default:
      return { stop: { type: 'end_turn' } };
  }
}

function exhausted(type: string, errors: readonly string[]): ErrorEvent {
  return { type: 'session.error', error: { type, message: errors.join('\n'), retry_status: { type: 'exhausted' } } };
}
