import type { ExchangeState } from '../exchange/context.ts';
import { answerEntry } from './answer-entry.ts';
import { LIFE_MS, type Batch, type BatchEntry } from './batch.ts';

const AT_ONCE = 1000;

// Taken at load: fake timers that a test installs later do not hold batches up.
const { setImmediate } = globalThis;

/**
 * The batches of all workspaces. Their requests are answered one after another, `requestMs` apart by the emulator's clock, and
 * nothing runs in between: what has become due is answered when the next exchange begins. So it holds no timer, and the
 * same exchanges at the same times have the same results.
 */
export class BatchQueue {
  readonly requestMs: number;
  readonly #batches = new Map<string, Batch>();
  #working: Promise<void> = Promise.resolve();

  /** @param requestMs 0: all are due at once. @throws RangeError when it is negative or no number. */
  constructor(requestMs = 0) {
    if (!(Number.isFinite(requestMs) && requestMs >= 0))
      throw new RangeError(`batchRequestMs must be a number of at least 0, not ${requestMs}`);
    this.requestMs = requestMs;
  }

  add(
    o: Pick<Batch, 'id' | 'context' | 'createdAtMs'> & { requests: readonly { customId: string; params: unknown }[] },
  ): Batch {
    const { id, context, createdAtMs, requests } = o;
    const entries = requests.map(({ customId, params }, index) => ({
      customId,
      params,
      dueAtMs: createdAtMs + (index + 1) * this.requestMs,
      isTaken: false,
      result: undefined,
    }));
    const expiresAtMs = createdAtMs + LIFE_MS;
    const batch = { id, context, createdAtMs, expiresAtMs, cancelAtMs: undefined, endedAtMs: undefined, entries };
    this.#batches.set(id, batch);
    return batch;
  }

  get(id: string, workspaceId: string): Batch | undefined {
    const batch = this.#batches.get(id);
    return batch?.context.caller.workspaceId === workspaceId ? batch : undefined;
  }

  /** The batches of a workspace, newest first. */
  list(workspaceId: string): Batch[] {
    return [...this.#batches.values()].filter(({ context }) => context.caller.workspaceId === workspaceId).toReversed();
  }

  delete(batch: Batch): void {
    this.#batches.delete(batch.id);
  }

  /** Gives up what has not begun. The one request whose time is running is still answered, unless all are due at once. */
  cancel(batch: Batch, nowMs: number): void {
    batch.cancelAtMs ??= nowMs;
    for (const entry of batch.entries) {
      const hasBegun = this.requestMs > 0 && entry.dueAtMs - this.requestMs < nowMs;
      if (!hasBegun && !entry.isTaken) settle(entry, { type: 'canceled' });
    }
  }

  /**
   * Begins to answer what is due, in the order in which it became so, and returns; see `settled`. Of a large batch the first
   * thousand are begun at once, the rest in between other exchanges.
   */
  advance(nowMs: number, state: ExchangeState): void {
    if (this.#batches.size === 0) return;
    const open = [...this.#batches.values()].filter(({ endedAtMs }) => endedAtMs === undefined);
    if (open.length === 0) return;
    const due = open
      .flatMap((batch) =>
        batch.entries.filter((entry) => isDue(entry, batch, nowMs)).map((entry) => ({ batch, entry })),
      )
      .toSorted((a, b) => a.entry.dueAtMs - b.entry.dueAtMs);
    for (const { entry } of due) entry.isTaken = true;
    const answering = answerAll(due, state);
    const before = this.#working;
    this.#working = Promise.all([before, answering]).then(() => {
      for (const batch of open) finish(batch, nowMs);
    });
    // Whoever asks for a batch awaits `settled` and is told; nobody else is disturbed by a failure.
    this.#working.catch(() => undefined);
  }

  /** Resolves when everything that was due has its result. */
  settled(): Promise<void> {
    return this.#working;
  }
}

async function answerAll(due: readonly { batch: Batch; entry: BatchEntry }[], state: ExchangeState): Promise<void> {
  for (let from = 0; from < due.length; from += AT_ONCE) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    const answers = due
      .slice(from, from + AT_ONCE)
      .map(async ({ batch, entry }) => settle(entry, await answerEntry(entry, batch, state)));
    await Promise.all(answers);
  }
}

function isDue(entry: BatchEntry, batch: Batch, nowMs: number): boolean {
  return !entry.isTaken && entry.result === undefined && entry.dueAtMs <= Math.min(nowMs, batch.expiresAtMs);
}

function settle(entry: BatchEntry, result: NonNullable<BatchEntry['result']>): void {
  entry.result ??= result;
  entry.params = undefined;
}

/** Ends a batch whose requests all have their results, or whose time is over. */
function finish(batch: Batch, nowMs: number): void {
  if (batch.endedAtMs !== undefined) return;
  if (nowMs >= batch.expiresAtMs) {
    for (const entry of batch.entries) if (!entry.isTaken) settle(entry, { type: 'expired' });
  }
  if (batch.entries.some(({ result }) => result === undefined)) return;
  const ends = batch.entries.map(({ result, dueAtMs }) => {
    if (result?.type === 'canceled') return batch.cancelAtMs ?? 0;
    return result?.type === 'expired' ? batch.expiresAtMs : dueAtMs;
  });
  batch.endedAtMs = ends.reduce((latest, end) => Math.max(latest, end), 0);
}
