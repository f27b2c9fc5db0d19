import { expect, test } from 'vitest';
import { openTables } from '../../src/store/tables.ts';
import { createSession, sendPrompt } from '../running-server.ts';
import { type Managed, startManaged } from './fixture.ts';
import { startReceiver } from './receiver.ts';

const ALLOWED = { webhooks: { allowedHosts: ['127.0.0.1'] } };
const MODEL = 'claude-opus-5-5';
type Webhook = { id: string; secret: string; enabled: boolean; failures: number; disabled_reason: string | null };

const json = async (on: Managed, method: string, path: string, body?: unknown, key?: string) => {
  const init =
    body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await on.fetch(path, { method, ...init, ...(key === undefined ? {} : { key }) });
  return { status: response.status, body: response.status === 204 ? undefined : await response.json() };
};
const made = async (on: Managed, body: object, key?: string): Promise<Webhook> => {
  const answer = await json(on, 'POST', '/v1/native/webhooks', body, key);
  expect(answer).toMatchObject({ status: 201 });
  return answer.body as Webhook;
};
/** What the native door's helpers need of a client. */
const nativeClient = (on: Managed) =>
  ({
    post: (path: string, body: unknown) =>
      on.fetch(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  }) as Parameters<typeof createSession>[0];

test('what is sent is opened by the official client, and by it alone who has the secret', async () => {
  const receiver = await startReceiver();
  const on = await startManaged(ALLOWED);
  const { secret, id } = await made(on, { url: `${receiver.url}/hook?a=1` });
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const agent = await on.client.beta.agents.create({ name: 'A', model: MODEL });
  const [first] = await receiver.until(1);
  expect(first?.path).toBe('/hook?a=1');
  const open = (key: string, body = first?.body ?? '') =>
    on.client.beta.webhooks.unwrap(body, { headers: first?.headers ?? {}, key });
  expect(open(secret)).toEqual({
    type: 'event',
    id: first?.headers['webhook-id'],
    created_at: agent.created_at,
    data: { type: 'agent.created', id: agent.id, organization_id: 'org_local', workspace_id: 'wrkspc_local' },
  });
  expect(() => open(`whsec_${Buffer.alloc(32).toString('base64')}`)).toThrow('No matching signature');
  expect(() => open(secret, `${first?.body} `)).toThrow('No matching signature');
  const shown = await json(on, 'GET', `/v1/native/webhooks/${id}`);
  expect(JSON.stringify([shown, await json(on, 'GET', '/v1/native/webhooks')])).not.toContain(secret);
});

test('agents and environments are told of when they change, and only then', async () => {
  const receiver = await startReceiver();
  const on = await startManaged(ALLOWED);
  await on.client.beta.agents.create({ name: 'before', model: MODEL });
  await made(on, { url: receiver.url });
  const agent = await on.client.beta.agents.create({ name: 'A', model: MODEL });
  await on.client.beta.agents.update(agent.id, { name: 'B' });
  await on.client.beta.agents.update(agent.id, { name: 'B' });
  await on.client.beta.agents.archive(agent.id);
  await on.client.beta.agents.archive(agent.id);
  const environment = await on.client.beta.environments.create({ name: 'E' });
  await on.client.beta.environments.update(environment.id, { name: 'F' });
  await on.client.beta.environments.archive(environment.id);
  await on.client.beta.environments.archive(environment.id);
  await on.client.beta.environments.delete(environment.id);
  await receiver.until(7);
  expect(receiver.types().toSorted()).toEqual([
    'agent.archived',
    'agent.created',
    'agent.updated',
    'environment.archived',
    'environment.created',
    'environment.deleted',
    'environment.updated',
  ]);
});

test('a webhook is told of the things of its user, and of the events it has asked for', async () => {
  const [mine, some, all, foreign] = await Promise.all([1, 2, 3, 4].map(() => startReceiver()));
  const on = await startManaged(ALLOWED);
  const key = await on.addKey({ user: 'me' });
  await made(on, { url: mine?.url }, key);
  await made(on, { url: some?.url, events: ['agent.updated'] }, key);
  await made(on, { url: all?.url, all_users: true });
  await made(on, { url: foreign?.url }, await on.addKey());
  const agents = on.clientWith(key).beta.agents;
  const { id } = await agents.create({ name: 'A', model: MODEL });
  await agents.update(id, { name: 'B' });
  await Promise.all([mine?.until(2), some?.until(1), all?.until(2)]);
  expect([some?.types(), foreign?.types()]).toEqual([['agent.updated'], []]);
  const refused = await json(on, 'POST', '/v1/native/webhooks', { url: mine?.url, all_users: true }, key);
  expect(refused.status).toBe(403);
});

test('a session is told of as it is made, runs, comes to rest and is deleted', async () => {
  const receiver = await startReceiver();
  const on = await startManaged(ALLOWED);
  await made(on, { url: receiver.url });
  const id = await createSession(nativeClient(on));
  await sendPrompt(nativeClient(on), id, 'Hi');
  await receiver.until(3);
  expect(receiver.types().toSorted()).toEqual([
    'session.created',
    'session.status_idled',
    'session.status_run_started',
  ]);
  await on.fetch(`/v1/native/sessions/${id}`, { method: 'DELETE' });
  await receiver.until(4);
  expect(receiver.types().at(-1)).toBe('session.deleted');
  const ids = receiver.received.map(({ body }) => (JSON.parse(body) as { data: { id: string } }).data.id);
  expect(new Set(ids).size).toBe(1);
  expect(ids[0]).toMatch(/^sesn_/);
});

test('what has happened to a session while nobody could tell is told at the next start, once', async () => {
  const receiver = await startReceiver();
  const first = await startManaged(ALLOWED);
  await made(first, { url: receiver.url });
  const id = await createSession(nativeClient(first));
  await sendPrompt(nativeClient(first), id, 'Hi');
  await receiver.until(3);
  await first.stop();
  // As after a kill right behind the change of the session, and before it was noted.
  const tables = await openTables(first.folder);
  await tables.updateTable('webhook_session').set({ seq: 0 }).execute();
  await tables.destroy();
  receiver.received.length = 0;
  const second = await startManaged({ ...ALLOWED, folder: first.folder });
  await receiver.until(2);
  expect(receiver.types().toSorted()).toEqual(['session.status_idled', 'session.status_run_started']);
  await second.stop();
});

test('a message that is not taken is sent again, with the same id, also by the next server', async () => {
  const receiver = await startReceiver();
  receiver.answer = () => ({ status: 500 });
  const first = await startManaged(ALLOWED);
  const { id } = await made(first, { url: receiver.url });
  await first.client.beta.agents.create({ name: 'A', model: MODEL });
  await receiver.until(1);
  await expect.poll(() => json(first, 'GET', `/v1/native/webhooks/${id}`)).toMatchObject({ body: { failures: 1 } });
  await first.stop();
  receiver.answer = () => ({ status: 200 });
  const tables = await openTables(first.folder);
  await tables.updateTable('webhook_delivery').set({ next_at: 0 }).execute();
  await tables.destroy();
  const second = await startManaged({ ...ALLOWED, folder: first.folder });
  await receiver.until(2);
  const [once, again] = receiver.received;
  expect([again?.headers['webhook-id'], again?.body]).toEqual([once?.headers['webhook-id'], once?.body]);
  await expect.poll(() => json(second, 'GET', `/v1/native/webhooks/${id}`)).toMatchObject({ body: { failures: 0 } });
});

test('a message that is on its way when the server closes is not lost', async () => {
  const receiver = await startReceiver();
  receiver.answer = () => undefined;
  const first = await startManaged(ALLOWED);
  await made(first, { url: receiver.url });
  await first.client.beta.agents.create({ name: 'A', model: MODEL });
  await receiver.until(1);
  await first.stop();
  receiver.answer = () => ({ status: 200 });
  await startManaged({ ...ALLOWED, folder: first.folder });
  await receiver.until(2);
  expect(receiver.types()).toEqual(['agent.created', 'agent.created']);
});

test(
  'after twenty failures in a row a webhook is switched off, and told why; switched on, it goes on',
  { timeout: 30_000 },
  async () => {
    const receiver = await startReceiver();
    receiver.answer = () => ({ status: 302, headers: { location: `${receiver.url}/elsewhere` } });
    const on = await startManaged(ALLOWED);
    const { id } = await made(on, { url: receiver.url });
    for (let n = 0; n < 25; n += 1) await on.client.beta.agents.create({ name: `A${n}`, model: MODEL });
    const shown = () => json(on, 'GET', `/v1/native/webhooks/${id}`);
    await expect.poll(shown, { timeout: 20_000 }).toMatchObject({ body: { enabled: false } });
    expect((await shown()).body).toMatchObject({ disabled_reason: '20 failures in a row, at last: it answered 302' });
    // A redirect is a failure, and is not followed.
    expect(receiver.received.some(({ path }) => path === '/elsewhere')).toBe(false);
    receiver.answer = () => ({ status: 200 });
    receiver.received.length = 0;
    expect((await json(on, 'POST', `/v1/native/webhooks/${id}`, { enabled: true })).body).toMatchObject({
      enabled: true,
    });
    await receiver.until(25);
  },
);

test('a slow webhook keeps no other waiting', async () => {
  const [slow, quick] = await Promise.all([startReceiver(), startReceiver()]);
  if (slow === undefined || quick === undefined) throw new Error('no receivers');
  slow.answer = () => undefined;
  const on = await startManaged(ALLOWED);
  await made(on, { url: slow.url });
  await made(on, { url: quick.url });
  for (let n = 0; n < 12; n += 1) await on.client.beta.agents.create({ name: `A${n}`, model: MODEL });
  await quick.until(12);
  expect(slow.received.length).toBeLessThanOrEqual(2);
});

test('a test message tells at once what comes of it', async () => {
  const receiver = await startReceiver();
  const on = await startManaged(ALLOWED);
  const { id, secret } = await made(on, { url: receiver.url });
  const tried = () => json(on, 'POST', `/v1/native/webhooks/${id}/test`);
  expect((await tried()).body).toEqual({ delivered: true, status: 204, problem: null });
  const [message] = receiver.received;
  const opened = on.client.beta.webhooks.unwrap(message?.body ?? '', { headers: message?.headers ?? {}, key: secret });
  expect(opened).toMatchObject({ data: { type: 'webhook.test', id } });
  receiver.answer = () => ({ status: 404 });
  expect((await tried()).body).toEqual({ delivered: false, status: 404, problem: 'it answered 404' });
});

test.each([
  ['what is no address', { url: 'here' }, 'url: must be an address'],
  ['plain http', { url: 'http://example.org/' }, 'url: must be https'],
  ['a password', { url: 'https://a:b@example.org/' }, 'url: must be an address'],
  ['this machine', { url: 'https://127.0.0.1/' }, 'Webhooks go to public addresses only'],
  ['this machine in disguise', { url: 'https://[::ffff:127.0.0.1]/' }, 'Webhooks go to public addresses only'],
  ['the keeper of credentials', { url: 'https://169.254.169.254/latest' }, 'Webhooks go to public addresses only'],
  ['another scheme', { url: 'file:///etc/passwd' }, 'url: must be https'],
  ['an unknown event', { url: 'https://example.org/', events: ['agent.flew'] }, 'events.0'],
  ['an unknown field', { url: 'https://example.org/', colour: 'red' }, 'colour: not known here'],
])('%s is refused', async (_, body, told) => {
  const on = await startManaged();
  const answer = await json(on, 'POST', '/v1/native/webhooks', body);
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.body)).toContain(told);
});

