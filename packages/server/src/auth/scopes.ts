import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from '../app-env.ts';
import { HttpError } from '../http/http-error.ts';
import { sessionUuid } from '../resources/ids.ts';
import type { Principal, Scope } from './principal.ts';

/**
 * What a worker's credential may call, in one place: every other route refuses it. The names in braces are compared with its scope;
 * `{any}` is any id.
 */
const QUEUE = [
  'GET /v1/environments/{environment}/work',
  'GET /v1/environments/{environment}/work/poll',
  'POST /v1/environments/{environment}/work/{any}/ack',
  'POST /v1/environments/{environment}/work/{any}/heartbeat',
  'POST /v1/environments/{environment}/work/{any}/stop',
];
const ITEM = [
  'POST /v1/environments/{environment}/work/{work}/heartbeat',
  'POST /v1/environments/{environment}/work/{work}/stop',
  'GET /v1/sessions/{session}',
  'GET /v1/sessions/{session}/events',
  'POST /v1/sessions/{session}/events',
  'GET /v1/sessions/{session}/events/stream',
];

/** Refuses to a worker's credential what it is not for. Before anything that a route does or remembers. */
export const keepToScope: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { scope } = c.get('principal');
  if (scope !== undefined) checkScope(scope, c.req.method, c.req.path);
  await next();
};

/** @throws HttpError 403 for a route that is not for it, 404 for somebody else's thing, whether or not that exists */
export function checkScope(scope: Scope, method: string, path: string): void {
  const routes = 'session' in scope ? ITEM : QUEUE;
  const matches = routes.flatMap((route) => matchRoute(route, `${method} ${path}`) ?? []);
  if (matches.length === 0) {
    throw new HttpError(403, `This credential is a worker's: it is good for the work of one ${kindOf(scope)} only`);
  }
  for (const named of matches) {
    if (!isWithin(scope, named)) throw new HttpError(404, `There is no ${method} ${path.slice(0, 200)}`);
  }
}

type Named = { session?: string; environment?: string; work?: string; any?: string };

/** The ids in a request's path by the names in a route, or undefined when it is another route. */
function matchRoute(route: string, request: string): Named | undefined {
  const pattern = route.split('/');
  const segments = request.split('/');
  if (pattern.length !== segments.length) return undefined;
  const named: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined ? segment !== part : !PLAIN_ID.test(segment)) return undefined;
    if (name !== undefined) named[name] = segment;
  }
  return named;
}

/** An id as it is, nothing escaped: what the route reads is then what was compared here. */
const PLAIN_ID = /^[A-Za-z0-9_-]+$/;

function isWithin(scope: Scope, named: Named): boolean {
  if (named.environment !== undefined && named.environment !== scope.environment) return false;
  if (!('session' in scope)) return named.session === undefined && named.work === undefined;
  if (named.session !== undefined && sessionUuid(named.session) !== scope.session) return false;
  return named.work === undefined || named.work === scope.work;
}

function kindOf(scope: Scope): string {
  return 'session' in scope ? 'session' : 'environment';
}

/** As far as it matters here: an event that a client sends, with blocks that may name a file. */
type Said = { type: string; content?: readonly unknown[] | null | undefined };

/**
 * A worker tells its session what tools have given, and nothing else: it neither prompts nor decides about calls, nor does it reach the
 * other things of the session's user by naming them.
 * @throws HttpError 403
 */
export function mustOnlyAnswer({ scope }: Principal, events: readonly Said[]): void {
  if (scope === undefined) return;
  for (const [index, { type, content }] of events.entries()) {
    if (!RESULTS.has(type)) throw new HttpError(403, `events.${index}: a worker sends results of tools only`);
    if (content?.some(namesFile) === true) {
      throw new HttpError(403, `events.${index}: a worker sends what a result holds, and names no files`);
    }
  }
}

const RESULTS: ReadonlySet<string> = new Set(['user.tool_result', 'user.custom_tool_result']);

function namesFile(block: unknown): boolean {
  const { source } = Object(block) as { source?: { type?: unknown } };
  return source?.type === 'file';
}
