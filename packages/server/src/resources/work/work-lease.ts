import { HttpError } from '../../http/http-error.ts';
import type { WorkTable } from '../../store/resource-tables.ts';
import { changeItem, getItem, START_LEASE_MS, stopped } from './work-items.ts';
import { iso, toLease } from './work-object.ts';
import type { WorkQueue } from './work-queue.ts';

const MIN_TTL_SECONDS = 5;
const MAX_TTL_SECONDS = 300;
/** What the first heartbeat of a worker expects. */
const NO_HEARTBEAT = 'NO_HEARTBEAT';

type Named = { environment: string; id: string };

/** A worker has got an item: `queued` → `starting`. @throws HttpError 404, 409 for one that is not to be taken */
export async function acknowledge(queue: WorkQueue, { environment, id }: Named): Promise<WorkTable> {
  const tables = await queue.o.tables();
  for (;;) {
    const item = await getItem(tables, environment, id);
    if (item.state !== 'queued' || item.polled_at === null) {
      throw new HttpError(409, `The work ${id} is ${item.state}, and not to be acknowledged by whoever asks`, {
        details: { error_code: 'work_not_queued' },
      });
    }
    const now = Date.now();
    const lease = { acknowledged_at: now, lease_until: now + START_LEASE_MS };
    const row = await changeItem(tables, item, { state: 'starting', ...lease });
    if (row === undefined) continue;
    await queue.extendToken(row);
    return row;
  }
}

/**
 * The worker of an item says that it is there. The first one makes the item `active`; one for an item that is to stop, or is over, is
 * told so, and keeps nothing.
 * @throws HttpError 404, 412 for whoever does not know the heartbeat before: the item is another's
 */
export async function heartbeat(
  queue: WorkQueue,
  { environment, id }: Named,
  o: { expected: string | undefined; ttlSeconds: number | undefined },
): Promise<ReturnType<typeof toLease>> {
  const tables = await queue.o.tables();
  for (;;) {
    const item = await getItem(tables, environment, id);
    if (item.state === 'stopping' || item.state === 'stopped') return toLease(item, false);
    if (item.state === 'queued' || !isExpected(item, o.expected)) throw lost(item);
    const now = Math.max(Date.now(), (item.latest_heartbeat_at ?? 0) + 1);
    const standing = await queue.o.standingOf(item.session);
    if (standing === undefined || standing.isEnded) {
      const stopping = await changeItem(tables, item, { state: 'stopping', stop_requested_at: now });
      if (stopping !== undefined) return toLease(stopping, false);
      continue;
    }
    const ttl_seconds =
      o.ttlSeconds === undefined
        ? queue.o.leaseSeconds
        : Math.min(Math.max(o.ttlSeconds, MIN_TTL_SECONDS), MAX_TTL_SECONDS);
    const row = await changeItem(tables, item, {
      state: 'active',
      started_at: item.started_at ?? now,
      latest_heartbeat_at: now,
      lease_until: now + ttl_seconds * 1_000,
      ttl_seconds,
    });
    if (row === undefined) continue;
    await queue.extendToken(row);
    return toLease(row, true);
  }
}

/**
 * Ends an item. One that a worker is at is asked to stop, which that worker hears with its next heartbeat; with `force`, and where there
 * is no such worker, it is over at once, and its token with it.
 * @param o.by a worker gives the session up: it is queued again if there is something left to do. Where a person has stopped its work,
 *   it waits until it is given something.
 * @throws HttpError 404, 409 when it is over
 */
export async function stopWork(
  queue: WorkQueue,
  { environment, id }: Named,
  o: { force: boolean; by: 'worker' | 'user' },
): Promise<WorkTable> {
  const tables = await queue.o.tables();
  for (;;) {
    const item = await getItem(tables, environment, id);
    if (item.state === 'stopped') {
      throw new HttpError(409, `The work ${id} is stopped already`, { details: { error_code: 'work_stopped' } });
    }
    const isGraceful = !o.force && (item.state === 'active' || item.state === 'stopping');
    if (isGraceful && item.state === 'stopping') return item;
    const change = isGraceful
      ? { state: 'stopping' as const, stop_requested_at: Date.now(), stopped_by: o.by }
      : stopped(item.stopped_by ?? o.by, item);
    const row = await changeItem(tables, item, change);
    if (row === undefined) continue;
    if (row.state === 'stopped') {
      await queue.o.tokens.revoke(id);
      await queue.o.endStreams();
      if (o.by === 'worker') await queue.queue(row.session, { anew: false });
    }
    return row;
  }
}

function isExpected({ latest_heartbeat_at }: WorkTable, expected: string | undefined): boolean {
  return expected === undefined || expected === (iso(latest_heartbeat_at) ?? NO_HEARTBEAT);
}

function lost(item: WorkTable): HttpError {
  return new HttpError(412, 'expected_last_heartbeat: the work is not with this worker, or not any longer', {
    details: { error_code: 'heartbeat_precondition_failed', current_state: toLease(item, false) },
  });
}
