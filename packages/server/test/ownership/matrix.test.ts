import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator } from '@colloquy/emulator';
import { openSqliteStore } from 'colloquy/internal';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashSecret, newSecret } from '../../src/auth/secrets.ts';
import type { ServerApp } from '../../src/create-app.ts';
import { closedRoutes } from '../../src/testing/closed-routes.ts';
import { createKey, ORIGIN, signIn, testApp } from '../../src/testing/test-app.ts';
import { Plants, WEBHOOK_HOST } from './plants.ts';
import { type Recipe, RECIPES } from './recipes.ts';

// Every route × {no credential, wrong key, revoked key, other user's things, observer, owner}. One server for all of it, since the
// things that its users have made are what it is about: a route that harms another's is found by what the next one sees.

const ADAS_MARK = 'adasmarkqzx';
const BOBS_MARK = 'bobsmarkqzx';

type Scene = {
  app: ServerApp;
  secrets: Record<'admin' | 'ada' | 'adasObserver' | 'bob' | 'wrong' | 'revoked', string>;
  ada: Plants;
  bob: Plants;
  faults: unknown[];
  close: () => Promise<void>;
};
let scene: Scene;

beforeAll(async () => void (scene = await openScene()));
afterAll(() => scene.close());

const ROUTES = closedRoutes().map(({ method, path }): [method: string, path: string] => [method, path]);

test.each(ROUTES)('%s %s has a recipe', (method, path) => {
  expect(
    RECIPES[`${method} ${path}`],
    `The route ${method} ${path} is not in the matrix: add a line to packages/server/test/ownership/recipes.ts`,
  ).toBeDefined();
});

test('every recipe is of a route', () => {
  const names = new Set(ROUTES.map(([method, path]) => `${method} ${path}`));
  expect(Object.keys(RECIPES).filter((name) => !names.has(name))).toEqual([]);
});

const COVERED = ROUTES.flatMap(([method, path]) => {
  const recipe = RECIPES[`${method} ${path}`];
  return recipe === undefined ? [] : [{ method, path, recipe }];
});

