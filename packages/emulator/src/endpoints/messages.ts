import { baseHeaders, jsonAnswer, rawAnswer, statusAnswer } from '../exchange/answers.ts';
import type { Context } from '../exchange/context.ts';
import { jsonOf } from '../exchange/parse-body.ts';
import type { HttpResponse } from '../http-send.ts';
import { checkRequest, type CheckedRequest } from '../refusals/check-request.ts';
import { chooseReply } from '../replies/choose-reply.ts';
import { planMessage } from '../replies/plan-message.ts';
import type { MessageReply } from '../replies/reply.ts';
import { toMessage } from '../wire/frames.ts';
import { splitterOf } from '../wire/split-bytes.ts';
import { StreamBody } from '../wire/stream-body.ts';
import { jsonSteps, streamSteps } from '../wire/stream-steps.ts';

/** `POST /v1/messages`. */
export async function createMessage(context: Context): Promise<HttpResponse> {
  const { body, version, betas, state, recorded } = context;
  const checked = checkRequest(jsonOf(body), { version, betas, endpoint: 'messages' });
  const reply = await chooseReply(checked.request, state.replies);
  if (reply.delayMs !== undefined) await wait(reply.delayMs, context);
  switch (reply.type) {
    case 'status':
      return statusAnswer(reply, recorded.requestId);
    case 'raw':
      return rawAnswer(reply, recorded.requestId);
    case 'message':
      return answerWith(reply, checked, context);
    default:
      return reply satisfies never;
  }
}

function wait(ms: number, { http, state: { pacer } }: Context): Promise<void> {
  return pacer.until(pacer.clock.now() + ms, http.signal ?? new AbortController().signal);
}

function answerWith(reply: MessageReply, checked: CheckedRequest, { http, recorded, state }: Context): HttpResponse {
  const message = planMessage(reply, checked, state.ids);
  const streams = checked.request.stream === true;
  const faults = reply.faults ?? [];
  if (!streams && faults.length === 0)
    return withHeaders(jsonAnswer(200, toMessage(message), recorded.requestId), reply);
  // Without a stream there is no place for an error event: the API then answers with the error's status.
  const error = streams ? undefined : faults.find((fault) => fault.type === 'error_event')?.error;
  if (error !== undefined) {
    const status = error.type === 'overloaded_error' ? 529 : 500;
    const answer = { type: 'status', status, errorType: error.type, message: error.message, headers: {} } as const;
    return statusAnswer(answer, recorded.requestId);
  }
  const gapMs = reply.gapMs ?? state.gapMs;
  const steps = streams
    ? streamSteps(message, { gapMs, faults })
    : jsonSteps(JSON.stringify(toMessage(message)), faults);
  const body = new StreamBody(steps, {
    gapMs,
    split: splitterOf(faults),
    pacer: state.pacer,
    signal: http.signal,
    onEnd: (o) => state.recorder.end(recorded, o),
  });
  const streamHeaders = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
  const headers = {
    ...baseHeaders(recorded.requestId),
    ...(streams ? streamHeaders : { 'content-type': 'application/json' }),
  };
  return withHeaders({ status: 200, headers, body }, reply);
}

function withHeaders(answer: HttpResponse, { headers }: MessageReply): HttpResponse {
  return headers === undefined ? answer : { ...answer, headers: { ...answer.headers, ...headers } };
}
