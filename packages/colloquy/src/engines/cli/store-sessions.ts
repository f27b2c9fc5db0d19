import { randomUUID } from 'node:crypto';
import { ConfigurationError, SessionNotFoundError } from '../../errors.ts';
import { isUuid } from '../../options/option-checks.ts';
import type { SessionKey, SessionStore, SessionStoreEntry } from '../../options/session-store.ts';
import type { SDKSessionInfo, SessionFunctions } from '../engine.ts';
import { forkOf, tagLine, titleLine } from './edit-transcript.ts';
import { historyOf } from './read-transcript.ts';
import { infoFrom } from './transcript-info.ts';
import { page, projectKeyOf } from './transcripts.ts';

const AGENT = /^subagents\/agent-([\w-]+)$/;

/** The session functions, with those that are optional elsewhere. */
export type CliSessionFunctions = Required<Omit<SessionFunctions, 'inStore'>> & {
  inStore(store: SessionStore, dir: string | undefined): CliSessionFunctions;
};

/** The session functions over a program's own store, of the sessions of a working directory (default: this process's). */
export function storeSessions(store: SessionStore, dir: string | undefined): CliSessionFunctions {
  const key = async (sessionId: string, subpath?: string): Promise<SessionKey> => {
    const projectKey = await projectKeyOf(dir ?? process.cwd());
    return subpath === undefined ? { projectKey, sessionId } : { projectKey, sessionId, subpath };
  };
  const load = async (id: string, subpath?: string): Promise<SessionStoreEntry[]> =>
    isUuid(id) ? ((await store.load(await key(id, subpath))) ?? []) : [];
  const existing = async (id: string): Promise<SessionStoreEntry[]> => {
    const lines = await load(id);
    if (lines.length === 0) throw new SessionNotFoundError(id);
    return lines;
  };
  const info = async (id: string, changedAtMs: number | undefined): Promise<SDKSessionInfo | undefined> => {
    const lines = await load(id);
    const size = lines.reduce((sum, line) => sum + JSON.stringify(line).length + 1, 0);
    return infoFrom(lines, { id, changedAtMs: changedAtMs ?? lastTime(lines), size });
  };
  return {
    async list({ limit, offset } = {}) {
      const { projectKey } = await key('');
      const kept = await listOf(store, projectKey);
      const newest = kept.toSorted((a, b) => b.mtime - a.mtime);
      const infos = await Promise.all(newest.map(({ sessionId, mtime }) => info(sessionId, mtime)));
      return page(
        infos.filter((one) => one !== undefined),
        { limit, offset },
      );
    },
    get: (id) => info(id, undefined),
    messages: async (id, o) => page(historyOf(await load(id)), o),
    agents: async (id) => {
      const subpaths = isUuid(id) ? ((await store.listSubkeys?.(await key(id))) ?? []) : [];
      return subpaths.flatMap((subpath) => AGENT.exec(subpath)?.[1] ?? []).toSorted();
    },
    agentMessages: async (id, agentId, o) =>
      page(historyOf(await load(id, `subagents/agent-${agentId}`), { ofAgent: true }), o),
    async fork(id, { upToMessageId, title, sessionId = randomUUID() } = {}) {
      const lines = await existing(id);
      const name = title?.trim() || `${(await info(id, undefined))?.summary ?? ''} (fork)`;
      const forked = forkOf(lines, { from: id, to: sessionId, upToMessageId, title: name });
      // Copies of entries, and a title: each has its type.
      await store.append(await key(sessionId), forked as SessionStoreEntry[]);
      return { sessionId };
    },
    async rename(id, title) {
      const line = titleLine(id, title);
      await existing(id);
      await store.append(await key(id), [line]);
    },
    async tag(id, tag) {
      const line = tagLine(id, tag);
      await existing(id);
      await store.append(await key(id), [line]);
    },
    async delete(id) {
      await existing(id);
      await store.delete?.(await key(id));
    },
    inStore: storeSessions,
    archive: async () => {
      throw new ConfigurationError('A session is archived beside its transcript on this machine, not in a store');
    },
  };
}

/** @throws ConfigurationError for a store that cannot list */
export function listOf(store: SessionStore, projectKey: string): Promise<{ sessionId: string; mtime: number }[]> {
  if (store.listSessions === undefined)
    throw new ConfigurationError('Sessions of a store can be listed only if it has listSessions()');
  return store.listSessions(projectKey);
}

function lastTime(lines: readonly SessionStoreEntry[]): number {
  return Date.parse(lines.findLast(({ timestamp }) => timestamp !== undefined)?.timestamp ?? '') || 0;
}
