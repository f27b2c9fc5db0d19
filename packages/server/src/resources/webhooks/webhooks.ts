import { randomBytes } from 'node:crypto';
import { maySee, mustBeAdmin, mustWrite } from '../../auth/ownership.ts';
import type { Principal } from '../../auth/principal.ts';
import { HttpError } from '../../http/http-error.ts';
import type { PageRequest } from '../../http/page.ts';
import { inPage, listedFor } from '../../store/read-page.ts';
import type { WebhookTable } from '../../store/resource-tables.ts';
import type { Tables } from '../../store/tables.ts';
import { idFrom } from '../ids.ts';
import type { WebhookEvent } from './webhook-events.ts';

const SECRET_BYTES = 32;
const MAX_WEBHOOKS = 20;

export type WebhookInput = {
  url: string;
  /** Empty: all. */
  events: readonly WebhookEvent[];
  /** Of everybody's things; for admins. */
  allUsers: boolean;
};

/** The secret is in the row, because messages are signed with it; it is told here and nowhere else. @throws HttpError 403, 400 */
export async function createWebhook(
  tables: Tables,
  principal: Principal,
  { url, events, allUsers }: WebhookInput,
  nonce: string,
): Promise<WebhookTable> {
  mustWrite(principal);
  if (allUsers) mustBeAdmin(principal);
  const row: WebhookTable = {
    id: idFrom('wh', nonce),
    owner: principal.user,
    url,
    events: events.join(' '),
    all_users: allUsers ? 1 : 0,
    secret: `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`,
    failures: 0,
    disabled_reason: null,
    created_at: Date.now(),
  };
  return tables.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('webhook')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const { count } = await transaction
      .selectFrom('webhook')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('owner', '=', principal.user)
      .executeTakeFirstOrThrow();
    if (count > MAX_WEBHOOKS) throw new HttpError(400, `A user has at most ${MAX_WEBHOOKS} webhooks; delete one`);
    return transaction.selectFrom('webhook').selectAll().where('id', '=', row.id).executeTakeFirstOrThrow();
  });
}

/** @throws HttpError 404, for one of somebody else as for one that is not there */
export async function getWebhook(tables: Tables, principal: Principal, id: string): Promise<WebhookTable> {
  const row = await tables.selectFrom('webhook').selectAll().where('id', '=', id).executeTakeFirst();
  if (row !== undefined && maySee(principal, row.owner)) return row;
  throw new HttpError(404, `There is no webhook ${id.slice(0, 100)}`);
}

/** Switched on again, it starts anew: failures are forgotten, what waits is tried at once. */
export async function switchWebhook(
  tables: Tables,
  principal: Principal,
  id: string,
  enabled: boolean,
): Promise<WebhookTable> {
  await getWebhook(tables, principal, id);
  mustWrite(principal);
  const change = enabled ? { disabled_reason: null, failures: 0 } : { disabled_reason: 'switched off' };
  await tables.updateTable('webhook').set(change).where('id', '=', id).execute();
  if (enabled) {
    await tables.updateTable('webhook_delivery').set({ next_at: Date.now() }).where('webhook', '=', id).execute();
  }
  return getWebhook(tables, principal, id);
}

/** Deletes it with its secret and all that waits for it. */
export async function deleteWebhook(tables: Tables, principal: Principal, id: string): Promise<void> {
  await getWebhook(tables, principal, id);
  mustWrite(principal);
  await tables.deleteFrom('webhook').where('id', '=', id).execute();
}

/** Newest first; one more than the limit where there are more. */
export function listWebhooks(tables: Tables, principal: Principal, request: PageRequest): Promise<WebhookTable[]> {
  return tables
    .selectFrom('webhook')
    .selectAll()
    .where(listedFor('webhook', principal))
    .where(inPage('created_at', 'id', request))
    .orderBy('created_at', request.order)
    .orderBy('id', request.order)
    .limit(request.limit + 1)
    .execute();
}
