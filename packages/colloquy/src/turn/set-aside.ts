import { untilAborted } from '../helpers/until-aborted.ts';
import type { SessionFeed } from '../log/session-feed.ts';

/** What the open requests of a session may still cost, so that those that run beside each other do not pass the budget together. */
class SetAside {
  usd = 0;
  #changed = Promise.withResolvers<void>();

  /** Sets an amount aside, until it is disposed of: what was really spent is in the log then, or never will be. */
  hold(usd: number): Disposable {
    let held = usd;
    this.usd += held;
    return {
      [Symbol.dispose]: () => {
        if (held === 0) return;
        this.usd -= held;
        held = 0;
        const { resolve } = this.#changed;
        this.#changed = Promise.withResolvers();
        resolve();
      },
    };
  }

  /** Resolves when something set aside is free again. @throws the signal's reason */
  freed(signal: AbortSignal): Promise<void> {
    return untilAborted(this.#changed.promise, signal);
  }
}

const bySession = new WeakMap<SessionFeed, SetAside>();

export function setAsideOf({ feed }: { feed: SessionFeed }): SetAside {
  const known = bySession.get(feed) ?? new SetAside();
  bySession.set(feed, known);
  return known;
}
