import type { CliLine } from './parse-line.ts';

/** Prompts whose uuid is remembered after their turn: one that is sent again is not asked again. */
const MAX_SETTLED = 10_000;

type State = 'accepted' | 'started' | 'settled';

/** What became of the prompts of a session, as far as Claude Code tells. */
export class PromptBook {
  readonly #states = new Map<string, State>();
  readonly #open = new Set<string>();
  #turnRuns = false;
  #whenIdle: (() => void)[] = [];

  /** No turn runs, and no prompt waits for one. */
  get isIdle(): boolean {
    return !this.#turnRuns && this.#open.size === 0;
  }

  stateOf(uuid: string): State | undefined {
    return this.#states.get(uuid);
  }

  /** Resolves when `isIdle` is true. */
  idle(): Promise<void> {
    return this.isIdle ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  accept(uuid: string): void {
    this.#states.set(uuid, 'accepted');
    this.#open.add(uuid);
  }

  /** It was not accepted after all. */
  forget(uuid: string): void {
    this.#states.delete(uuid);
    this.#open.delete(uuid);
    this.#noticeIdle();
  }

  /** The process has ended: what it had not answered may be sent again. */
  lose(): void {
    for (const uuid of this.#open) this.#states.delete(uuid);
    this.#open.clear();
    this.#turnRuns = false;
    this.#noticeIdle();
  }

  /** Takes note of a message; says whether it tells that a prompt was withdrawn before a turn took it. */
  follow(line: CliLine): 'cancelled' | undefined {
    switch (line.type) {
      case 'system':
        if (line['subtype'] === 'init') this.#turnRuns = true;
        return undefined;
      case 'result':
        return this.#onResult(line['user_message_uuids']);
      case 'command_lifecycle':
        return this.#onLifecycle(line['command_uuid'], line['state']);
      default:
        return undefined;
    }
  }

  #onResult(uuids: unknown): undefined {
    this.#turnRuns = false;
    if (Array.isArray(uuids)) for (const uuid of uuids) this.#settle(uuid);
    this.#noticeIdle();
  }

  #onLifecycle(uuid: unknown, state: unknown): 'cancelled' | undefined {
    if (typeof uuid !== 'string') return undefined;
    const before = this.#states.get(uuid);
    switch (state) {
      case 'started':
        if (before === 'accepted') this.#states.set(uuid, 'started');
        return undefined;
      case 'cancelled':
        this.#settle(uuid);
        // Told of one that was interrupted too, after its result.
        return before === 'accepted' ? 'cancelled' : undefined;
      case 'completed':
        this.#settle(uuid);
        return undefined;
      default:
        return undefined;
    }
  }

  #settle(uuid: unknown): void {
    if (typeof uuid !== 'string' || !this.#open.delete(uuid)) return;
    // Anew, so that the map stays in the order in which they were settled.
    this.#states.delete(uuid);
    this.#states.set(uuid, 'settled');
    if (this.#states.size > MAX_SETTLED) this.#forgetOldest();
    this.#noticeIdle();
  }

  #forgetOldest(): void {
    for (const [uuid, state] of this.#states) {
      if (state !== 'settled') continue;
      this.#states.delete(uuid);
      return;
    }
  }

  #noticeIdle(): void {
    if (!this.isIdle) return;
    for (const resolve of this.#whenIdle) resolve();
    this.#whenIdle = [];
  }
}
