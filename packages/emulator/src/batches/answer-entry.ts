import { checkBody } from '../endpoints/check-body.ts';
import { errorBody } from '../exchange/answers.ts';
import type { ExchangeState } from '../exchange/context.ts';
import { refusalIn } from '../refusals/refusal.ts';
import { chooseReply } from '../replies/choose-reply.ts';
import { planMessage } from '../replies/plan-message.ts';
import type { PlainReply } from '../replies/reply.ts';
import { toMessage } from '../wire/frames.ts';
import type { Batch, BatchEntry, BatchResult } from './batch.ts';

/**
 * Begins to answer one request of a batch. What it takes from the script is taken before this returns, so that requests
 * begun in order get the script's replies in order.
 */
export function answerEntry(entry: BatchEntry, batch: Batch, state: ExchangeState): Promise<BatchResult> {
  const requestId = state.ids.next('req', 0);
  const refused = (thrown: unknown): BatchResult => ({
    type: 'errored',
    error: errorBody(refusalIn(thrown), requestId),
  });
  try {
    const { params, dueAtMs: nowMs } = entry;
    const checked = checkBody(params, 'batch', { ...batch.context, state, nowMs });
    const cached = state.cache.open(checked, { workspaceId: batch.context.caller.workspaceId, nowMs });
    const answered = chooseReply(checked.request, state.replies).then((reply): BatchResult => {
      const error = errorOf(reply);
      if (error !== undefined) return { type: 'errored', error: errorBody(error, requestId) };
      if (reply.type !== 'message') throw new TypeError('Only a message is no error');
      const message = planMessage(reply, checked, { ...state, cached, serviceTier: 'batch' });
      cached.answered(message.id);
      cached.begin();
      return { type: 'succeeded', message: toMessage(message) };
    });
    return answered.catch(refused);
  } catch (error) {
    return Promise.resolve(refused(error));
  }
}

/** A batch has no stream that could break, so of all faults only the error event counts. */
function errorOf(reply: PlainReply): { type: string; message: string; details?: unknown } | undefined {
  switch (reply.type) {
    case 'status': {
      const details = reply.errorCode === undefined ? {} : { details: { error_code: reply.errorCode } };
      return { type: reply.errorType, message: reply.message, ...details };
    }
    case 'raw':
      return { type: 'api_error', message: 'Internal server error' };
    case 'message':
      return reply.faults?.find((fault) => fault.type === 'error_event')?.error;
    default:
      return reply satisfies never;
  }
}
