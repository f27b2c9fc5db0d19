import { SessionNotFoundError } from 'colloquy';
import type { Hono } from 'hono';
import type { App, AppEnv } from '../../app-env.ts';
import type { Principal } from '../../auth/principal.ts';
import { parse } from '../../http/parse.ts';
import type { Found } from '../../search/transcript-index.ts';
import { SearchQuery } from './schemas.ts';

/** `GET /v1/native/search?q=`: where words stand in the conversations that the caller may see. */
export function addSearch(hono: Hono<AppEnv>, app: App): void {
  hono.get('/v1/native/search', async (c) => {
    const { q, limit, page: offset } = parse(SearchQuery, c.req.query());
    const principal = c.get('principal');
    const index = await app.search();
    const titles = new Map<string, string | null>();
    const { found, hasMore } = await index.search(q, {
      limit,
      offset,
      signal: AbortSignal.any([c.req.raw.signal, app.closing]),
      maySee: async (id) => {
        const title = await titleOf(app, principal, id);
        if (title !== undefined) titles.set(id, title);
        return title !== undefined;
      },
    });
    return c.json({
      data: found.map((place) => toObject(place, titles.get(place.session) ?? null)),
      next_page: hasMore ? String(offset + limit) : null,
    });
  });
}

/** Undefined for a session that the principal may not see, or that is gone. */
async function titleOf(app: App, principal: Principal, id: string): Promise<string | null | undefined> {
  try {
    const { row } = await app.sessions.get(principal, id);
    return row.title ?? row.firstPrompt ?? null;
  } catch (error) {
    if (error instanceof SessionNotFoundError) return undefined;
    throw error;
  }
}

function toObject({ session, seq, role, at, snippet, matches }: Found, title: string | null): object {
  return { session_id: session, title, seq, role, at, snippet, matches };
}
