import { baseHeaders, jsonAnswer, rawAnswer, statusAnswer } from '../exchange/answers.ts';
import type { Context } from '../exchange/context.ts';
import { jsonOf } from '../exchange/parse-body.ts';
import type { HttpResponse } from '../http-send.ts';
import { checkRequest, type CheckedRequest } from '../refusals/check-request.ts';
import { chooseReply } from '../replies/choose-reply.ts';
import { planMessage } from '../replies/plan-message.ts';
import type { MessageReply } from '../replies/reply.ts';
import { toMessage } from '../wire/frames.ts';
import { StreamBody } from '../wire/stream-body.ts';
import { jsonSteps, streamSteps } from '../wire/stream-steps.ts';

/** `POST /v1/messages`. */
export async function createMessage(context: Context): Promise<HttpResponse> {
  const { body, version, betas, state, recorded } = context;
  const checked = checkRequest(jsonOf(body), { version, betas, endpoint: 'messages' });
  const reply = await chooseReply(checked.request, state.replies);
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

function answerWith(reply: MessageReply, checked: CheckedRequest, { http, recorded, state }: Context): HttpResponse {
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
