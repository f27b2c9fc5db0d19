import type { Pacer } from '../clock/pacer.ts';
import type { HttpRequest, HttpResponse } from '../http-send.ts';
import { listModels, showModel } from '../models/list-models.ts';
import { checkRequest } from '../refusals/check-request.ts';
import { Refusal, refuse } from '../refusals/refusal.ts';
import { chooseReply, type ReplyState } from '../replies/choose-reply.ts';
import { planMessage } from '../replies/plan-message.ts';
import type { MessageReply } from '../replies/reply.ts';
import { toMessage } from '../wire/frames.ts';
import { StreamBody } from '../wire/stream-body.ts';
import { jsonSteps, streamSteps } from '../wire/stream-steps.ts';
import { baseHeaders, jsonAnswer, rawAnswer, refusalAnswer, statusAnswer } from './answers.ts';
import { checkHeaders } from './check-headers.ts';
import type { Ids } from './ids.ts';
import type { RecordedRequest, Recorder } from './recorder.ts';

/** Bodies above this are refused with 413. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** What one emulator's exchanges share. */
export type ExchangeState = { ids: Ids; recorder: Recorder; pacer: Pacer; replies: ReplyState; gapMs: number };

type Context = { http: HttpRequest; recorded: RecordedRequest; state: ExchangeState; needsKey: boolean };
type ParsedBody = { value: unknown; bytes: number; isJson: boolean };

/** Answers one request: the emulator's core, without a socket. */
export async function exchange(
  http: HttpRequest,
  state: ExchangeState,
  o: { needsKey: boolean },
): Promise<HttpResponse> {
  http.signal?.throwIfAborted();
  const body = parseBody(http.body);
  const requestId = state.ids.next('req', 0);
  const recorded = state.recorder.record(http, {
    parsed: body.value,
    bytes: body.bytes,
    requestId,
    nowMs: state.pacer.clock.now(),
  });
  try {
    const response = await route(body, { http, recorded, state, needsKey: o.needsKey });
    recorded.status = response.status;
    // A streamed body ends by itself; any other answer is complete here.
    if (!(response.body instanceof StreamBody)) state.recorder.end(recorded, { aborted: false });
    return response;
  } catch (error) {
    state.recorder.end(recorded, { aborted: false });
    if (!(error instanceof Refusal)) throw error;
    recorded.status = error.status;
    return refusalAnswer(error, requestId);
  }
}

function parseBody(body: string | Uint8Array | undefined): ParsedBody {
  if (body === undefined) return { value: undefined, bytes: 0, isJson: false };
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  if (bytes > MAX_BODY_BYTES) return { value: undefined, bytes, isJson: false };
  try {
    return {
      value: JSON.parse(
        typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, bytes).toString('utf8'),
      ),
      bytes,
      isJson: true,
    };
  } catch (error) {
    if (error instanceof SyntaxError) return { value: undefined, bytes, isJson: false };
    throw error;
  }
}

function route(body: ParsedBody, context: Context): Promise<HttpResponse> | HttpResponse {
  const { method, path, query, headers, requestId } = context.recorded;
  const answers =
    ROUTES.find((candidate) => candidate.path.test(path)) ?? refuse(`Not found: ${path}`, { status: 404 });
  if (answers.method !== method) refuse(`Method not allowed: ${method} ${path}`, { status: 405 });
  const { version, betas } = checkHeaders(headers, { needsKey: context.needsKey });
  switch (answers.name) {
    case 'models':
      return jsonAnswer(200, listModels(new URLSearchParams(query)), requestId);
    case 'model':
      return jsonAnswer(200, showModel(path.slice('/v1/models/'.length)), requestId);
    case 'count_tokens': {
      const checked = checkRequest(jsonOf(body), { version, betas, endpoint: 'count_tokens' });
      return jsonAnswer(200, { input_tokens: checked.inputTokens }, requestId);
    }
    case 'messages':
      return answerMessages(checkRequest(jsonOf(body), { version, betas, endpoint: 'messages' }), context);
    default:
      return answers satisfies never;
  }
}

const ROUTES = [
  { name: 'messages', method: 'POST', path: /^\/v1\/messages$/ },
  { name: 'count_tokens', method: 'POST', path: /^\/v1\/messages\/count_tokens$/ },
  { name: 'models', method: 'GET', path: /^\/v1\/models$/ },
  { name: 'model', method: 'GET', path: /^\/v1\/models\/[^/]+$/ },
] as const;

function jsonOf(body: ParsedBody): unknown {
  if (body.bytes > MAX_BODY_BYTES)
    refuse(`Request exceeds the maximum size of ${MAX_BODY_BYTES} bytes`, { status: 413 });
  return body.isJson ? body.value : refuse('The request body is not valid JSON');
}

async function answerMessages(checked: ReturnType<typeof checkRequest>, context: Context): Promise<HttpResponse> {
  const { requestId } = context.recorded;
  const reply = await chooseReply(checked.request, context.state.replies);
  switch (reply.type) {
    case 'status':
      return statusAnswer(reply, requestId);
    case 'raw':
      return rawAnswer(reply, requestId);
    case 'message':
      return answerWith(reply, checked, context);
    default:
      return reply satisfies never;
  }
}

function answerWith(
  reply: MessageReply,
  checked: ReturnType<typeof checkRequest>,
  { http, recorded, state }: Context,
): HttpResponse {
  const message = planMessage(reply, checked, state.ids);
  const streams = checked.request.stream === true;
  if (!streams && reply.fault === undefined) return jsonAnswer(200, toMessage(message), recorded.requestId);
  // Without a stream there is no place for an error event: the API then answers with the error's status.
  if (!streams && reply.fault?.type === 'error_event') {
    const { type, message: text } = reply.fault.error;
    const status = type === 'overloaded_error' ? 529 : 500;
    return statusAnswer({ type: 'status', status, errorType: type, message: text, headers: {} }, recorded.requestId);
  }
  const gapMs = reply.gapMs ?? state.gapMs;
  const steps = streams
    ? streamSteps(message, { gapMs, fault: reply.fault })
    : jsonSteps(JSON.stringify(toMessage(message)), reply.fault);
  const body = new StreamBody(steps, {
    gapMs,
    splitCharacters: reply.fault?.type === 'split_characters',
    pacer: state.pacer,
    signal: http.signal,
    onEnd: (o) => state.recorder.end(recorded, o),
  });
  const streamHeaders = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
  const headers = {
    ...baseHeaders(recorded.requestId),
    ...(streams ? streamHeaders : { 'content-type': 'application/json' }),
  };
  return { status: 200, headers, body };
}
