import { upgradeWebSocket } from '@hono/node-server';
import { type Cursor, InvalidCursorError } from 'colloquy/internal';
import type { Context, Hono } from 'hono';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { App, AppEnv } from '../../app-env.ts';
import type { Principal } from '../../auth/principal.ts';
import { HttpError } from '../../http/http-error.ts';
import { parse } from '../../http/parse.ts';
import { streamOverSocket } from '../../live/socket-stream.ts';
import { StreamQuery } from './schemas.ts';

const SocketQuery = StreamQuery.extend({
  /** `true`: a large message comes as several, of which all but the last begin with `+`. */
  parts: z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' }).default(false),
});

/** The stream of messages over a WebSocket, of which a browser may have many. It is read only: clients write with POST. */
export function addSocket(hono: Hono<AppEnv>, app: App): void {
  hono.get('/v1/sessions/:id/messages/stream', async (c, next) => {
    if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') return next();
    if (!isOnNode(c.env))
      throw new HttpError(400, 'No WebSocket reaches this server where it is mounted; read the stream with GET');
    const principal = c.get('principal');
    const { row } = await app.sessions.get(principal, c.req.param('id'));
    const { after = '0.0.0', partial, parts } = parse(SocketQuery, c.req.query());
    const requestId = c.get('requestId');
    const upgrade = upgradeWebSocket(() => ({
      onOpen: (_, { raw }) => {
        // The server is made with sockets of `ws`.
        void serveSocket(app, raw as unknown as WebSocket, {
          principal,
          id: row.id,
          requestId,
          after,
          partial,
          inParts: parts,
        });
      },
    }));
    return upgrade(c as Context, next);
  });
}

/** Whether Hono's adapter for Node has handed over the connection. */
function isOnNode(env: unknown): boolean {
  return typeof env === 'object' && env !== null && 'incoming' in env;
}

async function serveSocket(
  app: App,
  socket: WebSocket,
  o: { principal: Principal; id: string; requestId: string; after: Cursor; partial: boolean; inParts: boolean },
): Promise<void> {
  const open = app.auth.streams.open(o.principal);
  const { signal } = open;
  // Nothing is said to us here.
  socket.on('message', () => socket.close(1003, 'This socket is read only; send with POST'));
  try {
    const { session, release } = await app.host.hold(o.id);
    const leave = app.viewers.enter(o.id, o.principal, 'websocket');
    try {
      const { after, partial, inParts } = o;
      const { ended } = await streamOverSocket(session, socket, { after, partial, inParts, signal });
      if (ended) void app.host.drop(o.id, session);
    } catch (error) {
      // A place that it has not come to is the client's mistake.
      if (!(error instanceof InvalidCursorError)) void app.host.drop(o.id, session);
      throw error;
    } finally {
      leave();
      release();
    }
  } catch (error) {
    if (!(error instanceof InvalidCursorError)) app.options.onError?.(error, o.requestId);
    // What went wrong before it was streamed; as there.
    socket.close(1011);
  } finally {
    open.end();
  }
}