describe.each(COVERED)('$method $path', ({ method, path, recipe }) => {
  test('answers 401 to no, a wrong and a revoked credential, and does nothing', async () => {
    const request = await toRequest(method, path, recipe, scene.ada);
    const before = await adasThings();
    for (const secret of [undefined, scene.secrets.wrong, scene.secrets.revoked]) {
      const answer = await send(request, secret);
      expect([answer.status, answer.body]).toEqual([401, expect.stringContaining('"authentication_error"')]);
      expect(answer.everything).not.toContain(ADAS_MARK);
    }
    expect(await adasThings()).toEqual(before);
  });

  test('tells another user nothing of what is not his, and does nothing to it', async () => {
    const request = await toRequest(method, path, recipe, scene.ada);
    const before = await adasThings();
    const foreign = await send(request, scene.secrets.bob);
    const unknown = await send(toUnknown(request), scene.secrets.bob);
    expect(foreign.everything).not.toContain(ADAS_MARK);
    if (recipe.admin === true) expect(foreign.status).toBe(403);
    else if (recipe.params !== undefined) expect(foreign.status).toBe(404);
    else if (namesThings(request))
      expect(foreign.status).toBeGreaterThanOrEqual(recipe.query === undefined ? 400 : 200);
    if (namesThings(request)) expect(toKnown(foreign, request)).toEqual(toKnown(unknown, toUnknown(request)));
    expect(await adasThings()).toEqual(before);
  });

  test('decides the same however a credential comes', async () => {
    const request = await toRequest(method, path, recipe, scene.ada);
    const { bob, wrong } = scene.secrets;
    const carriers: Record<string, string>[] = [
      { authorization: `Bearer ${bob}` },
      { 'x-api-key': bob },
      { cookie: `colloquy=${bob}`, origin: ORIGIN },
      { authorization: `Bearer ${wrong}`, 'x-api-key': bob },
    ];
    const statuses: number[] = [];
    for (const carrier of carriers) statuses.push((await sendWith(request, carrier)).status);
    // What bob makes a second time under the same name may be refused, but not for who he is.
    expect(new Set(statuses.map((status) => (status === 409 ? statuses[0] : status))).size).toBe(1);
  });

  test('finds nothing of another user’s inside of one’s own', async () => {
    const [adas, bobs] = [await recipe.params?.(scene.ada), await recipe.params?.(scene.bob)];
    const [outer, ...inner] = Object.keys(adas ?? {});
    const names = inner.filter((name) => isId(adas?.[name] ?? ''));
    if (outer === undefined || names.length === 0) return;
    const mixed = { ...adas, ...bobs, ...Object.fromEntries(names.map((name) => [name, adas?.[name] ?? ''])) };
    const request = await toRequest(method, path, { ...recipe, params: async () => mixed }, scene.bob);
    const answer = await send(request, scene.secrets.bob);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.everything).not.toContain(ADAS_MARK);
  });

  test('takes no single id of another user’s in a body', async () => {
    const adas = JSON.stringify((await recipe.body?.(scene.ada)) ?? '').match(IDS) ?? [];
    for (const [index, id] of adas.entries()) {
      const bobs = await toRequest(method, path, recipe, scene.bob);
      let at = 0;
      const text = JSON.stringify(bobs.body).replaceAll(IDS, (own) => (at++ === index ? id : own));
      const request = { ...bobs, body: JSON.parse(text) as unknown };
      const [foreign, unknown] = [
        await send(request, scene.secrets.bob),
        await send(toUnknown(request, id), scene.secrets.bob),
      ];
      expect(foreign.status).toBeGreaterThanOrEqual(400);
      expect(toKnown(foreign, request)).toEqual(toKnown(unknown, toUnknown(request, id)));
      expect(foreign.everything).not.toContain(ADAS_MARK);
    }
  });

  test('lets an observer read, and change nothing', async () => {
    const request = await toRequest(method, path, recipe, scene.ada);
    const before = await adasThings();
    const { status } = await send(request, scene.secrets.adasObserver);
    expect(status).toBe(recipe.admin === true ? 403 : (recipe.observer ?? (method === 'GET' ? recipe.owner : 403)));
    if (method !== 'GET') expect(await adasThings()).toEqual(before);
  });

  test('lets its owner in', async () => {
    const request = await toRequest(method, path, recipe, scene.ada);
    if (recipe.admin === true) expect((await send(request, scene.secrets.ada)).status).toBe(403);
    const answer = await send(request, recipe.admin === true ? scene.secrets.admin : scene.secrets.ada);
    expect([answer.status, answer.status === recipe.owner ? '' : answer.body]).toEqual([recipe.owner, '']);
    expect(answer.everything).not.toContain(BOBS_MARK);
  });
});

test('nothing of all this is a fault of the server', () => {
  expect(scene.faults).toEqual([]);
});

test('what is looked for is really told to its owner', async () => {
  const telling = [];
  for (const { method, path, recipe } of COVERED) {
    if (method !== 'GET' || recipe.admin === true || path.endsWith('stream')) continue;
    const { everything } = await send(await toRequest(method, path, recipe, scene.ada), scene.secrets.ada);
    if (everything.includes(ADAS_MARK)) telling.push(path);
  }
  expect(telling).toEqual(
    expect.arrayContaining(['/v1/native/sessions', '/v1/native/sessions/:id', '/v1/sessions/:id/log', '/v1/agents']),
  );
});

