import type { Principal } from '../auth/principal.ts';

/** Somebody who has a session's stream open. */
export type Viewer = {
  name: string;
  role: Principal['role'];
  door: 'sse' | 'websocket' | 'managed';
  /** ISO 8601 in UTC. */
  since: string;
};

/** Who looks on at which session, in this process: as many entries as there are open streams. */
export class Viewers {
  readonly #of = new Map<string, Set<Viewer>>();
  readonly #onChange: (session: string) => void;

  /** @param onChange told of a session whose viewers have changed. */
  constructor(onChange: (session: string) => void) {
    this.#onChange = onChange;
  }

  /** Notes a stream that begins; the answer, called once or more, notes its end. */
  enter(session: string, { name, role }: Principal, door: Viewer['door']): () => void {
    const viewer: Viewer = { name, role, door, since: new Date().toISOString() };
    const viewers = this.#of.get(session) ?? new Set();
    this.#of.set(session, viewers.add(viewer));
    this.#onChange(session);
    return () => {
      if (!viewers.delete(viewer)) return;
      if (viewers.size === 0) this.#of.delete(session);
      this.#onChange(session);
    };
  }

  /** Longest first. */
  of(session: string): Viewer[] {
    return [...(this.#of.get(session) ?? [])];
  }
}
