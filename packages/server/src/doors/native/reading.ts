import type { Cursor } from 'colloquy/internal';
import type { Hono } from 'hono';
import type { App, AppEnv } from '../../app-env.ts';
import { HttpError } from '../../http/http-error.ts';
import { parse } from '../../http/parse.ts';
import { streamMessages } from '../../live/message-stream.ts';
import { CursorText, LogQuery, StreamQuery } from './schemas.ts';

/** What a client reads of a session: the log as it is stored, and the stream of messages. */
export function addReading(hono: Hono<AppEnv>, app: App): void {
  hono.get('/v1/sessions/:id/log', async (c) => {
    const { after, limit } = parse(LogQuery, c.req.query());
    const { id, head } = (await app.sessions.get(c.get('principal'), c.req.param('id'))).row;
    const store = await app.engine.store();
    return c.json({ data: await store.read(id, { after, limit }), head });
  });

  hono.get('/v1/sessions/:id/messages/stream', async (c) => {
    // A HEAD request would open a stream that nobody reads.
    if (c.req.raw.method === 'HEAD')
      throw new HttpError(405, 'A stream is read with GET', { headers: { allow: 'GET' } });
    const principal = c.get('principal');
    const { id } = (await app.sessions.get(principal, c.req.param('id'))).row;
    const { after, partial } = parse(StreamQuery, c.req.query());
    const { session, release } = await app.host.hold(id);
    const open = app.auth.streams.open(principal);
    const leave = app.viewers.enter(id, principal, 'sse');
    try {
      const body = streamMessages(session, {
        after: lastEventId(c.req.header('last-event-id')) ?? after ?? '0.0.0',
        partial,
        signal: open.signal,
        onEnd({ ended, error }) {
          open.end();
          leave();
          release();
          if (error !== undefined) app.options.onError?.(error, c.get('requestId'));
          if (ended || error !== undefined) void app.host.drop(id, session);
        },
      });
      return c.body(body, 200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
    } catch (error) {
      open.end();
      leave();
      release();
      throw error;
    }
  });
}

/** A browser that comes back by itself repeats the address it began with, so its header is the newer word. */
function lastEventId(header: string | undefined): Cursor | undefined {
  return header === undefined || header === '' ? undefined : parse(CursorText, header);
}
