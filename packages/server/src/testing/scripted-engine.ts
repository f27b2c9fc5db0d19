import { randomUUID } from 'node:crypto';
import { type Options, SessionNotFoundError } from 'colloquy';
import type { Entry, NewSession, SessionRow, Store } from 'colloquy/internal';
import type { HostEngine } from '../live/session-host.ts';
import { type Deferred, deferred } from './deferred.ts';
import { scriptedSession, type ScriptedSession } from './scripted-session.ts';

/** An engine over sessions that a test scripts. Their rows and logs are the test's to change. */
export type ScriptedEngine = HostEngine & {
  readonly opened: Options[];
  readonly rows: Map<string, SessionRow>;
  readonly logs: Map<string, Entry[]>;
  /** The session of this id that was opened last. */
  session(id: string): ScriptedSession;
  /** Lets `open` reject for an id, or for every one, until undefined is given. */
  failOpening(id: string | '*', error: Error | undefined): void;
  /** Makes the closing of a session wait until the test settles it. */
  holdClosing(id: string): Deferred;
};

/** @param ids sessions that exist, made through the server in its own folder. */
export function scriptedEngine(ids: readonly string[]): ScriptedEngine {
  const opened: Options[] = [];
  const rows = new Map(ids.map((id) => [id, toRow({ id, cwd: process.cwd(), data: { door: 'native', options: {} } })]));
  const logs = new Map<string, Entry[]>();
  const sessions = new Map<string, ScriptedSession>();
  const failures = new Map<string, Error>();
  const store = scriptedStore(rows, logs);

  const session = (id: string): ScriptedSession => {
    const found = sessions.get(id);
    if (found === undefined) throw new Error(`${id} has not been opened`);
    return found;
  };
  return {
    kind: 'api',
    supports: new Set(),
    opened,
    rows,
    logs,
    session,
    store: async () => store,
    async open(options) {
      opened.push(options);
      const id = options.resume ?? randomUUID();
      const failure = failures.get(id) ?? failures.get('*');
      if (failure !== undefined) throw failure;
      if (!rows.has(id)) throw new SessionNotFoundError(id);
      const fresh = scriptedSession(id);
      sessions.set(id, fresh);
      return fresh;
    },
    failOpening(id, error) {
      if (error === undefined) failures.delete(id);
      else failures.set(id, error);
    },
    holdClosing(id) {
      const held = deferred();
      const scripted = session(id);
      const dispose = scripted[Symbol.asyncDispose];
      scripted[Symbol.asyncDispose] = async () => {
        await dispose();
        await held.promise;
      };
      return held;
    },
    // The server's only use of these is to erase a session.
    sessions: { delete: async (id: string) => void rows.delete(id) } as unknown as HostEngine['sessions'],
  };
}

/** The parts of a store that a server uses. */
function scriptedStore(rows: Map<string, SessionRow>, logs: Map<string, Entry[]>): Store {
  const sessions: Store['sessions'] = {
    async create(made) {
      rows.set(made.id, toRow(made));
      return toRow(made);
    },
    get: async (id) => rows.get(id),
    checkpoint: async () => undefined,
    list: async ({ limit = 100, offset = 0, running } = {}) =>
      [...rows.values()].filter((row) => running === undefined || row.running).slice(offset, offset + limit),
    async patch(id, { title, data }) {
      const row = rows.get(id);
      if (row === undefined) throw new SessionNotFoundError(id);
      if (title !== undefined) row.title = title ?? undefined;
      if (data !== undefined) row.data = data;
      return row;
    },
    delete: async (id) => rows.delete(id),
  };
  const read: Store['read'] = async (id, { after, limit = 1_000 }) =>
    (logs.get(id) ?? []).filter(({ seq }) => seq > after).slice(0, limit);
  // The server appends nothing itself: that is its sessions' business.
  return { sessions, read } as unknown as Store;
}

function toRow({ id, cwd, data, title }: NewSession): SessionRow {
  const at = '2026-11-20T10:00:00.000Z';
  return {
    id,
    cwd,
    data: data ?? {},
    title,
    tag: undefined,
    firstPrompt: undefined,
    lastPrompt: undefined,
    createdAt: at,
    updatedAt: at,
    head: 0,
    epoch: 0,
    owner: undefined,
    running: false,
    checkpointSeq: 0,
  };
}
