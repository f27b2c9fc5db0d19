import type { Hono } from 'hono';
import { z } from 'zod';
import type { App, AppEnv } from '../../app-env.ts';
import { mustWrite } from '../../auth/ownership.ts';
import { pageFields, pageRequest, toPage } from '../../http/page.ts';
import { parse } from '../../http/parse.ts';
import { parseQuery } from '../../http/query.ts';
import { readJson } from '../../http/read-json.ts';
import { newId } from '../../resources/ids.ts';
import { checkWebhookUrl, postWebhook } from '../../resources/webhooks/post-webhook.ts';
import { WEBHOOK_EVENTS, webhookBody } from '../../resources/webhooks/webhook-events.ts';
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
  switchWebhook,
} from '../../resources/webhooks/webhooks.ts';
import type { WebhookTable } from '../../store/resource-tables.ts';

const MAX_BODY_BYTES = 16_384;

const CreateBody = z.strictObject({
  url: z.string(),
  events: z.array(z.enum(WEBHOOK_EVENTS)).max(WEBHOOK_EVENTS.length).default([]),
  all_users: z.boolean().default(false),
});
const SwitchBody = z.strictObject({ enabled: z.boolean() });
const ListQuery = z.strictObject(pageFields);

/** `/v1/native/webhooks`: make, list, look at, switch, try, delete. */
export function addWebhooks(hono: Hono<AppEnv>, app: App): void {
  hono.post('/v1/native/webhooks', async (c) => {
    mustWrite(c.get('principal'));
    const { url, events, all_users } = parse(CreateBody, await readJson(c.req.raw, MAX_BODY_BYTES));
    await checkWebhookUrl(url, { allowed: app.webhooks.allowed, signal: app.closing });
    const { principal, nonce } = c.var;
    const row = await createWebhook(await app.tables(), principal, { url, events, allUsers: all_users }, nonce);
    c.set('keepAnswer', false);
    return c.json({ ...toObject(row), secret: row.secret }, 201);
  });

  hono.get('/v1/native/webhooks', async (c) => {
    const request = pageRequest(parseQuery(ListQuery, c.req.raw), { list: 'webhooks', order: 'desc' });
    const rows = await listWebhooks(await app.tables(), c.get('principal'), request);
    return c.json(toPage(request, rows, { placeOf: ({ created_at, id }) => [created_at, id], toObject }));
  });

  hono.get('/v1/native/webhooks/:id', async (c) =>
    c.json(toObject(await getWebhook(await app.tables(), c.get('principal'), c.req.param('id')))),
  );

  hono.post('/v1/native/webhooks/:id', async (c) => {
    const { enabled } = parse(SwitchBody, await readJson(c.req.raw, MAX_BODY_BYTES));
    const row = await switchWebhook(await app.tables(), c.get('principal'), c.req.param('id'), enabled);
    app.webhooks.wake();
    return c.json(toObject(row));
  });

  // Sent once, at once, and told what came of it.
  hono.post('/v1/native/webhooks/:id/test', async (c) => {
    const row = await getWebhook(await app.tables(), c.get('principal'), c.req.param('id'));
    mustWrite(c.get('principal'));
    const event = newId('event');
    const body = webhookBody(event, 'webhook.test', row.id, Date.now());
    const { status, problem } = await postWebhook(
      { url: row.url, secret: row.secret, event, body },
      { allowed: app.webhooks.allowed, signal: app.closing },
    );
    return c.json({ delivered: problem === undefined, status: status ?? null, problem: problem ?? null });
  });

  hono.delete('/v1/native/webhooks/:id', async (c) => {
    await deleteWebhook(await app.tables(), c.get('principal'), c.req.param('id'));
    return c.body(null, 204);
  });
}

function toObject({ id, url, events, all_users, failures, disabled_reason, created_at }: WebhookTable) {
  return {
    id,
    type: 'webhook',
    url,
    events: events === '' ? WEBHOOK_EVENTS : events.split(' '),
    all_users: all_users === 1,
    enabled: disabled_reason === null,
    disabled_reason,
    failures,
    created_at: new Date(created_at).toISOString(),
  };
}
