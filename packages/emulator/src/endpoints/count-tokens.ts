import { jsonAnswer } from '../exchange/answers.ts';
import type { Context } from '../exchange/context.ts';
import { jsonOf } from '../exchange/parse-body.ts';
import type { HttpResponse } from '../http-send.ts';
import { checkBody } from './check-body.ts';

/** `POST /v1/messages/count_tokens`. */
export function countTokens(context: Context): HttpResponse {
  const { body, recorded, state, caller } = context;
  const nowMs = recorded.receivedAtMs;
  const checked = checkBody(jsonOf(body), 'count_tokens', { ...context, nowMs });
  state.limits.admitCount(caller.key, nowMs);
  const original = checked.context && { original_input_tokens: checked.context.originalTokens };
  const counted = { input_tokens: checked.inputTokens, ...(original && { context_management: original }) };
  return jsonAnswer(200, counted, recorded.requestId);
}
