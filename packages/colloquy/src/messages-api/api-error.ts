import { APIError } from '../errors.ts';
import { isRecord } from '../helpers/is-record.ts';

const EXCERPT_CHARS = 200;

const TYPE_OF_STATUS: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  409: 'conflict_error',
  413: 'request_too_large',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

const ADVICE_OF_STATUS: Readonly<Record<number, string>> = {
  401: 'check ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN',
  402: 'check the billing of the account',
  403: 'check what this key may use',
  404: 'check the model id and ANTHROPIC_BASE_URL',
  413: 'send fewer or smaller blocks',
};

/** An answer with an error status, as an error with its facts. A body that is not the API's (a proxy's page) is quoted in part. */
export function errorFromResponse(status: number, headers: Readonly<Record<string, string>>, body: string): APIError {
  const parsed = parseErrorBody(body);
  const type = parsed?.type ?? typeOfStatus(status);
  const requestId = headers['request-id'] ?? parsed?.requestId;
  const told = parsed?.message ?? (body.trim() === '' ? 'no body' : excerpt(body));
  // Redirects are not followed: the credential is for the endpoint that was named, not for where it points.
  const advice = status >= 300 && status < 400 ? 'check ANTHROPIC_BASE_URL' : ADVICE_OF_STATUS[status];
  const parts = [
    `The Messages API answered ${status} ${type}: ${told}`,
    advice === undefined ? '' : `; ${advice}`,
    requestId === undefined ? '' : ` (request ${requestId})`,
  ];
  return new APIError(parts.join(''), {
    status,
    type,
    errorCode: parsed?.errorCode,
    requestId,
    ...retryHints((name) => headers[name]),
  });
}

/** The error in an `event: error` frame, or in a JSON body that came with status 200; undefined if it is none. */
export function errorInStream(body: unknown, requestId: string | undefined): APIError | undefined {
  if (!isRecord(body) || body['type'] !== 'error') return undefined;
  const { type, message, errorCode } = errorFacts(body);
  return new APIError(`The Messages API broke off its answer with ${type ?? 'an error'}: ${message ?? 'no message'}`, {
    type: type ?? 'api_error',
    errorCode,
    requestId: requestId ?? text(body['request_id']),
  });
}

/** An answer that broke the protocol, or ended before it was whole. */
export function invalidStream(
  what: string,
  facts?: { requestId?: string | undefined; status?: number | undefined },
  options?: ErrorOptions,
): APIError {
  return new APIError(
    `The answer of the Messages API broke the protocol: ${what}`,
    { type: 'invalid_stream', ...facts },
    options,
  );
}

/** The beginning of a text on one line, short enough for an error message. */
export function excerpt(body: string): string {
  // Cut generously first: collapsing the white space of a page of a megabyte for 200 characters would be waste.
  const line = body
    .slice(0, EXCERPT_CHARS * 10)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > EXCERPT_CHARS ? `${line.slice(0, EXCERPT_CHARS)}…` : line;
}

/** `error.type` that goes with a status, for bodies that do not say. */
export function typeOfStatus(status: number): string {
  return TYPE_OF_STATUS[status] ?? 'api_error';
}

/** What the headers say about trying again: `retry-after-ms`, else `retry-after` as seconds or date, and `x-should-retry`. */
export function retryHints(header: (name: string) => string | null | undefined): {
  retryAfterMs: number | undefined;
  shouldRetry: boolean | undefined;
} {
  const should = header('x-should-retry');
  return {
    retryAfterMs: milliseconds(header('retry-after-ms')) ?? afterMs(header('retry-after')),
    shouldRetry: should === 'true' ? true : should === 'false' ? false : undefined,
  };
}

/** `type`, `message` and `details.error_code` of the API's error object, in whatever of them is there. */
export function errorFacts(body: unknown): {
  type: string | undefined;
  message: string | undefined;
  errorCode: string | undefined;
  requestId: string | undefined;
} {
  const outer = isRecord(body) ? body : {};
  const error = isRecord(outer['error']) ? outer['error'] : {};
  const details = isRecord(error['details']) ? error['details'] : {};
  return {
    type: text(error['type']),
    message: text(error['message']),
    errorCode: text(details['error_code']),
    requestId: text(outer['request_id']),
  };
}

function parseErrorBody(body: string): ReturnType<typeof errorFacts> | undefined {
  try {
    return errorFacts(JSON.parse(body));
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function milliseconds(value: string | null | undefined): number | undefined {
  if (value === null || value === undefined || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}

function afterMs(value: string | null | undefined): number | undefined {
  const seconds = milliseconds(value);
  if (seconds !== undefined) return seconds * 1_000;
  // Only what begins like a date: the parser would also make something of '-3'.
  const date = /^[a-z]{3}/i.test(value ?? '') ? Date.parse(value ?? '') : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
