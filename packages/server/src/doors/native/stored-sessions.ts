import type { Hono } from 'hono';
import type { App, AppEnv } from '../../app-env.ts';
import { HttpError } from '../../http/http-error.ts';
import { parse } from '../../http/parse.ts';
import { readJson } from '../../http/read-json.ts';
import { uuidFrom } from '../../resources/ids.ts';
import { pendingOf } from '../../resources/pending.ts';
import { toSessionDetails } from '../../resources/session-object.ts';
import { makeOnce } from '../../resources/sessions.ts';
import { ForkBody, MessagesQuery } from './schemas.ts';

/** What programs do with stored sessions: read what was said, fork them, and learn what one that they resume waits for. */
export function addStoredSessions(hono: Hono<AppEnv>, app: App): void {
  /** The forks that are being made, by their ids, and of which sessions. */
  const copying = new Map<string, { of: string; done: Promise<unknown> }>();

  hono.get('/v1/native/sessions/:id/messages', async (c) => {
    const { limit, offset } = parse(MessagesQuery, c.req.query());
    const { id } = (await app.sessions.get(c.get('principal'), c.req.param('id'))).row;
    return c.json({ data: await app.engine.sessions.messages(id, { limit, offset }) });
  });

  hono.get('/v1/native/sessions/:id/pending', async (c) => {
    const { row } = await app.sessions.get(c.get('principal'), c.req.param('id'));
    return c.json(await pendingOf(await app.engine.store(), row));
  });

  hono.post('/v1/native/sessions/:id/fork', async (c) => {
    const body = parse(ForkBody, await readJson(c.req.raw));
    const principal = c.get('principal');
    const { row, managed } = await app.sessions.getToWrite(principal, c.req.param('id'));
    if (managed !== undefined)
      throw new HttpError(400, 'A session of the Managed Agents API has a folder of its own, and is not forked');
    const id = body.id ?? uuidFrom(c.get('nonce'), 'session');
    const store = await app.engine.store();
    const { title, upToMessageId } = body;
    const copy = (): Promise<unknown> =>
      app.engine.sessions.fork(row.id, { title, upToMessageId, sessionId: id }).finally(() => copying.delete(id));
    const { there } = await makeOnce(store, id, () => {
      const { of, done } = copying.get(id) ?? { of: row.id, done: copy() };
      if (of !== row.id) throw isTaken();
      copying.set(id, { of, done });
      return done;
    });
    if (there !== undefined && (await forkedFrom(app, id)) !== row.id) throw isTaken();
    return c.json(toSessionDetails(await app.sessions.get(principal, id)), 201);
  });
}

const isTaken = (): HttpError => new HttpError(409, 'id: another session has it');

/** The session that one was forked from last: the copy of its entries, in which there may be others, ends with the fact. */
async function forkedFrom(app: App, id: string): Promise<string | undefined> {
  const store = await app.engine.store();
  let from: string | undefined;
  for (let after = 0; ;) {
    const entries = await store.read(id, { after, limit: 1_000 });
    for (const entry of entries) if (entry.kind === 'fork') from = entry.from.session;
    const last = entries.at(-1);
    if (last === undefined) return from;
    after = last.seq;
  }
}
