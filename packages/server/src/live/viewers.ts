import type { Principal } from '../auth/principal.ts';

/** Somebody who has a session's stream open. */
export type Viewer = {
  name: string;
  role: Principal['role'];
  door: 'sse' | 'websocket' | 'managed';
  /** ISO 8601 in UTC. */
  since: string;
};

/** Changes that follow each other faster are told together: each is told to every viewer, with all of them. */
const TELL_EVERY_MS = 250;
/** Of those that are told; with a crowd, telling each of all the others would be most of what is sent. */
const MAX_TOLD = 100;

/** Who looks on at which session, in this process: as many entries as there are open streams. */
export class Viewers {
  readonly #of = new Map<string, Set<Viewer>>();
  readonly #onChange: (session: string, viewers: readonly Viewer[]) => void;
  /** Sessions whose viewers were told just now, and whether they have changed since. */
  readonly #told = new Map<string, { isOld: boolean }>();

  /** @param onChange told of a session whose viewers have changed, with those who look on longest. */
  constructor(onChange: (session: string, viewers: readonly Viewer[]) => void) {
    this.#onChange = onChange;
  }

  /** Notes a stream that begins; the answer, called once or more, notes its end. */
  enter(session: string, { name, role }: Principal, door: Viewer['door']): () => void {
    const viewer: Viewer = { name, role, door, since: new Date().toISOString() };
    const viewers = this.#of.get(session) ?? new Set();
    this.#of.set(session, viewers.add(viewer));
    this.#tell(session);
    return () => {
      if (!viewers.delete(viewer)) return;
      if (viewers.size === 0) this.#of.delete(session);
      this.#tell(session);
    };
  }

  /** Longest first. */
  of(session: string): Viewer[] {
    return [...(this.#of.get(session) ?? [])];
  }
  #tell(session: string): void {
    const before = this.#told.get(session);
    if (before !== undefined) {
      before.isOld = true;
      return;
    }
    const now = { isOld: false };
    this.#told.set(session, now);
    const again = (): void => {
      this.#told.delete(session);
      if (now.isOld) this.#tell(session);
    };
    setTimeout(again, TELL_EVERY_MS).unref();
    this.#onChange(session, this.of(session).slice(0, MAX_TOLD));
  }
}
