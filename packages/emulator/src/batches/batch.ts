import type { Context } from '../exchange/context.ts';

/** What became of one request of a batch. */
export type BatchResult =
  | { type: 'succeeded'; message: unknown }
  | { type: 'errored'; error: unknown }
  | { type: 'canceled' }
  | { type: 'expired' };

/** One request of a batch. */
export type BatchEntry = {
  customId: string;
  /** Let go once the result is there. */
  params: unknown;
  /** When its answer is ready. */
  dueAtMs: number;
  /** Its answer is being made. */
  isTaken: boolean;
  result: BatchResult | undefined;
};

/** A batch with its results. */
export type Batch = {
  id: string;
  /** The exchange that brought it: its headers hold for every request in it. */
  context: Pick<Context, 'version' | 'betas' | 'caller'>;
  createdAtMs: number;
  expiresAtMs: number;
  cancelAtMs: number | undefined;
  /** Set once every request has its result. */
  endedAtMs: number | undefined;
  entries: BatchEntry[];
};

const DAY_MS = 24 * 60 * 60 * 1000;
/** What has no result by then expires. */
export const LIFE_MS = DAY_MS;
/** Results are kept so long from the batch's beginning. */
const ARCHIVED_AFTER_MS = 29 * DAY_MS;

/** Whether the results are gone. */
export function isArchived(batch: Batch, nowMs: number): boolean {
  return nowMs >= batch.createdAtMs + ARCHIVED_AFTER_MS;
}

/** A batch as the API shows it. @param origin of the request, to which `results_url` leads back. */
export function toBatchObject(batch: Batch, { origin, nowMs }: { origin: string; nowMs: number }) {
  const isEnded = batch.endedAtMs !== undefined;
  const archivedAtMs = isArchived(batch, nowMs) ? batch.createdAtMs + ARCHIVED_AFTER_MS : undefined;
  const hasResults = isEnded && archivedAtMs === undefined;
  return {
    id: batch.id,
    type: 'message_batch',
    processing_status: isEnded ? 'ended' : batch.cancelAtMs === undefined ? 'in_progress' : 'canceling',
    request_counts: countsOf(batch),
    created_at: time(batch.createdAtMs),
    expires_at: time(batch.expiresAtMs),
    ended_at: time(batch.endedAtMs),
    cancel_initiated_at: time(batch.cancelAtMs),
    archived_at: time(archivedAtMs),
    results_url: hasResults ? `${origin}/v1/messages/batches/${batch.id}/results` : null,
  };
}

/** All are `processing` until the whole batch has ended. */
function countsOf({ entries, endedAtMs }: Batch): Record<BatchResult['type'] | 'processing', number> {
  const counts = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
  for (const { result } of entries)
    counts[endedAtMs === undefined ? 'processing' : (result?.type ?? 'processing')] += 1;
  return counts;
}

function time(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
