import type { ApiVersion } from '../refusals/check-fields.ts';
import { BETAS } from '../models/betas.ts';
import { refuse } from '../refusals/refusal.ts';
import type { Caller } from './context.ts';

/** Every key belongs to this one, unless a request names another. */
export const DEFAULT_WORKSPACE = 'wrkspc_0100000000000000000000';

/**
 * What the headers of a request say. @throws Refusal without a credential (401), without a version it knows (400), and
 * for a beta that is neither known nor among `betas` (400).
 */
export function checkHeaders(
  headers: Readonly<Record<string, string>>,
  o: { needsKey: boolean; betas: ReadonlySet<string> },
): { version: ApiVersion; betas: readonly string[]; caller: Caller } {
  const key = keyOf(headers['x-api-key'], headers.authorization, o.needsKey);
  const version = headers['anthropic-version'];
  if (version === undefined || version === '') refuse('anthropic-version: header is required');
  if (version !== '2026-10-21' && version !== '2023-06-01')
    refuse(`anthropic-version: "${version}" is not a valid API version`);
  const caller = { key, workspaceId: workspaceOf(headers) };
  return { version, betas: betasOf(headers['anthropic-beta'], o.betas), caller };
}

/** The workspace that a request names, or the one that every key belongs to. */
export function workspaceOf(headers: Readonly<Record<string, string>>): string {
  return headers['anthropic-workspace-id'] || DEFAULT_WORKSPACE;
}

function betasOf(header: string | undefined, more: ReadonlySet<string>): readonly string[] {
  if (header === undefined || header === '') return [];
  const betas = header
    .split(',')
    .map((beta) => beta.trim())
    .filter((beta) => beta !== '');
  const unknown = betas.filter((beta) => !BETAS.has(beta) && !more.has(beta));
  if (unknown.length > 0) {
    refuse(
      `Unexpected value(s) ${unknown.map((beta) => `\`${beta}\``).join(', ')} for the \`anthropic-beta\` header. ` +
        'Look them up in the documentation, or try again without the header.',
    );
  }
  return betas;
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
