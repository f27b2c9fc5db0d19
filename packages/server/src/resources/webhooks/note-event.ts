import type { Tables } from '../../store/tables.ts';
import { uuidFrom, uuidToId } from '../ids.ts';
import { type Happened, webhookBody } from './webhook-events.ts';

/**
 * Puts an event into the queues of the webhooks that want it. Called in the transaction that makes it true, so that a kill loses
 * neither or both.
 */
export async function noteEvent(transaction: Tables, happened: Happened): Promise<void> {
  const { type, owner, id, at, key } = happened;
  const webhooks = await transaction
    .selectFrom('webhook')
    .select(['id', 'events'])
    .where((eb) => eb.or([eb('owner', '=', owner), eb('all_users', '=', 1)]))
    .where('disabled_reason', 'is', null)
    // What was before it is not its.
    .where('created_at', '<=', at)
    .execute();
  const event = uuidToId('event', uuidFrom(id, `${type} ${key}`));
  const now = Date.now();
  for (const webhook of webhooks) {
    const events = webhook.events.split(' ');
    if (webhook.events !== '' && !events.includes(type)) continue;
    const body = webhookBody(event, type, id, at);
    await transaction
      .insertInto('webhook_delivery')
      .values({ webhook: webhook.id, event, body, attempts: 0, next_at: now, created_at: now })
      .execute();
  }
}
