/** `error.type` of an error response: those of Anthropic's APIs. */
export type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'billing_error'
  | 'permission_error'
  | 'not_found_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'overloaded_error'
  | 'api_error';

const TYPE_OF_STATUS = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  409: 'invalid_request_error',
  412: 'invalid_request_error',
  413: 'request_too_large',
  415: 'invalid_request_error',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
  500: 'api_error',
  503: 'overloaded_error',
} as const satisfies Record<number, ErrorType>;

export type ErrorDetails = { error_code: string; [more: string]: unknown };

/** An answer that is an error, thrown anywhere below a route; `respond.ts` turns it into the response. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: keyof typeof TYPE_OF_STATUS;
  readonly headers: Readonly<Record<string, string>>;
  /** `error.details`: by `error_code` the official clients choose finer classes of errors. */
  readonly details: ErrorDetails | undefined;

  constructor(
    status: keyof typeof TYPE_OF_STATUS,
    message: string,
    options?: ErrorOptions & { headers?: Record<string, string>; details?: ErrorDetails },
  ) {
    super(message, options);
    this.status = status;
    // The official clients try a 409 again unless told otherwise, and ours do not pass by themselves.
    this.headers = { ...(status === 409 ? { 'x-should-retry': 'false' } : {}), ...options?.headers };
    this.details = options?.details;
  }

  get type(): ErrorType {
    return TYPE_OF_STATUS[this.status];
  }
}

/** A repeat of a request, by its key, is not the same request. */
export class OtherRequestError extends HttpError {
  constructor() {
    super(409, 'This Idempotency-Key was used for another request: another path, or another body');
  }
}

/** The client went away in the middle of its request's body. Nobody is left to be told, and a repeat of it is tried anew. */
export class BrokenBodyError extends HttpError {
  constructor(options?: ErrorOptions) {
    super(400, 'The body broke off', options);
  }
}
