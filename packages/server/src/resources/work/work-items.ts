import { type Expression, sql, type SqlBool } from 'kysely';
import { HttpError } from '../../http/http-error.ts';
import type { PageRequest } from '../../http/page.ts';
import { inPage } from '../../store/read-page.ts';
import type { WorkState, WorkTable } from '../../store/resource-tables.ts';
import type { Tables } from '../../store/tables.ts';
import { newId } from '../ids.ts';

// Items of work as rows. Every change says what it expects to find, so that of two at once one is made.

/** What a worker says until it has told of itself; then it is late, and somebody else may have the item. */
export const START_LEASE_MS = 90_000;

const RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** Items that are over are listed for so long. */
const KEEP_STOPPED_MS = 30 * 24 * 3_600_000;

/** @throws HttpError 404 */
export async function getItem(tables: Tables, environment: string, id: string): Promise<WorkTable> {
  const row = await tables
    .selectFrom('work')
    .selectAll()
    .where('id', '=', id)
    .where('environment', '=', environment)
    .executeTakeFirst();
  if (row !== undefined) return row;
  throw new HttpError(404, `There is no work ${id.slice(0, 100)} in this environment`, {
    details: { error_code: 'work_not_found' },
  });
}

/** Newest first; one more than the limit where there are more. */
export function listItems(tables: Tables, environment: string, request: PageRequest): Promise<WorkTable[]> {
  return tables
    .selectFrom('work')
    .selectAll()
    .where('environment', '=', environment)
    .where(inPage('created_at', 'id', request))
    .orderBy('created_at', request.order)
    .orderBy('id', request.order)
    .limit(request.limit + 1)
    .execute();
}

/** Those of an environment that are not over, oldest first. */
export function openItems(tables: Tables, environment: string): Promise<WorkTable[]> {
  return tables
    .selectFrom('work')
    .selectAll()
    .where('environment', '=', environment)
    .where('state', '!=', 'stopped')
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

/** The newest item of a session, over or not. */
export function newestItem(tables: Tables, session: string): Promise<WorkTable | undefined> {
  return tables
    .selectFrom('work')
    .selectAll()
    .where('session', '=', session)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();
}

/**
 * Queues a session, unless it is. Where the last worker gave it up and nothing has happened in it since, the next one gets it later,
 * and later each time.
 */
export async function addItem(
  tables: Tables,
  { session, environment, head, ttl_seconds }: Pick<WorkTable, 'session' | 'environment' | 'head' | 'ttl_seconds'>,
  before: WorkTable | undefined,
): Promise<void> {
  const now = Date.now();
  const isGivenUp = before?.stopped_by === 'worker' && before.head === head;
  const attempts = isGivenUp ? before.attempts + 1 : 0;
  const waitMs = attempts === 0 ? 0 : Math.min(RETRY_MS * 2 ** (attempts - 1), MAX_RETRY_MS);
  const row: WorkTable = {
    id: newId('work'),
    environment,
    session,
    state: 'queued',
    metadata: '{}',
    head,
    attempts,
    available_at: now + waitMs,
    // The order of a session's items, even within a millisecond.
    created_at: Math.max(now, (before?.created_at ?? 0) + 1),
    ...UNTAKEN,
    ttl_seconds,
    stop_requested_at: null,
    stopped_at: null,
    stopped_by: null,
  };
  await tables
    .insertInto('work')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const old = now - KEEP_STOPPED_MS;
  await tables.deleteFrom('work').where('environment', '=', environment).where('stopped_at', '<', old).execute();
}

/** An item that no worker has. */
export const UNTAKEN = {
  polled_at: null,
  acknowledged_at: null,
  started_at: null,
  latest_heartbeat_at: null,
  lease_until: null,
} as const;

/** The oldest item that may be handed out. */
export function nextItem(
  tables: Tables,
  environment: string,
  { reclaimOlderThanMs }: { reclaimOlderThanMs: number },
): Promise<WorkTable | undefined> {
  const now = Date.now();
  return tables
    .selectFrom('work')
    .selectAll()
    .where('environment', '=', environment)
    .where('state', '=', 'queued')
    .where('available_at', '<=', now)
    .where((eb) => eb.or([eb('polled_at', 'is', null), eb('polled_at', '<=', now - reclaimOlderThanMs)]))
    .orderBy('created_at')
    .orderBy('id')
    .executeTakeFirst();
}

/** Changes an item if it is as it was read; undefined when it is not any longer. */
export function changeItem(
  tables: Tables,
  expected: WorkTable,
  change: Partial<WorkTable>,
): Promise<WorkTable | undefined> {
  return tables
    .updateTable('work')
    .set(change)
    .where('id', '=', expected.id)
    .where('state', '=', expected.state)
    .where(same('polled_at', expected.polled_at))
    .where(same('latest_heartbeat_at', expected.latest_heartbeat_at))
    .where(same('lease_until', expected.lease_until))
    .returningAll()
    .executeTakeFirst();
}

/** What it means that an item is over. */
export function stopped(by: WorkTable['stopped_by'], row: WorkTable): Partial<WorkTable> {
  const now = Date.now();
  const state: WorkState = 'stopped';
  return { state, stopped_by: by, stopped_at: now, stop_requested_at: row.stop_requested_at ?? now };
}

/** Of a session that is erased nothing is left but the ids of an item that a worker has, until that one is over. */
export async function forgetWork(tables: Tables, session: string): Promise<void> {
  const ofSession = tables.deleteFrom('work').where('session', '=', session);
  await ofSession.where('state', 'in', ['queued', 'stopped']).execute();
  await tables.updateTable('work').set({ metadata: '{}' }).where('session', '=', session).execute();
}

function same(column: 'polled_at' | 'latest_heartbeat_at' | 'lease_until', value: number | null): Expression<SqlBool> {
  return sql<SqlBool>`${sql.ref(column)} is ${value}`;
}
