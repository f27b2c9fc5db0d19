import type { ApiVersion } from '../refusals/check-fields.ts';
import { refuse } from '../refusals/refusal.ts';
import type { Caller } from './context.ts';

/** Every key belongs to this one, unless a request names another. */
const DEFAULT_WORKSPACE = 'wrkspc_0100000000000000000000';

/** What the headers of a request say. @throws Refusal without a credential (401), or without a version it knows (400). */
export function checkHeaders(
  headers: Readonly<Record<string, string>>,
  o: { needsKey: boolean },
): { version: ApiVersion; betas: readonly string[]; caller: Caller } {
  const key = keyOf(headers['x-api-key'], headers.authorization, o.needsKey);
  const version = headers['anthropic-version'];
  if (version === undefined || version === '') refuse('anthropic-version: header is required');
  if (version !== '2026-10-21' && version !== '2023-06-01')
    refuse(`anthropic-version: "${version}" is not a valid API version`);
  const betas = (headers['anthropic-beta'] ?? '').split(',').map((beta) => beta.trim());
  const workspaceId = headers['anthropic-workspace-id'] || DEFAULT_WORKSPACE;
  return { version, betas: betas.filter((beta) => beta !== ''), caller: { key, workspaceId } };
}

/** Any key is a good one, in either header; two different ones are not. */
function keyOf(apiKey: string | undefined, authorization: string | undefined, isNeeded: boolean): string {
  const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  if (authorization !== undefined && authorization !== '' && token === undefined)
    refuse('invalid Authorization header', { status: 401 });
  if (isNeeded && !apiKey && !token)
    refuse('authentication required: send an API key as Authorization: Bearer or as x-api-key', { status: 401 });
  if (apiKey && token && apiKey !== token)
    refuse('x-api-key and Authorization hold different credentials; send one', { status: 401 });
  return apiKey || token || '';
}
