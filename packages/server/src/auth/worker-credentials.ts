import { Remembered } from '../store/remembered.ts';
import type { SessionTokenTable } from '../store/table-types.ts';
import type { Tables } from '../store/tables.ts';
import type { SessionScope } from './principal.ts';
import { hashSecret, newSecret } from './secrets.ts';

/** What the tokens begin with, so that people and scanners know one when they see it. */
const PREFIX = 'colloquy_session_';

/**
 * The tokens that workers get with the work they take: each good for one session and its work item, until it expires or the work is
 * stopped. A worker's standing credential, for the queue itself, is an API key with an environment; see `api-keys.ts`.
 */
export class SessionTokens {
  readonly #tables: () => Promise<Tables>;
  readonly #byHash: Remembered<SessionTokenTable>;

  constructor(tables: () => Promise<Tables>) {
    this.#tables = tables;
    this.#byHash = new Remembered(tables, (all, hash) =>
      all.selectFrom('session_token').selectAll().where('hash', '=', hash).executeTakeFirst(),
    );
  }

  /**
   * A token for an item of work, durable when it resolves. Earlier ones of the same item are void: the item is this worker's now.
   * @param scope with the session's UUID.
   * @param o.user whose session it is.
   * @param o.expiresAt milliseconds since 1970.
   * @param o.keepEarlier as long as it is open which of several workers takes the item.
   */
  async issue(scope: SessionScope, o: { user: string; expiresAt: number; keepEarlier?: boolean }): Promise<string> {
    const tables = await this.#tables();
    const token = PREFIX + newSecret();
    const { session, environment, work } = scope;
    await tables.transaction().execute(async (transaction) => {
      await transaction
        .deleteFrom('session_token')
        .where((where) =>
          where.or([
            where('expires_at', '<=', Date.now()),
            ...(o.keepEarlier === true ? [] : [where('work', '=', work)]),
          ]),
        )
        .execute();
      await transaction
        .insertInto('session_token')
        .values({ hash: hashSecret(token), session, environment, work, user: o.user, expires_at: o.expiresAt })
        .execute();
    });
    return token;
  }

  /** Keeps the token of an item good for longer, as its worker's heartbeat asks. */
  async extend(work: string, expiresAt: number): Promise<void> {
    const tables = await this.#tables();
    await tables.updateTable('session_token').set({ expires_at: expiresAt }).where('work', '=', work).execute();
  }

  /** Ends the token of an item of work. */
  async revoke(work: string): Promise<void> {
    const tables = await this.#tables();
    await tables.deleteFrom('session_token').where('work', '=', work).execute();
  }

  /** What the token with this hash is good for, and whose session that is. */
  async find(hash: string): Promise<(SessionScope & { user: string }) | undefined> {
    const row = await this.#byHash.get(hash);
    if (row === undefined || Date.now() >= row.expires_at) return undefined;
    const { session, environment, work, user } = row;
    return { session, environment, work, user };
  }

  /** Which of these tokens, by their hashes, are still good. */
  async goodOf(hashes: readonly string[]): Promise<Set<string>> {
    const tables = await this.#tables();
    const rows = await tables
      .selectFrom('session_token')
      .select('hash')
      .where('hash', 'in', hashes)
      .where('expires_at', '>', Date.now())
      .execute();
    return new Set(rows.map(({ hash }) => hash));
  }
}

/** The `secret` of a work item as workers read it: JSON in base64url. */
export function workSecret(token: string): string {
  return Buffer.from(JSON.stringify({ sessions_token: token })).toString('base64url');
}
