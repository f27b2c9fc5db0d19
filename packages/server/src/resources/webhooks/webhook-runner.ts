import type { AllowedHost } from 'colloquy/internal';
import type { Tables } from '../../store/tables.ts';
import { Deliveries } from './deliveries.ts';

const EVERY_MS = 500;

export type WebhookRunnerOptions = {
  tables: () => Promise<Tables>;
  /** Looks for what has happened, and notes it. Called while there are webhooks. */
  lookForChanges: (signal: AbortSignal) => Promise<void>;
  allowed: readonly AllowedHost[];
  signal: AbortSignal;
  onError: (error: unknown) => void;
};

/** Keeps webhooks told, until the signal: looks for what has happened, and sends what is due. */
export class WebhookRunner {
  readonly #o: WebhookRunnerOptions;
  readonly #deliveries: Deliveries;
  #running: Promise<void> | undefined;
  #isWoken = false;

  constructor(o: WebhookRunnerOptions) {
    this.#o = o;
    this.#deliveries = new Deliveries(o);
    const timer = setInterval(() => this.wake(), EVERY_MS);
    timer.unref();
    o.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  get allowed(): readonly AllowedHost[] {
    return this.#o.allowed;
  }

  /** Something may have happened, or be due. */
  wake(): void {
    if (this.#o.signal.aborted) return;
    this.#isWoken = true;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** Waits for what is at work. */
  async settled(): Promise<void> {
    await this.#running;
    await this.#deliveries.settled();
  }

  /** Whether anybody wants to be told of anything. */
  async isWanted(): Promise<boolean> {
    const tables = await this.#o.tables();
    const first = await tables
      .selectFrom('webhook')
      .select('id')
      .where('disabled_reason', 'is', null)
      .executeTakeFirst();
    return first !== undefined;
  }

  async #run(): Promise<void> {
    try {
      while (this.#isWoken && !this.#o.signal.aborted) {
        this.#isWoken = false;
        if (!(await this.isWanted())) return;
        await this.#o.lookForChanges(this.#o.signal);
        await this.#deliveries.begin();
      }
    } catch (error) {
      this.#o.onError(error);
    }
  }
}
