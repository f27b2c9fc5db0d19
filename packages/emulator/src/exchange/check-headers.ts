import type { ApiVersion } from '../refusals/check-fields.ts';
import { refuse } from '../refusals/refusal.ts';

/** What the headers of a request say. @throws Refusal without a credential (401), or without a version it knows (400). */
export function checkHeaders(
  headers: Readonly<Record<string, string>>,
  o: { needsKey: boolean },
): {
  version: ApiVersion;
  betas: readonly string[];
} {
  checkCredential(headers['x-api-key'], headers.authorization, o.needsKey);
  const version = headers['anthropic-version'];
  if (version === undefined || version === '') refuse('anthropic-version: header is required');
  if (version !== '2026-10-21' && version !== '2023-06-01')
    refuse(`anthropic-version: "${version}" is not a valid API version`);
  const betas = (headers['anthropic-beta'] ?? '').split(',').map((beta) => beta.trim());
  return { version, betas: betas.filter((beta) => beta !== '') };
}

/** Any key is a good one, in either header; two different ones are not. */
function checkCredential(apiKey: string | undefined, authorization: string | undefined, isNeeded: boolean): void {
  const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  if (authorization !== undefined && authorization !== '' && token === undefined)
    refuse('invalid Authorization header', { status: 401 });
  if (isNeeded && !apiKey && !token)
    refuse('authentication required: send an API key as Authorization: Bearer or as x-api-key', { status: 401 });
  if (apiKey && token && apiKey !== token)
    refuse('x-api-key and Authorization hold different credentials; send one', { status: 401 });
}