async function openScene(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-matrix-'));
  const store = await openSqliteStore({ path: join(folder, 'sessions.db') });
  const faults: unknown[] = [];
  const app = testApp({
    store,
    cwd: folder,
    dataFolder: folder,
    model: 'claude-opus-5-5',
    sessionDefaults: { send: createEmulator().send },
    webhooks: { allowedHosts: [WEBHOOK_HOST] },
    onError: (error) => faults.push(error),
  });
  const admin = await signIn(app);
  const keyOf = async (name: string, more: object = {}) => (await createKey(admin, { name, ...more })).secret;
  const gone = await createKey(admin, { name: 'gone', user: 'ada' });
  await admin.delete(`/v1/native/keys/${gone.id}`);
  const secrets = {
    admin: admin.secret,
    ada: await keyOf('ada'),
    adasObserver: await keyOf('observer', { user: 'ada', role: 'observer' }),
    bob: await keyOf('bob'),
    wrong: `colloquy_${newSecret()}`,
    revoked: gone.secret,
  };
  return {
    app,
    secrets,
    ada: new Plants(app, secrets.ada, ADAS_MARK),
    bob: new Plants(app, secrets.bob, BOBS_MARK),
    faults,
    async close() {
      await app.close();
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

type Request_ = { method: string; url: string; body: unknown };
type Answer = { status: number; body: string; everything: string };

async function toRequest(method: string, path: string, recipe: Recipe, plants: Plants): Promise<Request_> {
  const params = (await recipe.params?.(plants)) ?? {};
  const url = path.replaceAll(/:(\w+)/g, (_, name: string) => params[name] ?? `no-${name}-in-the-recipe`);
  return { method, url: url + ((await recipe.query?.(plants)) ?? ''), body: await recipe.body?.(plants) };
}

async function send(request: Request_, secret: string | undefined): Promise<Answer> {
  return sendWith(request, secret === undefined ? {} : { authorization: `Bearer ${secret}` });
}

async function sendWith({ method, url, body }: Request_, credential: Record<string, string>): Promise<Answer> {
  const headers = new Headers(credential);
  const isForm = body instanceof FormData;
  if (body !== undefined && !isForm) headers.set('content-type', 'application/json');
  const init = body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) };
  const response = await scene.app.fetch(new Request(ORIGIN + url, { method, headers, ...init }));
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (isStream) await response.body?.cancel();
  const text = isStream ? '' : await response.text();
  return { status: response.status, body: text, everything: JSON.stringify([...response.headers]) + text };
}

/** All that Ada sees of her own lists, told briefly, but for what her own running turns change: what nobody else may change. */
async function adasThings(): Promise<string[]> {
  const paths = ['/v1/native/sessions', '/v1/agents', '/v1/environments', '/v1/files', '/v1/native/webhooks'];
  paths.push(`/v1/sessions/${await scene.ada.session()}/log?limit=1000`);
  const answers = paths.map((url) => send({ method: 'GET', url, body: undefined }, scene.secrets.ada));
  return (await Promise.all(answers)).map(
    ({ body }, index) => `${paths[index]} ${hashSecret(body.replaceAll(OF_TURNS, ''))}`,
  );
}

const OF_TURNS = /"(?:updated_at|running)":(?:"[^"]*"|\w+)/g;
const IDS = /\b[a-z]+_[0-9a-hjkmnp-tv-z]{26}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
const isId = (text: string): boolean => text.replace(IDS, '') === '' && text !== '';
const namesThings = ({ url, body }: Request_): boolean => (url + JSON.stringify(body ?? '')).search(IDS) >= 0;

/** The same request for things that do not exist. */
function toUnknown({ method, url, body }: Request_, only?: string): Request_ {
  const replace = (text: string): string =>
    text.replaceAll(IDS, (id) => (only === undefined || id === only ? id.slice(0, -6) + '00ddee' : id));
  const isPlain = body === undefined || body instanceof FormData;
  return { method, url: replace(url), body: isPlain ? body : JSON.parse(replace(JSON.stringify(body))) };
}

/** An answer without what must differ: the number of the request, and the ids that were asked for. */
function toKnown({ status, body }: Answer, request: Request_): { status: number; body: string } {
  const asked = new Set((request.url + JSON.stringify(request.body ?? '')).match(IDS));
  const text = body.replaceAll(IDS, (id) => (asked.has(id) ? 'the id' : id)).replaceAll(/"req_\w+"/g, '"the request"');
  return { status, body: text };
}
