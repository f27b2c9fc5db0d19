import { randomBytes } from 'node:crypto';
import { ConfigurationError, SessionBusyError, SessionNotFoundError } from 'colloquy';
import { InvalidCursorError } from 'colloquy/internal';
import { HttpError } from './http-error.ts';

/** An id that a client can quote and the operator finds again. */
export function newRequestId(): string {
  return `req_${randomBytes(12).toString('hex')}`;
}

/** The response to a request that failed, in the shape of Anthropic's APIs. */
export function respondError(error: HttpError, requestId: string): Response {
  return Response.json(
    {
      type: 'error',
      error: {
        type: error.type,
        message: error.message,
        ...(error.details === undefined ? {} : { details: error.details }),
      },
      request_id: requestId,
    },
    { status: error.status, headers: error.headers },
  );
}

/** What a fault means to a client. What is not the client's fault says nothing about our inside. */
export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof SessionNotFoundError)
    return new HttpError(404, `There is no session ${error.sessionId.slice(0, 100)}`, { cause: error });
  if (error instanceof SessionBusyError) {
    return new HttpError(409, error.message, { cause: error });
  }
  if (error instanceof ConfigurationError || error instanceof InvalidCursorError)
    return new HttpError(400, error.message, { cause: error });
  return new HttpError(
    500,
    'Something went wrong inside the server; its operator finds the reason under this request id',
    { cause: error },
  );
}
