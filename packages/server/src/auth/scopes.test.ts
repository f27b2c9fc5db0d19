import { expect, test } from 'vitest';
import { uuidToId } from '../resources/ids.ts';
import { closedRoutes } from '../testing/closed-routes.ts';
import type { Principal, Scope } from './principal.ts';
import { checkScope, mustOnlyAnswer } from './scopes.ts';

const UUID = '00000000-0000-4000-8000-00000000000a';
const OTHER = '00000000-0000-4000-8000-00000000000b';
const SESN = uuidToId('sesn', UUID);
const QUEUE: Scope = { environment: 'env_a' };
const ITEM: Scope = { session: UUID, environment: 'env_a', work: 'work_a' };

/** 200 for what is let through. */
function statusOf(scope: Scope, request: string): number {
  const [method = '', path = ''] = request.split(' ');
  try {
    checkScope(scope, method, path);
    return 200;
  } catch (error) {
    return (error as { status: number }).status;
  }
}

test.each([
  ['GET /v1/environments/env_a/work/poll', 200, 403],
  ['GET /v1/environments/env_b/work/poll', 404, 403],
  ['POST /v1/environments/env_a/work/work_a/ack', 200, 403],
  ['POST /v1/environments/env_a/work/work_a/heartbeat', 200, 200],
  ['POST /v1/environments/env_a/work/work_b/heartbeat', 200, 404],
  ['POST /v1/environments/env_b/work/work_a/heartbeat', 404, 404],
  ['POST /v1/environments/env_a/work/work_a/stop', 200, 200],
  ['POST /v1/environments/env_a/work/work_b/stop', 200, 404],
  [`GET /v1/sessions/${SESN}`, 403, 200],
  [`GET /v1/sessions/${UUID}`, 403, 200],
  [`GET /v1/sessions/${OTHER}`, 403, 404],
  [`GET /v1/sessions/${SESN}/events`, 403, 200],
  [`POST /v1/sessions/${SESN}/events`, 403, 200],
  [`GET /v1/sessions/${SESN}/events/stream`, 403, 200],
  [`GET /v1/sessions/${OTHER}/events/stream`, 403, 404],
  [`DELETE /v1/sessions/${SESN}`, 403, 403],
  [`POST /v1/sessions/${SESN}`, 403, 403],
  [`POST /v1/sessions/${SESN}/messages`, 403, 403],
  ['GET /v1/environments/env_a', 403, 403],
  ['GET /v1/environments/env_a/work', 200, 403],
  ['GET /v1/native/keys', 403, 403],
  // No second spelling of a path: what the route would read must be what was compared.
  [`GET /v1/sessions/${SESN}/`, 403, 403],
  [`GET /v1//sessions/${SESN}`, 403, 403],
  [`GET /v1/sessions/${SESN.replace('s', '%73')}`, 403, 403],
  ['GET /v1/environments/env_a%2Fwork/work/poll', 403, 403],
  [`HEAD /v1/sessions/${SESN}/events/stream`, 403, 403],
])('%s is %i to the queue’s key and %i to an item’s token', (request, queue, item) => {
  expect([statusOf(QUEUE, request), statusOf(ITEM, request)]).toEqual([queue, item]);
});

test('of all routes of the server, a worker’s credential is let through to few', () => {
  const ids: Record<string, string> = { id: SESN, session: SESN, env: 'env_a', environment: 'env_a', work: 'work_a' };
  const requests = closedRoutes().map(
    ({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, (_, name: string) => ids[name] ?? 'x')}`,
  );
  for (const scope of [QUEUE, ITEM]) {
    const open = requests.filter((request) => statusOf(scope, request) === 200);
    expect(open.length).toBeLessThanOrEqual(7);
    expect(open.every((request) => /\/(work\/|sessions\/)/.test(request))).toBe(true);
  }
});

const text = { type: 'text', text: 'x' };
const file = { type: 'document', source: { type: 'file', file_id: 'file_x' } };

test.each([
  [{ type: 'user.tool_result', content: [text] }, true],
  [{ type: 'user.custom_tool_result' }, true],
  [{ type: 'user.tool_result', content: [text, file] }, false],
  [{ type: 'user.message', content: [text] }, false],
  [{ type: 'user.tool_confirmation', result: 'allow' }, false],
  [{ type: 'user.interrupt' }, false],
])('a worker may say %j: %j', (event, may) => {
  const holder = (scope: Scope | undefined): Principal => ({
    name: 'w',
    user: 'ada',
    role: 'user',
    via: 'worker',
    scope,
    credential: { kind: 'session-token', id: 'h' },
  });
  const said = (principal: Principal) => () => mustOnlyAnswer(principal, [event]);
  if (may) expect(said(holder(ITEM))).not.toThrow();
  else expect(said(holder(ITEM))).toThrow('events.0: a worker sends');
  expect(said(holder(undefined))).not.toThrow();
});
