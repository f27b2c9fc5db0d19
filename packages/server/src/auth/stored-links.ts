import type { Tables } from '../store/tables.ts';
import { LINK_LIFETIME_MS } from './login-links.ts';
import { hashSecret, isSecretShaped, newSecret } from './secrets.ts';

// One-time tokens that another process asks for, on the data folder of a server that runs: `colloquy link`.

/** A new token for whichever server runs on these tables, good once and for ten minutes; durable when it resolves. */
export async function createStoredLink(tables: Tables): Promise<string> {
  const token = newSecret();
  const now = Date.now();
  await tables.deleteFrom('login_link').where('expires_at', '<=', now).execute();
  await tables
    .insertInto('login_link')
    .values({ hash: hashSecret(token), expires_at: now + LINK_LIFETIME_MS })
    .execute();
  return token;
}

/** Uses a token up: true for the first of all who try, within its ten minutes. */
export async function redeemStoredLink(tables: Tables, token: string): Promise<boolean> {
  if (!isSecretShaped(token)) return false;
  const hash = hashSecret(token);
  // Looked for first: a flood of wrong tokens must not keep others from writing.
  const link = await tables.selectFrom('login_link').select('expires_at').where('hash', '=', hash).executeTakeFirst();
  if (link === undefined) return false;
  const { numDeletedRows } = await tables.deleteFrom('login_link').where('hash', '=', hash).executeTakeFirst();
  return numDeletedRows === 1n && Date.now() < link.expires_at;
}
