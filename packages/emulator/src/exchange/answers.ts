import type { HttpResponse } from '../http-send.ts';
import type { RawReply, StatusReply } from '../replies/reply.ts';
import type { Refusal } from '../refusals/refusal.ts';

const ORGANIZATION = '00000000-0000-4000-8000-000000000000';

/** The headers of every answer. */
export function baseHeaders(requestId: string): Record<string, string> {
  return { 'request-id': requestId, 'anthropic-organization-id': ORGANIZATION };
}

export function jsonAnswer(status: number, body: unknown, requestId: string): HttpResponse {
  return {
    status,
    headers: { ...baseHeaders(requestId), 'content-type': 'application/json' },
    body: oneChunk(JSON.stringify(body)),
  };
}

/** An answer with bytes of any kind. */
export function bytesAnswer(bytes: Uint8Array, headers: Record<string, string>, requestId: string): HttpResponse {
  const length = String(bytes.byteLength);
  return {
    status: 200,
    headers: { ...baseHeaders(requestId), 'content-length': length, ...headers },
    body: oneChunk(bytes),
  };
}

/** The error answer of a refused request. */
export function refusalAnswer(refusal: Refusal, requestId: string): HttpResponse {
  const answer = jsonAnswer(refusal.status, errorBody(refusal, requestId), requestId);
  return { ...answer, headers: { ...answer.headers, ...refusal.headers } };
}

/** The error answer that a script or a directive asked for. */
export function statusAnswer(reply: StatusReply, requestId: string): HttpResponse {
  const details = reply.errorCode === undefined ? {} : { details: { error_code: reply.errorCode } };
  const answer = jsonAnswer(
    reply.status,
    errorBody({ type: reply.errorType, message: reply.message, ...details }, requestId),
    requestId,
  );
  return { ...answer, headers: { ...answer.headers, ...reply.headers } };
}

export function rawAnswer(reply: RawReply, requestId: string): HttpResponse {
  return { status: reply.status, headers: { ...baseHeaders(requestId), ...reply.headers }, body: oneChunk(reply.body) };
}

/** The body of an error answer. */
export function errorBody(error: { type: string; message: string; details?: unknown }, requestId: string): unknown {
  const { type, message, details } = error;
  return {
    type: 'error',
    error: { type, message, ...(details === undefined ? {} : { details }) },
    request_id: requestId,
  };
}

async function* oneChunk(content: string | Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  if (content.length > 0) yield typeof content === 'string' ? Buffer.from(content) : content;
}
