import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { App, AppEnv } from '../../../app-env.ts';
import { mustWrite } from '../../../auth/ownership.ts';
import { HttpError } from '../../../http/http-error.ts';
import { pageFields } from '../../../http/page.ts';
import { listOf, parseQuery } from '../../../http/query.ts';
import { uuidToId } from '../../../resources/ids.ts';
import type { StoredSession } from '../../../resources/sessions.ts';
import { listEvents, streamEvents } from '../events/events.ts';
import { type SessionObject, toSessionObject } from './session-object.ts';

const STATUSES = ['rescheduling', 'running', 'idle', 'terminated'] as const;
const ListQuery = z.strictObject({ ...pageFields, statuses: listOf(z.enum(STATUSES)).optional() });

/** `/v1/sessions/{id}/threads`: an agent works alone here, so that each session has one thread, the primary one, which is its mirror. */
export function addThreads(hono: Hono<AppEnv>, app: App): void {
  const sessionOf = (c: Context<AppEnv>): Promise<StoredSession> =>
    app.sessions.get(c.get('principal'), c.req.param('id') ?? '');
  const threadOf = async (c: Context<AppEnv>): Promise<StoredSession> => {
    const session = await sessionOf(c);
    const thread = c.req.param('thread') ?? '';
    if (thread !== uuidToId('sthr', session.row.id))
      throw new HttpError(404, `There is no thread ${thread.slice(0, 100)} in this session`);
    return session;
  };
  const shown = async (session: StoredSession): Promise<ThreadObject> =>
    toThread(session, toSessionObject(session, await app.events.stateOf(session), Date.now()));

  hono.get('/v1/sessions/:id/threads', async (c) => {
    const { statuses, page } = parseQuery(ListQuery, c.req.raw);
    const thread = await shown(await sessionOf(c));
    if (page !== undefined) throw new HttpError(400, 'page: must be a next_page of an earlier answer');
    return c.json({ data: statuses?.includes(thread.status) === false ? [] : [thread], next_page: null });
  });

  hono.get('/v1/sessions/:id/threads/:thread', async (c) => c.json(await shown(await threadOf(c))));

  hono.post('/v1/sessions/:id/threads/:thread/archive', async (c) => {
    await threadOf(c);
    mustWrite(c.get('principal'));
    throw new HttpError(400, 'The primary thread is archived with its session, and not alone');
  });

  hono.get('/v1/sessions/:id/threads/:thread/events', async (c) =>
    c.json(await listEvents(app, await threadOf(c), c.req.raw)),
  );

  hono.get('/v1/sessions/:id/threads/:thread/stream', async (c) => streamEvents(app, await threadOf(c), c));
}

type ThreadObject = Pick<SessionObject, 'status' | 'stats' | 'usage' | 'created_at' | 'updated_at' | 'archived_at'> & {
  id: string;
  type: 'session_thread';
  session_id: string;
  parent_thread_id: null;
  agent: Omit<SessionObject['agent'], 'multiagent'>;
  workflow_run_id: null;
};

function toThread({ row }: StoredSession, session: SessionObject): ThreadObject {
  const { multiagent: _, ...agent } = session.agent;
  const { status, stats, usage, created_at, updated_at, archived_at } = session;
  return {
    id: uuidToId('sthr', row.id),
    type: 'session_thread',
    session_id: session.id,
    parent_thread_id: null,
    agent,
    status,
    stats,
    usage,
    workflow_run_id: null,
    created_at,
    updated_at,
    archived_at,
  };
}
