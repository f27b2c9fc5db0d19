import { isRecord } from '../is-record.ts';

/** The server answered with an error, in its own words. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  /** The server's `error.type`, such as `not_found_error`; `unknown` when the body was not one of its errors. */
  readonly type: string;
  /** What a report to the operator should quote. */
  readonly requestId: string | undefined;

  constructor(status: number, facts: { type: string; message: string; requestId: string | undefined }) {
    super(facts.message);
    this.status = status;
    this.type = facts.type;
    this.requestId = facts.requestId;
  }
}

/** The server could not be reached, or did not answer in time. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** One sentence for a person: what happened, and what to do. */
export function explainError(error: unknown): string {
  if (error instanceof HttpError && error.status === 401) {
    return 'This browser is not signed in any more. Open the link that script/server printed.';
  }
  if (error instanceof HttpError)
    return error.requestId === undefined ? error.message : `${error.message} (request ${error.requestId})`;
  if (error instanceof UnreachableError) return error.message;
  return 'Something unexpected went wrong in this page. Reload it; nothing that was sent is lost.';
}

/** Reads an error answer; a body that is not one of the server's errors becomes a plain sentence with the status. */
export async function readHttpError(response: Response): Promise<HttpError> {
  const body = await readJson(response);
  const error = isRecord(body) && isRecord(body['error']) ? body['error'] : {};
  const requestId = isRecord(body) && typeof body['request_id'] === 'string' ? body['request_id'] : undefined;
  return new HttpError(response.status, {
    type: typeof error['type'] === 'string' ? error['type'] : 'unknown',
    message:
      typeof error['message'] === 'string' ? error['message'] : `The server answered with status ${response.status}.`,
    requestId,
  });
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    // A proxy's HTML page, or nothing at all: the status still tells the story.
    return undefined;
  }
}
