import { randomUUID } from 'node:crypto';
import { StoreError } from 'colloquy/internal';
import { Hono } from 'hono';
import type { App, AppEnv } from './app-env.ts';
import { requireCredential } from './auth/authenticate.ts';
import { addExchange, addSignOut } from './auth/exchange.ts';
import type { KnownHosts } from './auth/host-check.ts';
import { refuseForeign } from './auth/request-origin.ts';
import { keepToScope } from './auth/scopes.ts';
import { addManaged } from './doors/managed/managed.ts';
import { addConversation, isNamedPrompt } from './doors/native/conversation.ts';
import { addExport } from './doors/native/export.ts';
import { addInfo } from './doors/native/info.ts';
import { addKeys } from './doors/native/keys.ts';
import { addQueue } from './doors/native/queue.ts';
import { addReading } from './doors/native/reading.ts';
import { addSearch } from './doors/native/search.ts';
import { addSessions } from './doors/native/sessions.ts';
import { addStoredSessions } from './doors/native/stored-sessions.ts';
import { addToolResults } from './doors/native/tool-results.ts';
import { addSocket } from './doors/native/socket.ts';
import { addViewers } from './doors/native/viewers.ts';
import { once } from './idempotency/once.ts';
import { addWebhooks } from './doors/native/webhooks.ts';
import { HttpError } from './http/http-error.ts';
import { newRequestId, respondError, toHttpError } from './http/respond-error.ts';
import { setSecurityHeaders } from './http/security-headers.ts';
import { isPagePath, servePage } from './http/static-page.ts';

/** Every route, behind the checks that it needs; read from top to bottom, it is the order in which a request meets them. */
export function createRoutes(app: App, hosts: () => KnownHosts): Hono<AppEnv> {
  const { options, auth } = app;
  const hono = new Hono<AppEnv>();
  hono.use(async (c, next) => {
    c.set('requestId', newRequestId());
    c.set('nonce', randomUUID());
    await next();
    c.res.headers.set('request-id', c.get('requestId'));
    setSecurityHeaders(c.res.headers, isPagePath(c.req.path) ? 'page' : 'data');
  });
  hono.onError((error, c) => {
    const told = toHttpError(error);
    if (told.status === 500 || told.cause instanceof StoreError) options.onError?.(error, c.get('requestId'));
    return respondError(told, c.get('requestId'));
  });
  hono.notFound((c) =>
    respondError(new HttpError(404, `There is no ${c.req.method} ${c.req.path.slice(0, 200)}`), c.get('requestId')),
  );
  hono.use(refuseForeign({ hosts, publicOrigin: options.publicOrigin }));

  // Open to everybody: they hold no data and start nothing.
  hono.get('/healthz', (c) => c.json({ status: 'ok' }));
  addExchange(hono, {
    redeem: (token) => auth.redeemLink(token),
    pages: auth.pages,
    isSecure: options.publicOrigin?.startsWith('https:') === true,
  });
  hono.get('*', (c, next) => (isPagePath(c.req.path) ? servePage(c.req.path, options.webRoot) : next()));

  // Everything else, unknown paths too, asks for a credential first.
  hono.use(requireCredential((secret) => auth.identify(secret)));
  hono.use(keepToScope);
  hono.use(once(app.answers, { onError: options.onError, isRepeatable: isNamedPrompt }));
  addSignOut(hono, auth);
  addKeys(hono, app);
  addInfo(hono, app);
  addSessions(hono, app);
  addConversation(hono, app);
  addSocket(hono, app);
  addReading(hono, app);
  addStoredSessions(hono, app);
  addToolResults(hono, app);
  addManaged(hono, app);
  addWebhooks(hono, app);
  addViewers(hono, app);
  addQueue(hono, app);
  addExport(hono, app);
  addSearch(hono, app);
  return hono;
}
