import { ConfigurationError, SessionBusyError, SessionNotFoundError } from '../../errors.ts';
import { placeOfUuid } from '../../helpers/derived-uuid.ts';
import type { Entry } from '../../log/entries.ts';
import { describeOwner, newOwner } from '../../log/owner.ts';
import type { SessionRow, Store } from '../../log/store.ts';
import { toTranscript } from '../../views/to-transcript.ts';
import type { SDKSessionInfo, SessionFunctions, SessionMessage } from '../engine.ts';
import { copySession } from './copy-session.ts';
import { backupFolder } from './file-backups.ts';

const PAGE = 1_000;
const DELETE_LEASE_MS = 10_000;

/** The stored sessions of a store. */
export function sessionFunctions(store: Store): SessionFunctions {
  return {
    list: async ({ dir, limit, offset } = {}) => (await store.sessions.list({ cwd: dir, limit, offset })).map(toInfo),
    get: async (id) => {
      const row = await store.sessions.get(id);
      return row === undefined ? undefined : toInfo(row);
    },
    messages: async (id, { limit, offset = 0 } = {}) => {
      const messages = toTranscript(id, await readAll(store, id)).map((message): SessionMessage => ({
        type: message.type,
        uuid: message.uuid ?? '',
        session_id: id,
        message: message.message,
        parent_tool_use_id: message.parent_tool_use_id,
      }));
      return messages.slice(offset, limit === undefined ? undefined : offset + limit);
    },
    fork: async (id, { upToMessageId, title, sessionId } = {}) => {
      const upTo = upToMessageId === undefined ? undefined : await placeOf(store, id, upToMessageId);
      return { sessionId: await copySession(store, id, { id: sessionId, title, upTo }) };
    },
    rename: async (id, title) =>
      void (await store.sessions.patch(id, { title: words(title, 'The title of a session') })),
    tag: async (id, tag) =>
      void (await store.sessions.patch(id, {
        tag: tag === null ? null : words(tag, 'A tag, unless it is null to remove it,'),
      })),
    delete: async (id) => {
      const row = await store.sessions.get(id);
      if (row === undefined) throw new SessionNotFoundError(id);
      const lease = await store.claim(id, newOwner(), DELETE_LEASE_MS);
      if (lease === undefined) throw new SessionBusyError(id, describeOwner(row.owner ?? 'another process'));
      try {
        // The session last: as long as it is there, whoever is interrupted here can do it again.
        const { folder, isTemporary } = backupFolder(store, id);
        if (!isTemporary) await folder.remove();
        await store.sessions.delete(id);
      } finally {
        await lease.release();
      }
    },
  };
}

function words(given: string, what: string): string {
  const trimmed = given.trim();
  if (trimmed === '') throw new ConfigurationError(`${what} must not be empty`);
  return trimmed;
}

function toInfo(row: SessionRow): SDKSessionInfo {
  return {
    sessionId: row.id,
    summary: row.title ?? row.lastPrompt ?? row.firstPrompt ?? '',
    lastModified: Date.parse(row.updatedAt),
    createdAt: Date.parse(row.createdAt),
    cwd: row.cwd,
    ...(row.title === undefined ? {} : { customTitle: row.title }),
    ...(row.firstPrompt === undefined ? {} : { firstPrompt: row.firstPrompt }),
    ...(row.tag === undefined ? {} : { tag: row.tag }),
  };
}

async function readAll(store: Store, id: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (;;) {
    const page = await store.read(id, { after: entries.at(-1)?.seq ?? 0, limit: PAGE });
    if (page.length === 0) return entries;
    entries.push(...page);
  }
}

/** The place of a message: prompts have the uuid they were given, all others one that tells it. */
async function placeOf(store: Store, id: string, uuid: string): Promise<number> {
  const place = placeOfUuid(id, uuid);
  if (place !== undefined) return place.seq;
  const prompt = (await readAll(store, id)).find((entry) => entry.kind === 'prompt' && entry.uuid === uuid);
  if (prompt === undefined) throw new SessionNotFoundError(`${id}, or no message ${uuid} in it`);
  return prompt.seq;
}
