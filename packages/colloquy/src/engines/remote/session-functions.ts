import { SessionNotFoundError } from '../../errors.ts';
import { randomUuid } from '../../helpers/random-uuid.ts';
import type { SDKSessionInfo, SessionFunctions, SessionMessage } from '../engine.ts';
import type { RequestFacts, ServerClient } from './server-client.ts';
import { readInfo, readSession, readSessionList, record } from './wire.ts';

const PAGE = 100;
/** Messages of a session come in pages as well. */
const MESSAGES_PAGE = 500;

/** The sessions of a server, as far as its key may see them. */
export function remoteSessions(client: ServerClient): SessionFunctions {
  const of = (id: string): string => `/v1/native/sessions/${encodeURIComponent(id)}`;
  const change = (id: string, body: RequestFacts['body']): Promise<unknown> =>
    client.request('POST', of(id), { body, session: id });
  return {
    async list({ dir, limit = Infinity, offset = 0 } = {}) {
      const found: SDKSessionInfo[] = [];
      for (let page: string | undefined; found.length < offset + limit;) {
        const query = `limit=${PAGE}${page === undefined ? '' : `&page=${encodeURIComponent(page)}`}`;
        const { body } = await client.request('GET', `/v1/native/sessions?${query}`);
        const { sessions, next } = readSessionList(body);
        found.push(...sessions.filter(({ cwd }) => dir === undefined || cwd === dir));
        if (next === undefined) break;
        page = next;
      }
      return found.slice(offset, offset + limit);
    },
    async get(id) {
      try {
        return readInfo((await client.request('GET', of(id), { session: id })).body);
      } catch (error) {
        if (error instanceof SessionNotFoundError) return undefined;
        throw error;
      }
    },
    async messages(id, { limit = Infinity, offset = 0 } = {}) {
      const found: SessionMessage[] = [];
      while (found.length < limit) {
        const most = Math.min(MESSAGES_PAGE, limit - found.length);
        const query = `offset=${offset + found.length}&limit=${most}`;
        const page = await messagesPage(client, `${of(id)}/messages?${query}`, id);
        found.push(...page);
        if (page.length < most) break;
      }
      return found;
    },
    async fork(id, { upToMessageId, title, sessionId = randomUuid() } = {}) {
      const body = { id: sessionId, upToMessageId, title };
      const answer = await client.request('POST', `${of(id)}/fork`, { body, session: id });
      return { sessionId: readSession(answer.body).id };
    },
    rename: async (id, title) => void (await change(id, { title })),
    tag: async (id, tag) => void (await change(id, { tag })),
    delete: async (id) => void (await client.request('DELETE', of(id), { session: id })),
  };
}

/** An unknown session has none. */
async function messagesPage(client: ServerClient, path: string, session: string): Promise<SessionMessage[]> {
  try {
    const { data } = record((await client.request('GET', path, { session })).body, 'the messages of a session');
    // As the same function gives them at the server.
    return Array.isArray(data) ? (data as SessionMessage[]) : [];
  } catch (error) {
    if (error instanceof SessionNotFoundError) return [];
    throw error;
  }
}
