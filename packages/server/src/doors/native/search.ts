import { SessionNotFoundError } from 'colloquy';
import type { Hono } from 'hono';
import { z } from 'zod';
import type { App, AppEnv } from '../../app-env.ts';
import type { Principal } from '../../auth/principal.ts';
import { parse } from '../../http/parse.ts';
import type { Found } from '../../search/transcript-index.ts';

const number = (most: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().max(most));

const SearchQuery = z.strictObject({
  q: z.string().trim().min(1).max(1_000),
  limit: number(100).pipe(z.number().min(1)).default(20),
  page: number(10_000).default(0),
});

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
