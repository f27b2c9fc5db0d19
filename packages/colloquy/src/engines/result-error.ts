import {
  AbortError,
  APIConnectionError,
  APIError,
  type ColloquyError,
  LimitExceededError,
  TimeoutError,
} from '../errors.ts';
import type { SDKAssistantMessageError, SDKMessage, SDKResultMessage } from '../messages.ts';

/** Watches the messages of a session and says, at a result, which error it stands for. */
export class ResultErrors {
  #reported: SDKAssistantMessageError | undefined;

  /** Undefined for anything but a result with `is_error`. */
  errorOf(message: SDKMessage): ColloquyError | undefined {
    if (message.type === 'system' && message.subtype === 'init') this.#reported = undefined;
    if (message.type === 'assistant' && message.error !== undefined) this.#reported = message.error;
    return message.type === 'result' && message.is_error ? errorOfResult(message, this.#reported) : undefined;
  }
}

function errorOfResult(result: SDKResultMessage, reported: SDKAssistantMessageError | undefined): ColloquyError {
  const said = result.subtype === 'success' ? result.result : result.errors.join('; ');
  const reason = result.terminal_reason ?? result.subtype;
  const message = `The session returned an error result: ${said === '' ? reason : said}`;
  if (result.subtype !== 'success' && result.colloquy_timed_out === true) return new TimeoutError(message);
  switch (reason) {
    case 'aborted_streaming':
    case 'aborted_tools':
      return new AbortError(message);
    case 'max_turns':
    case 'budget_exhausted':
      return new LimitExceededError(message);
    case 'api_error':
      return apiError(
        message,
        result.subtype === 'success' ? (result.api_error_status ?? undefined) : undefined,
        reported,
      );
    default:
      return new APIError(message, { type: reason });
  }
}

function apiError(
  message: string,
  status: number | undefined,
  reported: SDKAssistantMessageError | undefined,
): ColloquyError {
  // Without a status there was no answer at all, unless the stream itself told of an error.
  if (status === undefined && (reported === undefined || reported === 'server_error' || reported === 'unknown')) {
    return new APIConnectionError(message);
  }
  return new APIError(message, { status, type: reported === undefined ? 'api_error' : API_TYPES[reported] });
}

const API_TYPES: Record<SDKAssistantMessageError, string> = {
  authentication_failed: 'authentication_error',
  oauth_org_not_allowed: 'permission_error',
  account_on_hold: 'permission_error',
  verification_required: 'permission_error',
  cloud_credential_error: 'authentication_error',
  billing_error: 'billing_error',
  rate_limit: 'rate_limit_error',
  overloaded: 'overloaded_error',
  invalid_request: 'invalid_request_error',
  model_not_found: 'not_found_error',
  server_error: 'api_error',
  max_output_tokens: 'api_error',
  unknown: 'api_error',
};
