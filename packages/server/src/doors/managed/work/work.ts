import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { App, AppEnv } from '../../../app-env.ts';
import { mustWrite } from '../../../auth/ownership.ts';
import type { Principal } from '../../../auth/principal.ts';
import { workSecret } from '../../../auth/worker-credentials.ts';
import { HttpError } from '../../../http/http-error.ts';
import { pageFields, pageRequest, toPage } from '../../../http/page.ts';
import { parse } from '../../../http/parse.ts';
import { parseQuery, wholeNumber } from '../../../http/query.ts';
import { readBytes, readJson } from '../../../http/read-json.ts';
import { getEnvironment } from '../../../resources/environments/environments.ts';
import { MetadataPatch, patchMetadata } from '../../../resources/metadata.ts';
import { getItem, listItems, openItems } from '../../../resources/work/work-items.ts';
import { acknowledge, heartbeat, stopWork } from '../../../resources/work/work-lease.ts';
import { iso, metadataOf, toWorkObject } from '../../../resources/work/work-object.ts';

const MAX_BODY_BYTES = 65_536;
const MAX_BLOCK_MS = 999;
const DEFAULT_RECLAIM_MS = 5_000;
const MAX_RECLAIM_MS = 86_400_000;
const MAX_TTL_SECONDS = 86_400;
const WORKER_ID = /^[\x20-\x7e]{1,200}$/;

const PollQuery = z.strictObject({
  block_ms: wholeNumber(1, MAX_BLOCK_MS).optional(),
  reclaim_older_than_ms: wholeNumber(0, MAX_RECLAIM_MS).default(DEFAULT_RECLAIM_MS),
});
const HeartbeatQuery = z.strictObject({
  expected_last_heartbeat: z.string().max(100).optional(),
  desired_ttl_seconds: wholeNumber(1, MAX_TTL_SECONDS).optional(),
});
const ListQuery = z.strictObject(pageFields);
const NoQuery = z.strictObject({});
const StopBody = z.strictObject({ force: z.boolean().nullish() });
const UpdateBody = z.strictObject({ metadata: MetadataPatch });

/** `/v1/environments/{id}/work`: what the workers of a self-hosted environment take, keep and give back. */
export function addWork(hono: Hono<AppEnv>, app: App): void {
  hono.get('/v1/environments/:id/work/poll', async (c) => {
    const query = parseQuery(PollQuery, c.req.raw);
    // To take work is to change something, whatever the method.
    const environment = await environmentOf(app, c, { toWrite: true });
    const worker = c.req.header('anthropic-worker-id');
    const next = await app.work.poll(environment, {
      waitMs: query.block_ms ?? 0,
      reclaimOlderThanMs: query.reclaim_older_than_ms,
      worker: worker !== undefined && WORKER_ID.test(worker) ? worker : undefined,
      signal: AbortSignal.any([c.req.raw.signal, app.closing]),
    });
    return c.json(next === undefined ? null : toWorkObject(next.row, workSecret(next.token)));
  });

  hono.get('/v1/environments/:id/work/stats', async (c) => {
    parseQuery(NoQuery, c.req.raw);
    const environment = await environmentOf(app, c);
    await app.work.settle(environment);
    const queued = (await openItems(await app.tables(), environment)).filter(({ state }) => state === 'queued');
    return c.json({
      type: 'work_queue_stats',
      depth: queued.filter(({ polled_at }) => polled_at === null).length,
      pending: queued.filter(({ polled_at }) => polled_at !== null).length,
      oldest_queued_at: iso(queued[0]?.created_at ?? null),
      workers_polling: app.work.workersOf(environment),
    });
  });

  hono.get('/v1/environments/:id/work', async (c) => {
    const environment = await environmentOf(app, c);
    const request = pageRequest(parseQuery(ListQuery, c.req.raw), { list: `work ${environment}`, order: 'desc' });
    await app.work.settle(environment);
    const rows = await listItems(await app.tables(), environment, request);
    return c.json(
      toPage(request, rows, {
        placeOf: ({ created_at, id }) => [created_at, id],
        toObject: (row) => toWorkObject(row),
      }),
    );
  });

  hono.get('/v1/environments/:id/work/:work', async (c) => {
    const environment = await environmentOf(app, c);
    await app.work.settle(environment);
    return c.json(toWorkObject(await getItem(await app.tables(), environment, c.req.param('work'))));
  });

  hono.post('/v1/environments/:id/work/:work', async (c) => {
    const { metadata } = parse(UpdateBody, await readJson(c.req.raw, MAX_BODY_BYTES));
    const environment = await environmentOf(app, c, { toWrite: true });
    const tables = await app.tables();
    const item = await getItem(tables, environment, c.req.param('work'));
    const patched = JSON.stringify(patchMetadata(metadataOf(item), metadata));
    const row = await tables
      .updateTable('work')
      .set({ metadata: patched })
      .where('id', '=', item.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return c.json(toWorkObject(row));
  });

  addLease(hono, app);
}

/** What the worker of an item calls. */
function addLease(hono: Hono<AppEnv>, app: App): void {
  hono.post('/v1/environments/:id/work/:work/ack', async (c) => {
    const environment = await environmentOf(app, c, { toWrite: true });
    return c.json(toWorkObject(await acknowledge(app.work, { environment, id: c.req.param('work') })));
  });

  hono.post('/v1/environments/:id/work/:work/heartbeat', async (c) => {
    const query = parseQuery(HeartbeatQuery, c.req.raw);
    const environment = await environmentOf(app, c, { toWrite: true });
    const named = { environment, id: c.req.param('work') };
    const o = { expected: query.expected_last_heartbeat, ttlSeconds: query.desired_ttl_seconds };
    const lease = await heartbeat(app.work, named, o);
    return c.json({ type: 'work_heartbeat', ...lease, last_heartbeat: lease.last_heartbeat ?? '' });
  });

  hono.post('/v1/environments/:id/work/:work/stop', async (c) => {
    const isEmpty = (await readBytes(c.req.raw, MAX_BODY_BYTES)).length === 0;
    const { force } = isEmpty ? {} : parse(StopBody, await readJson(c.req.raw, MAX_BODY_BYTES));
    const environment = await environmentOf(app, c, { toWrite: true });
    const by = c.get('principal').via === 'worker' ? 'worker' : 'user';
    const row = await stopWork(app.work, { environment, id: c.req.param('work') }, { force: force === true, by });
    return c.json(toWorkObject(row));
  });
}

/** The id of the environment, once it is known to be the principal's and one of workers. @throws HttpError 404, 403, 400 */
async function environmentOf(app: App, c: Context<AppEnv>, o: { toWrite?: true } = {}): Promise<string> {
  const principal: Principal = c.get('principal');
  const { id, config } = await getEnvironment(await app.tables(), principal, c.req.param('id') ?? '');
  if (o.toWrite === true) mustWrite(principal);
  if (config.type === 'self_hosted') return id;
  throw new HttpError(
    400,
    `The environment ${id} is ${config.type}: the server runs its tools, and it has no work for workers`,
    {
      details: { error_code: 'environment_not_self_hosted' },
    },
  );
}