test('a webhook of somebody else is as unknown as one that is not there; deleted, nothing is sent any more', async () => {
  const receiver = await startReceiver();
  const on = await startManaged(ALLOWED);
  const mine = await on.addKey({ user: 'me' });
  const other = await on.addKey();
  const observer = await on.addKey({ user: 'me', role: 'observer' });
  const { id } = await made(on, { url: receiver.url }, mine);
  const path = `/v1/native/webhooks/${id}`;
  const attempts = [
    ['GET', path, undefined],
    ['POST', path, { enabled: false }],
    ['POST', `${path}/test`, undefined],
    ['DELETE', path, undefined],
  ] as const;
  for (const [method, at, body] of attempts) {
    expect(await json(on, method, at, body, other)).toMatchObject({ status: 404 });
    expect(await json(on, method, at, body, observer)).toMatchObject({ status: method === 'GET' ? 200 : 403 });
  }
  expect((await json(on, 'GET', '/v1/native/webhooks', undefined, other)).body).toEqual({ data: [], next_page: null });
  expect((await json(on, 'DELETE', path, undefined, mine)).status).toBe(204);
  await on.clientWith(mine).beta.agents.create({ name: 'A', model: MODEL });
  expect((await json(on, 'GET', path, undefined, mine)).status).toBe(404);
  expect(receiver.received).toEqual([]);
});
