import { upgradeWebSocket } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import type { WebSocket } from 'ws';
import type { App, AppEnv } from '../../app-env.ts';
import type { Principal } from '../../auth/principal.ts';
import { HttpError } from '../../http/http-error.ts';
import { parse } from '../../http/parse.ts';
import { streamOverSocket } from '../../live/socket-stream.ts';
import { StreamQuery } from './schemas.ts';

/** The stream of messages over a WebSocket, for clients to which Server-Sent Events do not come. It is read only: clients write with POST. */
export function addSocket(hono: Hono<AppEnv>, app: App): void {
  hono.get('/v1/sessions/:id/messages/stream', async (c, next) => {
    if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') return next();
    if (!isOnNode(c.env))
      throw new HttpError(400, 'No WebSocket reaches this server where it is mounted; read the stream with GET');
    const principal = c.get('principal');
    const { row } = await app.sessions.get(principal, c.req.param('id'));
    const { after = '0.0.0' } = parse(StreamQuery, c.req.query());
    const requestId = c.get('requestId');
    const upgrade = upgradeWebSocket(() => ({
      onOpen: (_, { raw }) => {
        // The server is made with sockets of `ws`.
        void serveSocket(app, raw as unknown as WebSocket, { principal, id: row.id, after, requestId });
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
  o: { principal: Principal; id: string; after: `${number}.${number}.${number}`; requestId: string },
): Promise<void> {
  const open = app.auth.streams.open(o.principal);
  const { signal } = open;
  // Nothing is said to us here.
  socket.on('message', () => socket.close(1003, 'This socket is read only; send with POST'));
  try {
    const { session, release } = await app.host.hold(o.id);
    const leave = app.viewers.enter(o.id, o.principal, 'websocket');
    try {
      const { ended } = await streamOverSocket(session, socket, { after: o.after, signal });
      if (ended) void app.host.drop(o.id, session);
    } finally {
      leave();
      release();
    }
  } catch (error) {
    app.options.onError?.(error, o.requestId);
    // What went wrong before it was streamed; as there.
    socket.close(1011);
  } finally {
    open.end();
  }
}
