import { jsonAnswer } from '../exchange/answers.ts';
import type { Context } from '../exchange/context.ts';
import { jsonOf } from '../exchange/parse-body.ts';
import type { HttpResponse } from '../http-send.ts';
import { checkRequest } from '../refusals/check-request.ts';

/** `POST /v1/messages/count_tokens`. */
export function countTokens({ body, version, betas, recorded, state, caller }: Context): HttpResponse {
  const checked = checkRequest(jsonOf(body), {
    version,
    betas,
    endpoint: 'count_tokens',
    preservedThinking: state.preservedThinking,
  });
  state.limits.admitCount(caller.key, recorded.receivedAtMs);
  return jsonAnswer(200, { input_tokens: checked.inputTokens }, recorded.requestId);
}
