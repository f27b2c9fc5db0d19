import type { SessionKey, SessionStore, SessionStoreEntry } from '../options/session-store.ts';

type Kept = { key: SessionKey; entries: SessionStoreEntry[]; changedAtMs: number };

/** A store of sessions that forgets everything with this process: for tests, and to see what a store is told. */
export class InMemorySessionStore implements SessionStore {
  readonly #kept = new Map<string, Kept>();

  async append(key: SessionKey, entries: SessionStoreEntry[]): Promise<void> {
    const kept = this.#kept.get(nameOf(key)) ?? { key: { ...key }, entries: [], changedAtMs: 0 };
    const known = new Set(kept.entries.map(({ uuid }) => uuid));
    // Of its own: what the caller changes later was not kept.
    for (const entry of structuredClone(entries)) {
      if (entry.uuid !== undefined && known.has(entry.uuid)) continue;
      known.add(entry.uuid);
      kept.entries.push(entry);
    }
    this.#kept.set(nameOf(key), { ...kept, changedAtMs: Date.now() });
  }

  async load(key: SessionKey): Promise<SessionStoreEntry[] | null> {
    const kept = this.#kept.get(nameOf(key));
    return kept === undefined ? null : structuredClone(kept.entries);
  }

  async listSessions(projectKey: string): Promise<{ sessionId: string; mtime: number }[]> {
    return this.#sessions()
      .filter(({ key }) => key.projectKey === projectKey)
      .map(({ key, changedAtMs }) => ({ sessionId: key.sessionId, mtime: changedAtMs }));
  }

  /** Without a subpath the session with all its parts. */
  async delete(key: SessionKey): Promise<void> {
    for (const [name, kept] of this.#kept) {
      const isOf = kept.key.projectKey === key.projectKey && kept.key.sessionId === key.sessionId;
      if (isOf && (key.subpath === undefined || kept.key.subpath === key.subpath)) this.#kept.delete(name);
    }
  }

  async listSubkeys(key: { projectKey: string; sessionId: string }): Promise<string[]> {
    return [...this.#kept.values()].flatMap(({ key: { projectKey, sessionId, subpath } }) =>
      projectKey === key.projectKey && sessionId === key.sessionId && subpath !== undefined ? [subpath] : [],
    );
  }

  /** The entries of a transcript, for tests. */
  getEntries(key: SessionKey): SessionStoreEntry[] {
    return structuredClone(this.#kept.get(nameOf(key))?.entries ?? []);
  }

  /** How many sessions it keeps. */
  get size(): number {
    return this.#sessions().length;
  }

  clear(): void {
    this.#kept.clear();
  }

  #sessions(): Kept[] {
    return [...this.#kept.values()].filter(({ key }) => key.subpath === undefined);
  }
}

const nameOf = ({ projectKey, sessionId, subpath }: SessionKey): string =>
  JSON.stringify([projectKey, sessionId, subpath ?? null]);
