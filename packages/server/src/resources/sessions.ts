import { randomUUID } from 'node:crypto';
import { type Options, type PermissionModeInput, SessionNotFoundError } from 'colloquy';
import type { Json, SessionRow, Store } from 'colloquy/internal';
import { z } from 'zod';
import type { Workspaces } from './workspaces.ts';

/** Rows read at once where a list is filtered. */
const PAGE = 100;

/** What a session's row says of how it was made. Loose: a newer version may have added to it. */
const Made = z.looseObject({
  door: z.literal('native'),
  /** As given, with the server's model, mode and folder filled in. */
  options: z.looseObject({}),
  /** As set since. */
  settings: z.looseObject({ model: z.string().optional(), permissionMode: z.string().optional() }).default({}),
});

/** A session of this server: its row, and the options to open it with. */
export type StoredSession = {
  row: SessionRow;
  options: Options;
  /** As they are now; undefined where the session has none of its own. */
  model: string | undefined;
  permissionMode: string | undefined;
};

/**
 * The sessions of this server, and the one place that decides which those are: sessions made through it, in a folder it may work in.
 * A store may hold others, of programs with hooks and tools that are not here; to this server they do not exist.
 */
export class Sessions {
  readonly #store: () => Promise<Store>;
  readonly #workspaces: Workspaces;

  constructor(o: { store: () => Promise<Store>; workspaces: Workspaces }) {
    this.#store = o.store;
    this.#workspaces = o.workspaces;
  }

  /** @throws SessionNotFoundError */
  async get(id: string): Promise<StoredSession> {
    const store = await this.#store();
    const row = await store.sessions.get(id);
    const session = row === undefined ? undefined : await this.#toOwn(row);
    if (session === undefined) throw new SessionNotFoundError(id);
    return session;
  }

  /** Newest activity first, from a place in the store's own list; `next` is the place to go on from, if there is more. */
  async list(o: { limit: number; offset: number }): Promise<{ sessions: StoredSession[]; next: number | undefined }> {
    const store = await this.#store();
    const sessions: StoredSession[] = [];
    for (let offset = o.offset; ; offset += PAGE) {
      const rows = await store.sessions.list({ limit: PAGE, offset });
      for (const [index, row] of rows.entries()) {
        const session = await this.#toOwn(row);
        if (session === undefined) continue;
        if (sessions.length === o.limit) return { sessions, next: offset + index };
        sessions.push(session);
      }
      if (rows.length < PAGE) return { sessions, next: undefined };
    }
  }

  /** Makes the row of a new session; durable when it resolves. The folder must have been chosen by `Workspaces`. */
  async create(options: Options & { cwd: string }): Promise<string> {
    const { cwd, title, ...kept } = options;
    const store = await this.#store();
    const { id } = await store.sessions.create({
      id: randomUUID(),
      cwd,
      title,
      data: { door: 'native', options: kept } satisfies z.input<typeof Made>,
    });
    return id;
  }

  async rename(id: string, title: string): Promise<StoredSession> {
    await this.get(id);
    const store = await this.#store();
    await store.sessions.patch(id, { title });
    return this.get(id);
  }

  /** Notes what was set in a running session, so that lists tell it without reading the log. */
  async noteSettings(id: string, settings: { model?: string; permissionMode?: PermissionModeInput }): Promise<void> {
    const { row } = await this.get(id);
    const made = Made.parse(row.data);
    const data: Record<string, Json> = { ...made, settings: { ...made.settings, ...settings } };
    const store = await this.#store();
    await store.sessions.patch(id, { data });
  }

  async #toOwn(row: SessionRow): Promise<StoredSession | undefined> {
    const made = Made.safeParse(row.data);
    if (!made.success || !(await this.#workspaces.contain(row.cwd))) return undefined;
    // Written by `create`; the engine checks them when the session is opened.
    const options = made.data.options as Options;
    const { settings } = made.data;
    return {
      row,
      options: { ...options, cwd: row.cwd },
      model: settings.model ?? options.model,
      permissionMode: settings.permissionMode ?? options.permissionMode,
    };
  }
}
