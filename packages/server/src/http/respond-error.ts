import { randomBytes } from 'node:crypto';
import { ConfigurationError, SessionBusyError, SessionNotFoundError } from 'colloquy';
import { InvalidCursorError, StoreError, toStoreError } from 'colloquy/internal';
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
  const fault = storeFault(error);
  if (fault !== undefined) return new HttpError(503, STORE_PROBLEMS[fault.why] ?? STORE_FAILED, { cause: fault });
  if (error instanceof ConfigurationError || error instanceof InvalidCursorError)
    return new HttpError(400, error.message, { cause: error });
  return new HttpError(
    500,
    'Something went wrong inside the server; its operator finds the reason under this request id',
    { cause: error },
  );
}

/** The store's own error, or one of the databases beside it that says as much. */
function storeFault(error: unknown): StoreError | undefined {
  if (error instanceof StoreError) return error;
  if (!(error instanceof Error) || !('code' in error) || !/^(SQLITE_|ERR_SQLITE)/.test(String(error.code)))
    return undefined;
  const fault = toStoreError(error, 'the data folder');
  return fault instanceof StoreError && fault.why in STORE_PROBLEMS ? fault : undefined;
}

// Where the store lies is the operator's to know, who is told.
const STORE_FAILED =
  'The server cannot write conversations down: nothing of this request was accepted. What is stored can still be read; its operator finds the reason under this request id';
const STORE_PROBLEMS: Partial<Record<StoreError['why'], string>> = {
  full: 'The server’s disk is full: nothing of this request was accepted, and its conversations are read-only until there is room. What is stored can still be read',
  read_only: 'The server may not write where its conversations are: they are read-only until its operator mends that',
  busy: 'The server’s database is locked by another process: nothing of this request was accepted; try again',
};
