import type { SDKMessage } from '../messages.ts';

/** For the turn that tells the end of an agent to begin. Some ends have none. */
const LAST_TURN_WITHIN_MS = 5_000;

/** Watches the agents that work in the background of a session, each of which has a turn of its own at its end. */
export class BackgroundAgents {
  readonly #onOver: () => void;
  #running = 0;
  #areAwaited = false;
  #timer: NodeJS.Timeout | undefined;

  /** `onOver` is called when they have ended, and no turn has told of it in time. */
  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  /** The last turn has ended, and another will tell of an agent. */
  get areAwaited(): boolean {
    return this.#areAwaited;
  }

  follow(message: SDKMessage): void {
    if (message.type === 'result') this.#areAwaited = this.#running > 0;
    if (message.type !== 'system') return;
    if (message.subtype === 'init') this.close();
    if (message.subtype !== 'background_tasks_changed') return;
    this.#running = message.tasks.filter(({ task_type: type }) => type === 'local_agent').length;
    if (this.#areAwaited && this.#running === 0) this.#timer ??= setTimeout(() => this.#giveUp(), LAST_TURN_WITHIN_MS);
  }

  /** Lets go of the timer. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #giveUp(): void {
    this.#areAwaited = false;
    this.#onOver();
  }
}
