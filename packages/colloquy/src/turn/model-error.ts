import { APIConnectionError, APIError, TimeoutError } from '../errors.ts';
import { messageOf } from '../helpers/message-of.ts';
import type { SDKAssistantMessageError } from '../messages.ts';
import type { ModelErrorFacts } from '../views/to-sdk-messages.ts';

/** What the log keeps of a failed model request. */
export function describeModelError(
  error: unknown,
  attempt: number,
  maxRetries: number,
  retryDelayMs: number,
): ModelErrorFacts {
  return {
    message: messageOf(error),
    status: error instanceof APIError ? (error.status ?? null) : null,
    error: errorClass(error),
    attempt,
    maxRetries,
    retryDelayMs: Math.round(retryDelayMs),
    ...(error instanceof APIError && error.requestId !== undefined ? { requestId: error.requestId } : {}),
  };
}

/** A 400 about replayed thinking blocks or their signatures, which sending none of them mends. */
export function speaksOfThinking(error: unknown): boolean {
  return error instanceof APIError && error.status === 400 && /thinking|signature/i.test(error.message);
}

/** The API will never take this request as it is. */
export function isRefusal(error: unknown): boolean {
  return error instanceof APIError && (error.status === 400 || error.status === 413);
}

function errorClass(error: unknown): SDKAssistantMessageError {
  if (error instanceof APIConnectionError || error instanceof TimeoutError) return 'server_error';
  if (!(error instanceof APIError)) return 'unknown';
  return BY_TYPE[error.type] ?? byStatus(error.status);
}

const BY_TYPE: Record<string, SDKAssistantMessageError> = {
  authentication_error: 'authentication_failed',
  permission_error: 'authentication_failed',
  billing_error: 'billing_error',
  rate_limit_error: 'rate_limit',
  overloaded_error: 'overloaded',
  invalid_request_error: 'invalid_request',
  request_too_large: 'invalid_request',
  not_found_error: 'model_not_found',
  api_error: 'server_error',
  timeout_error: 'server_error',
  invalid_stream: 'server_error',
};

function byStatus(status: number | undefined): SDKAssistantMessageError {
  if (status === 401 || status === 403) return 'authentication_failed';
  if (status === 429) return 'rate_limit';
  if (status === 529) return 'overloaded';
  return status !== undefined && status >= 500 ? 'server_error' : 'unknown';
}
