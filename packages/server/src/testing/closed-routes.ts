import type { App } from '../app-env.ts';
import { createRoutes } from '../routes.ts';

/** The routes that hold no data and start nothing: no credential is asked for. */
const OPEN: ReadonlySet<string> = new Set(['GET /healthz', 'POST /auth/exchange']);

export type Route = { method: string; path: string };

/** Every route behind the credential, as the server has registered it. */
export function closedRoutes(): Route[] {
  // Only the table of routes is looked at; nothing of the app is used.
  const nothing: object = new Proxy(() => undefined, { get: () => nothing, apply: () => nothing });
  const app = { options: {}, auth: nothing } as unknown as App;
  const hono = createRoutes(app, () => ({ port: undefined, names: new Set() }));
  const routes = new Map(hono.routes.map(({ method, path }) => [`${method} ${path}`, { method, path }]));
  return [...routes]
    .filter(([name, { method, path }]) => method !== 'ALL' && !path.endsWith('*') && !OPEN.has(name))
    .map(([, route]) => route);
}
