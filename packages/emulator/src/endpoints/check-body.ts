import type { Context } from '../exchange/context.ts';
import type { CheckedApi } from '../refusals/check-fields.ts';
import { checkRequest, type CheckedRequest } from '../refusals/check-request.ts';

/** Checks the body of a messages request by the rules of the exchange that brought it. @throws Refusal */
export function checkBody(
  body: unknown,
  endpoint: CheckedApi['endpoint'],
  o: Pick<Context, 'version' | 'betas' | 'state' | 'caller'> & { nowMs: number },
): CheckedRequest {
  const { version, betas, state, caller, nowMs } = o;
  const files = { find: (id: string) => state.files.get(id, caller.workspaceId), nowMs };
  const { preservedThinking, sentTypes } = state;
  return checkRequest(body, { version, betas, endpoint, files, sentTypes, preservedThinking });
}
