import type { ApiKeys } from './api-keys.ts';
import type { Credentials } from './credentials.ts';
import { type CredentialName, LOCAL_USER, type Principal } from './principal.ts';
import { hashSecret, isSecretShaped, sameHash } from './secrets.ts';
import type { SessionTokens } from './worker-credentials.ts';

/** What may be a secret at all: ours have 43 characters behind their prefix, the operator's at least 32. Nothing else is hashed. */
const SECRET = /^[\x21-\x7e]{32,512}$/;

/** Where the credentials are that let somebody in. */
export type CredentialSources = {
  keys: ApiKeys;
  pages: Credentials;
  tokens: SessionTokens;
  /** The hash of the key that the operator gave the process; it is in no table. */
  operatorHash: string | undefined;
  onError: (error: unknown) => void;
};

/**
 * Whose a secret is, whichever way it came; undefined for one that is unknown, revoked or has expired.
 * It is looked for by its hash, so that nothing here takes longer for a secret that is nearly right.
 */
export async function identify(secret: string, from: CredentialSources): Promise<Principal | undefined> {
  if (!SECRET.test(secret)) return undefined;
  const hash = hashSecret(secret);
  // Keys and tokens are longer than the cookie of a page, which all can see; it saves a look at the disk.
  const page = isSecretShaped(secret) ? await pageOf(hash, from) : undefined;
  return page ?? operatorOf(hash, from) ?? (await keyHolder(hash, from)) ?? workerOf(hash, from);
}

function operatorOf(hash: string, { operatorHash }: CredentialSources): Principal | undefined {
  if (operatorHash === undefined || !sameHash(hash, operatorHash)) return undefined;
  return { name: 'operator', user: LOCAL_USER, role: 'admin', via: 'key', credential: OPERATOR };
}

const OPERATOR: CredentialName = { kind: 'operator', id: '' };

async function keyHolder(hash: string, { keys, onError }: CredentialSources): Promise<Principal | undefined> {
  const key = await keys.find(hash);
  if (key === undefined) return undefined;
  keys.noteUse(key.id).catch(onError);
  const { id, name, user, role, environment } = key;
  const credential: CredentialName = { kind: 'key', id };
  if (environment === null) return { name, user, role, via: 'key', credential };
  return { name, user, role, via: 'worker', scope: { environment }, credential };
}

async function workerOf(hash: string, { tokens }: CredentialSources): Promise<Principal | undefined> {
  const token = await tokens.find(hash);
  if (token === undefined) return undefined;
  const { user, ...scope } = token;
  const credential: CredentialName = { kind: 'session-token', id: hash };
  return { name: `worker-${scope.work}`, user, role: 'user', via: 'worker', scope, credential };
}

async function pageOf(hash: string, { pages }: CredentialSources): Promise<Principal | undefined> {
  if (!(await pages.isGood(hash))) return undefined;
  // Enough of the hash to tell viewers apart, and of no use to anybody who wants the secret.
  const name = `page-${hash.slice(0, 6)}`;
  return { name, user: LOCAL_USER, role: 'admin', via: 'page', credential: { kind: 'page', id: hash } };
}

/** Those of the credentials that are still good, in two statements and a file for each page. */
export async function goodOf(
  names: readonly CredentialName[],
  { keys, pages, tokens }: CredentialSources,
): Promise<Set<CredentialName>> {
  const idsOf = (kind: CredentialName['kind']): string[] =>
    names.filter((name) => name.kind === kind).map(({ id }) => id);
  const pageIds = idsOf('page');
  const [goodKeys, goodTokens, arePagesGood] = await Promise.all([
    keys.goodOf(idsOf('key')),
    tokens.goodOf(idsOf('session-token')),
    Promise.all(pageIds.map((id) => pages.isGood(id))),
  ]);
  const good = {
    key: goodKeys,
    'session-token': goodTokens,
    page: new Set(pageIds.filter((_, index) => arePagesGood[index])),
    operator: new Set([OPERATOR.id]),
  };
  return new Set(names.filter(({ kind, id }) => good[kind].has(id)));
}
