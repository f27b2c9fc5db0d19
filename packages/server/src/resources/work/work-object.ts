import type { WorkTable } from '../../store/resource-tables.ts';
import { uuidToId } from '../ids.ts';
import { type Metadata, MetadataInput } from '../metadata.ts';

/** An item of work as it is answered: every key is there. The secret is told with a hand-out, and nowhere else. */
export function toWorkObject(row: WorkTable, secret: string | null = null) {
  return {
    id: row.id,
    type: 'work',
    environment_id: row.environment,
    data: { type: 'session', id: uuidToId('sesn', row.session) },
    state: row.state,
    secret,
    metadata: metadataOf(row),
    created_at: iso(row.created_at),
    acknowledged_at: iso(row.acknowledged_at),
    started_at: iso(row.started_at),
    latest_heartbeat_at: iso(row.latest_heartbeat_at),
    stop_requested_at: iso(row.stop_requested_at),
    stopped_at: iso(row.stopped_at),
  } as const;
}

export function metadataOf({ metadata }: Pick<WorkTable, 'metadata'>): Metadata {
  return MetadataInput.parse(JSON.parse(metadata));
}

/** The lease of an item as a heartbeat is answered, or why it is refused. */
export function toLease({ latest_heartbeat_at, state, ttl_seconds }: WorkTable, extended: boolean) {
  return { last_heartbeat: iso(latest_heartbeat_at), lease_extended: extended, state, ttl_seconds };
}

/** RFC 3339; of a heartbeat also what the next one names it by. */
export function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
