import type { CacheUse } from '../cache/prompt-cache.ts';
import { baseHeaders, jsonAnswer, rawAnswer, statusAnswer } from '../exchange/answers.ts';
import type { Context } from '../exchange/context.ts';
import { jsonOf } from '../exchange/parse-body.ts';
import type { HttpResponse } from '../http-send.ts';
import { rateLimitHeaders } from '../limits/rate-limit-headers.ts';
import type { Allowance } from '../limits/rate-limits.ts';
import type { CheckedRequest } from '../refusals/check-request.ts';
import { NOTHING, pausesFirst } from '../context/plan-compaction.ts';
import { chooseReply } from '../replies/choose-reply.ts';
import { planMessage } from '../replies/plan-message.ts';
import type { MessageReply, PlainReply, StreamFault } from '../replies/reply.ts';
import { threadTurn, type ThreadTurn } from '../threads/thread-turn.ts';
import { toMessage } from '../wire/frames.ts';
import { splitterOf } from '../wire/split-bytes.ts';
import { StreamBody } from '../wire/stream-body.ts';
import { jsonSteps, streamSteps } from '../wire/stream-steps.ts';
import { checkBody } from './check-body.ts';

/** An answer with one of these faults is not whole, so no thread holds it. */
const ENDING: ReadonlySet<StreamFault['type']> = new Set(['cut', 'reset', 'end', 'stall', 'error_event']);

/** `POST /v1/messages`. */
export async function createMessage(context: Context): Promise<HttpResponse> {
  const { http, body, betas, state, caller, recorded } = context;
  const nowMs = recorded.receivedAtMs;
  const thread = threadTurn(jsonOf(body), { betas, caller, threads: state.threads, nowMs });
  const checked = checkBody(thread.body, 'messages', { ...context, nowMs });
  const cached = state.cache.open(checked, { workspaceId: caller.workspaceId, nowMs });
  // What is read from the cache does not count against the limit.
  const inputTokens = checked.inputTokens - cached.usage.read;
  const allowance = state.limits.admit({ key: caller.key, model: checked.model, inputTokens }, nowMs);
  const limits = rateLimitHeaders(allowance, nowMs);
  const asked = { requestId: recorded.requestId, signal: http.signal };
  thread.begin();
  try {
    // Who pauses for a summary is not asked yet for what follows.
    const reply = pausesFirst(checked) ? NOTHING : await chooseReply(checked.request, state.replies, asked);
    if (reply.delayMs !== undefined) await wait(reply.delayMs, context);
    const answer = answerWith(reply, { checked, cached, context, allowance, thread });
    return { ...answer, headers: { ...limits, ...answer.headers } };
  } catch (error) {
    thread.end();
    throw error;
  }
}

type Answering = {
  checked: CheckedRequest;
  cached: CacheUse;
  context: Context;
  allowance: Allowance;
  thread: ThreadTurn;
};

function answerWith(reply: PlainReply, o: Answering): HttpResponse {
  const { recorded, state } = o.context;
  if (reply.type !== 'message') o.thread.end();
  switch (reply.type) {
    case 'status':
      state.recorder.answered(recorded, { error: { type: reply.errorType, message: reply.message } });
      return statusAnswer(reply, recorded.requestId);
    case 'raw':
      return rawAnswer(reply, recorded.requestId);
    case 'message':
      return messageAnswer(reply, o);
    default:
      return reply satisfies never;
  }
}

function wait(ms: number, { http, state: { pacer } }: Context): Promise<void> {
  return pacer.until(pacer.clock.now() + ms, http.signal ?? new AbortController().signal);
}

function messageAnswer(reply: MessageReply, o: Answering): HttpResponse {
  const { checked, cached, context, allowance, thread } = o;
  const { http, recorded, state } = context;
  const message = planMessage(reply, checked, { ids: state.ids, cached, sentTypes: state.sentTypes });
  cached.answered(message.id);
  state.recorder.answered(recorded, { message });
  allowance.output.take(message.usage.outputTokens, recorded.receivedAtMs);
  const streams = checked.request.stream === true;
  const faults = reply.faults ?? [];
  if (!faults.some(({ type }) => ENDING.has(type)))
    thread.keep({ id: message.id, contentOf: () => toMessage(message).content }, state.pacer.clock.now());
  if (!streams && faults.length === 0) {
    cached.begin();
    thread.end();
    return withHeaders(jsonAnswer(200, toMessage(message), recorded.requestId), reply);
  }
  // Without a stream there is no place for an error event: the API then answers with the error's status.
  const error = streams ? undefined : faults.find((fault) => fault.type === 'error_event')?.error;
  if (error !== undefined) {
    const status = error.type === 'overloaded_error' ? 529 : 500;
    thread.end();
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
    onBegin: () => cached.begin(),
    onEnd: (ending) => {
      thread.end();
      state.recorder.end(recorded, ending);
    },
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
