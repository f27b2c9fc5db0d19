import type { AllowedHost } from 'colloquy/internal';
import type { Tables } from '../../store/tables.ts';
import { type Posted, postWebhook } from './post-webhook.ts';

const MAX_AT_ONCE = 8;
/** Of these to one webhook, so that a slow one does not keep the others waiting. */
const MAX_AT_ONCE_EACH = 2;
/** Failures in a row, over all messages of a webhook, after which it is switched off. */
const MAX_FAILURES = 20;
/** How long a message that is on its way belongs to this process; longer than a post takes. */
const CLAIM_MS = 60_000;
const MINUTE_MS = 60_000;
/** After which failure of a message comes which wait; after the last, the message is given up. */
const WAITS_MS: readonly number[] = [
  5_000,
  30_000,
  ...[2, 10, 30, 60, 120, 240, 480, 720, 1_440].map((n) => n * MINUTE_MS),
];

type Due = { id: number; webhook: string; event: string; body: string; attempts: number; url: string; secret: string };

/** Sends what is due, oldest first, a bounded number at once. What is not sent stays in the queue, whatever becomes of this process. */
export class Deliveries {
  readonly #tables: () => Promise<Tables>;
  readonly #allowed: readonly AllowedHost[];
  readonly #signal: AbortSignal;
  readonly #onError: (error: unknown) => void;
  readonly #sending = new Map<number, { webhook: string; done: Promise<void> }>();

  constructor(o: {
    tables: () => Promise<Tables>;
    allowed: readonly AllowedHost[];
    signal: AbortSignal;
    onError: (error: unknown) => void;
  }) {
    this.#tables = o.tables;
    this.#allowed = o.allowed;
    this.#signal = o.signal;
    this.#onError = o.onError;
  }

  /** Begins to send what is due now; does not wait for it. */
  async begin(): Promise<void> {
    const tables = await this.#tables();
    while (!this.#signal.aborted && this.#sending.size < MAX_AT_ONCE) {
      const due = await claimNext(tables, this.#busyWebhooks());
      if (due === undefined) return;
      const done = this.#send(tables, due)
        .catch(this.#onError)
        .then(() => {
          this.#sending.delete(due.id);
          // Its place is free: there may be more.
          if (!this.#signal.aborted) void this.begin().catch(this.#onError);
        });
      this.#sending.set(due.id, { webhook: due.webhook, done });
    }
  }

  /** Waits for what is on its way. */
  async settled(): Promise<void> {
    await Promise.all([...this.#sending.values()].map(({ done }) => done));
  }

  #busyWebhooks(): string[] {
    const counts = new Map<string, number>();
    for (const { webhook } of this.#sending.values()) counts.set(webhook, (counts.get(webhook) ?? 0) + 1);
    return [...counts].filter(([, count]) => count >= MAX_AT_ONCE_EACH).map(([webhook]) => webhook);
  }

  async #send(tables: Tables, due: Due): Promise<void> {
    let posted: Posted;
    try {
      posted = await postWebhook(due, { allowed: this.#allowed, signal: this.#signal });
    } catch (error) {
      if (!this.#signal.aborted) throw error;
      // The server closes; the next one sends it.
      await tables.updateTable('webhook_delivery').set({ next_at: Date.now() }).where('id', '=', due.id).execute();
      return;
    }
    if (posted.problem === undefined) await noteTaken(tables, due);
    else await noteFailure(tables, due, posted.problem);
  }
}

/** The next message that is due, for this process alone for a while. */
async function claimNext(tables: Tables, busy: readonly string[]): Promise<Due | undefined> {
  for (;;) {
    const now = Date.now();
    const due = await tables
      .selectFrom('webhook_delivery')
      .innerJoin('webhook', 'webhook.id', 'webhook_delivery.webhook')
      .select([
        'webhook_delivery.id',
        'webhook_delivery.webhook',
        'webhook_delivery.event',
        'webhook_delivery.body',
        'webhook_delivery.attempts',
        'webhook_delivery.next_at',
        'webhook.url',
        'webhook.secret',
      ])
      .where('webhook_delivery.next_at', '<=', now)
      .where('webhook.disabled_reason', 'is', null)
      .where('webhook.id', 'not in', busy.length === 0 ? [''] : busy)
      .orderBy('webhook_delivery.next_at')
      .orderBy('webhook_delivery.id')
      .executeTakeFirst();
    if (due === undefined) return undefined;
    const { numUpdatedRows } = await tables
      .updateTable('webhook_delivery')
      .set({ next_at: now + CLAIM_MS })
      .where('id', '=', due.id)
      .where('next_at', '=', due.next_at)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows > 0n) return due;
  }
}

async function noteTaken(tables: Tables, { id, webhook }: Due): Promise<void> {
  await tables.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('webhook_delivery').where('id', '=', id).execute();
    await transaction.updateTable('webhook').set({ failures: 0 }).where('id', '=', webhook).execute();
  });
}

async function noteFailure(tables: Tables, { id, webhook, attempts }: Due, problem: string): Promise<void> {
  await tables.transaction().execute(async (transaction) => {
    const wait = WAITS_MS[attempts];
    if (wait === undefined) {
      await transaction.deleteFrom('webhook_delivery').where('id', '=', id).execute();
    } else {
      await transaction
        .updateTable('webhook_delivery')
        .set({ attempts: attempts + 1, next_at: Date.now() + wait })
        .where('id', '=', id)
        .execute();
    }
    await transaction
      .updateTable('webhook')
      .set((eb) => ({ failures: eb('failures', '+', 1) }))
      .where('id', '=', webhook)
      .execute();
    await transaction
      .updateTable('webhook')
      .set({ disabled_reason: `${MAX_FAILURES} failures in a row, at last: ${problem}` })
      .where('id', '=', webhook)
      .where('failures', '>=', MAX_FAILURES)
      .where('disabled_reason', 'is', null)
      .execute();
  });
}
