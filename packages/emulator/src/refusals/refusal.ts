/** The API's `error.type` of each status; a status not listed is an `api_error` from 500 on, else an `invalid_request_error`. */
const TYPES = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [408, 'timeout_error'],
  [409, 'conflict_error'],
  [413, 'request_too_large'],
  [422, 'invalid_request_error'],
  [429, 'rate_limit_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
]);

export function errorTypeOf(status: number): string {
  return TYPES.get(status) ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}

export type RefusalOptions = {
  /** Default 400. */
  status?: number | undefined;
  /** `error.details`; its `error_code` is what clients may rely on. */
  details?: { error_code: string; [field: string]: unknown } | undefined;
  /** Of the answer, besides those that every answer has. */
  headers?: Readonly<Record<string, string>> | undefined;
};

/** A request that the API would refuse; becomes an error answer of this status. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly type: string;
  readonly details: RefusalOptions['details'];
  readonly headers: Readonly<Record<string, string>>;

  constructor(message: string, o: RefusalOptions = {}) {
    super(message);
    this.status = o.status ?? 400;
    this.type = errorTypeOf(this.status);
    this.details = o.details;
    this.headers = o.headers ?? {};
  }
}

/** Refuses the request being checked, with 400 unless told otherwise. */
export function refuse(message: string, o?: RefusalOptions): never {
  throw new Refusal(message, o);
}

/**
 * The refusal that was thrown; also one for a body nested deeper than the stack can be walked through. Anything else is a
 * failure of the emulator or of a reply it was given, and becomes the API's own answer to such: 500.
 */
export function refusalIn(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown;
  const isStackOverflow = thrown instanceof RangeError && thrown.message.startsWith('Maximum call stack');
  if (isStackOverflow) return new Refusal('The request body is nested too deeply');
  return new Refusal(`emulator: internal error: ${String(thrown)}`, { status: 500 });
}
