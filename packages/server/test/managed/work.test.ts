import Anthropic from '@anthropic-ai/sdk';
import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { BetaHeartbeatPreconditionFailedError } from '@anthropic-ai/sdk/resources/beta/environments/work';
import { afterEach, expect, test, vi } from 'vitest';
import { Follower, isOver, newSession, ofType, say, waitsFor } from './conversing.ts';
import { all, caught, refusal, startManaged } from './fixture.ts';
import { clientOf, newQueue, take, type Work } from './working.ts';

// The work queue of a self-hosted environment, call by call, with the official client.

const bash = (command = 'uname') => toolUse('bash', { command });
type Reply = ReturnType<typeof text>;
const startWith = (...script: Reply[]) => startManaged({ emulator: createEmulator({ script }) });

/** A server with a session whose model has called a tool. */
async function waiting(...script: Reply[]) {
  const server = await startWith(...(script.length === 0 ? [bash(), text('Done.')] : script));
  const queue = await newQueue(server);
  const stream = await Follower.open(server.client, queue.session);
  await server.client.beta.sessions.events.send(queue.session, { events: [say('Where am I?')] });
  const [call] = ofType(await stream.until(waitsFor(1)), 'agent.tool_use');
  const { work } = queue.worker.beta.environments;
  return { server, ...queue, stream, call, work, of: { environment_id: queue.environment } };
}

afterEach(() => void vi.useRealTimers());

const clock = (): void => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
const pass = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

test('a session with something to do is handed out once, with all its keys and a secret that serves it alone', async () => {
  const { server, session, environment, stream, call, work, worker } = await waiting();
  const item = await take({ worker, environment });
  expect(item).toEqual({
    id: expect.stringMatching(/^work_/),
    type: 'work',
    environment_id: environment,
    data: { type: 'session', id: session },
    state: 'queued',
    secret: expect.any(String),
    metadata: {},
    created_at: expect.any(String),
    acknowledged_at: null,
    started_at: null,
    latest_heartbeat_at: null,
    stop_requested_at: null,
    stopped_at: null,
  });
  expect(await work.poll(environment)).toBeNull();
  const own = clientOf(server, item);
  expect(await own.beta.sessions.retrieve(session)).toMatchObject({ id: session });
  const content = [{ type: 'text' as const, text: 'Linux' }];
  await own.beta.sessions.events.send(session, {
    events: [{ type: 'user.tool_result', tool_use_id: call?.id ?? '', content }],
  });
  await stream.until(isOver);
});

test('the token of an item is good for nothing else', async () => {
  const { server, session, environment, worker } = await waiting();
  const own = clientOf(server, await take({ worker, environment }));
  const other = await newSession(server);
  const { beta } = own;
  expect(await refusal(beta.sessions.events.send(session, { events: [say('Hi')] }))).toContain(
    'PermissionDeniedError 403',
  );
  expect(await refusal(beta.sessions.retrieve(other.id))).toContain('NotFoundError 404');
  expect(await refusal(all(beta.sessions.list()))).toContain('PermissionDeniedError 403');
  expect(await refusal(beta.environments.work.poll(environment))).toContain('PermissionDeniedError 403');
  expect(await refusal(beta.sessions.delete(session))).toContain('PermissionDeniedError 403');
});

test('the key of an environment is good for its queue, and for no session, no other queue and no item by itself', async () => {
  const { server, session, environment, worker, work, of } = await waiting();
  const other = await newQueue(server);
  const item = await take({ worker, environment });
  expect(await refusal(worker.beta.sessions.retrieve(session))).toContain('PermissionDeniedError 403');
  expect(await refusal(work.poll(other.environment))).toContain('NotFoundError 404');
  expect(await refusal(work.retrieve(item.id, of))).toContain('PermissionDeniedError 403');
  expect(await refusal(work.stats(environment))).toContain('PermissionDeniedError 403');
  expect(await all(work.list(environment))).toMatchObject([{ id: item.id, secret: null }]);
});

test('without work a poll is null, at once or after the time it was to wait; work that comes meanwhile ends the wait', async () => {
  const server = await startWith(bash(), text('Done.'));
  const { session, environment, worker } = await newQueue(server);
  const { work } = worker.beta.environments;
  expect(await work.poll(environment)).toBeNull();
  const started = performance.now();
  expect(await work.poll(environment, { block_ms: 120 })).toBeNull();
  expect(performance.now() - started).toBeGreaterThanOrEqual(115);
  const polling = work.poll(environment, { block_ms: 999 });
  await server.client.beta.sessions.events.send(session, { events: [say('Go')] });
  expect(await polling).toMatchObject({ data: { id: session } });
});

test('an item goes from queued over starting and active to stopped, and tells the times of it', async () => {
  const { server, environment, worker, work, of } = await waiting();
  const { id } = await take({ worker, environment });
  const seen: (string | null)[] = [];
  const see = async (): Promise<Work> => {
    const item = await server.client.beta.environments.work.retrieve(id, of);
    seen.push(item.state);
    return item;
  };
  expect(await see()).toMatchObject({ secret: null, acknowledged_at: null });
  expect(await work.ack(id, of)).toMatchObject({ state: 'starting', acknowledged_at: expect.any(String) });
  await see();
  const beat = await work.heartbeat(id, { ...of, expected_last_heartbeat: 'NO_HEARTBEAT' });
  expect(beat).toEqual({
    type: 'work_heartbeat',
    last_heartbeat: expect.any(String),
    lease_extended: true,
    state: 'active',
    ttl_seconds: 30,
  });
  expect(await see()).toMatchObject({ started_at: expect.any(String), latest_heartbeat_at: beat.last_heartbeat });
  expect(await work.stop(id, of)).toMatchObject({ state: 'stopping', stop_requested_at: expect.any(String) });
  await see();
  expect(await work.stop(id, { ...of, force: true })).toMatchObject({
    state: 'stopped',
    stopped_at: expect.any(String),
  });
  await see();
  expect(seen).toEqual(['queued', 'starting', 'active', 'stopping', 'stopped']);
});

test('what may not be asked of an item in its state is refused as such', async () => {
  const { environment, worker, work, of } = await waiting();
  const { id } = await take({ worker, environment });
  await work.ack(id, of);
  expect(await refusal(work.ack(id, of))).toContain('ConflictError 409');
  await work.stop(id, { ...of, force: true });
  expect(await refusal(work.stop(id, of))).toContain('ConflictError 409');
  expect(await refusal(work.ack(id, of))).toContain('ConflictError 409');
  expect(await refusal(work.ack('work_00000000000000000000000000', of))).toContain('NotFoundError 404');
  expect(await work.heartbeat(id, of)).toMatchObject({ state: 'stopped', lease_extended: false });
});

test('heartbeats keep the lease by naming the one before; whoever names another has lost it, and is told what is so', async () => {
  const { environment, worker, work, of } = await waiting();
  const { id } = await take({ worker, environment });
  const beat = (expected_last_heartbeat: string, more: object = {}) =>
    work.heartbeat(id, { ...of, expected_last_heartbeat, ...more });
  expect(await caught(beat('NO_HEARTBEAT'))).toBeInstanceOf(Anthropic.PreconditionFailedError);
  await work.ack(id, of);
  const first = await beat('NO_HEARTBEAT', { desired_ttl_seconds: 60 });
  expect(first.ttl_seconds).toBe(60);
  const second = await beat(first.last_heartbeat);
  expect(second.last_heartbeat > first.last_heartbeat).toBe(true);
  for (const wrong of ['NO_HEARTBEAT', first.last_heartbeat, 'yesterday']) {
    const error = await caught(beat(wrong));
    expect(error).toBeInstanceOf(BetaHeartbeatPreconditionFailedError);
    expect(error).toMatchObject({
      status: 412,
      errorCode: 'heartbeat_precondition_failed',
      details: {
        error_code: 'heartbeat_precondition_failed',
        current_state: {
          last_heartbeat: second.last_heartbeat,
          lease_extended: false,
          state: 'active',
          ttl_seconds: 30,
        },
      },
    });
  }
  expect(await beat(second.last_heartbeat)).toMatchObject({ lease_extended: true });
});

test('of two first heartbeats at once one has the item', async () => {
  const { environment, worker, work, of } = await waiting();
  const { id } = await take({ worker, environment });
  await work.ack(id, of);
  const beats = await Promise.allSettled(
    Array.from({ length: 5 }, () => work.heartbeat(id, { ...of, expected_last_heartbeat: 'NO_HEARTBEAT' })),
  );
  expect(beats.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('of many workers that ask at once each gets an item of its own, and the rest none', async () => {
  const server = await startWith(bash(), bash(), bash());
  const { environment, worker, session } = await newQueue(server);
  const { agent } = await server.client.beta.sessions.retrieve(session);
  const ids = [session];
  for (let n = 0; n < 2; n += 1) {
    const more = await server.client.beta.sessions.create({ agent: agent.id, environment_id: environment });
    ids.push(more.id);
  }
  for (const id of ids) await server.client.beta.sessions.events.send(id, { events: [say('Go')] });
  const { work } = worker.beta.environments;
  const got = await Promise.all(Array.from({ length: 8 }, () => work.poll(environment)));
  expect(got.flatMap((item) => item?.data.id ?? []).toSorted()).toEqual(ids.toSorted());
});

test('what was not acknowledged is handed out again after its time, and is the first one’s who acknowledges it', async () => {
  const { environment, worker, work, of } = await waiting();
  const first = await take({ worker, environment });
  expect(await work.poll(environment)).toBeNull();
  expect(await work.poll(environment, { reclaim_older_than_ms: 60_000 })).toBeNull();
  const again = await take({ worker, environment }, { reclaim_older_than_ms: 0 });
  expect(again.id).toBe(first.id);
  clock();
  pass(5_001);
  expect((await take({ worker, environment })).id).toBe(first.id);
  expect(await work.ack(first.id, of)).toMatchObject({ state: 'starting' });
  expect(await refusal(work.ack(first.id, of))).toContain('ConflictError 409');
});

test('a worker that is not heard of loses its item to the next, and its credential with it', async () => {
  const { server, session, environment, worker, work, of, call, stream } = await waiting();
  clock();
  const lost = await take({ worker, environment });
  await work.ack(lost.id, of);
  const beat = await work.heartbeat(lost.id, { ...of, expected_last_heartbeat: 'NO_HEARTBEAT' });
  pass(29_000);
  expect(await work.poll(environment)).toBeNull();
  pass(1_001);
  const taken = await take({ worker, environment });
  expect(taken).toMatchObject({ id: lost.id, state: 'queued', started_at: null });
  await work.ack(taken.id, of);
  await work.heartbeat(taken.id, { ...of, expected_last_heartbeat: 'NO_HEARTBEAT' });
  const late = work.heartbeat(lost.id, { ...of, expected_last_heartbeat: beat.last_heartbeat });
  expect(await refusal(late)).toContain('PreconditionFailedError 412');
  const content = [{ type: 'text' as const, text: 'Linux' }];
  const events = [{ type: 'user.tool_result' as const, tool_use_id: call?.id ?? '', content }];
  expect(await refusal(clientOf(server, lost).beta.sessions.events.send(session, { events }))).toContain('401');
  await clientOf(server, taken).beta.sessions.events.send(session, { events });
  expect(ofType(await stream.until(isOver), 'user.tool_result')).toHaveLength(1);
});

test('an acknowledged item whose worker never begins is given to another', async () => {
  const { environment, worker, work, of } = await waiting();
  clock();
  const { id } = await take({ worker, environment });
  await work.ack(id, of);
  pass(89_000);
  expect(await work.poll(environment)).toBeNull();
  pass(1_001);
  expect((await take({ worker, environment })).id).toBe(id);
});

test('no worker: the call waits, and nothing fails', async () => {
  const { server, session, environment, worker } = await waiting();
  clock();
  pass(24 * 3_600_000);
  expect(await server.client.beta.sessions.retrieve(session)).toMatchObject({ status: 'idle' });
  expect((await take({ worker, environment })).data.id).toBe(session);
});

test('a session whose turn needs no tool leaves no work behind', async () => {
  const server = await startWith(text('Hello.'));
  const { session, environment, worker } = await newQueue(server);
  const stream = await Follower.open(server.client, session);
  await server.client.beta.sessions.events.send(session, { events: [say('Hi')] });
  await stream.until(isOver);
  expect(await worker.beta.environments.work.poll(environment)).toBeNull();
  expect(await server.client.beta.environments.work.stats(environment)).toMatchObject({ depth: 0, pending: 0 });
});

test('a worker that gives a session up leaves its work to the next; without progress that waits, and longer each time', async () => {
  const { environment, worker, work, of } = await waiting();
  clock();
  const first = await take({ worker, environment });
  await work.stop(first.id, { ...of, force: true });
  const second = await take({ worker, environment });
  expect(second.id).not.toBe(first.id);
  await work.stop(second.id, { ...of, force: true });
  expect(await work.poll(environment)).toBeNull();
  pass(1_000);
  const third = await take({ worker, environment });
  await work.stop(third.id, { ...of, force: true });
  pass(1_000);
  expect(await work.poll(environment)).toBeNull();
  pass(1_000);
  expect((await take({ worker, environment })).id).not.toBe(third.id);
});

test('work that a person has stopped is over until the session is given something', async () => {
  const { server, session, environment, worker, of, stream, call } = await waiting(bash(), bash(), text('Done.'));
  const { id } = await take({ worker, environment });
  await server.client.beta.environments.work.stop(id, { ...of, force: true });
  expect(await worker.beta.environments.work.poll(environment)).toBeNull();
  const content = [{ type: 'text' as const, text: 'Linux' }];
  await server.client.beta.sessions.events.send(session, {
    events: [{ type: 'user.tool_result', tool_use_id: call?.id ?? '', content }],
  });
  await stream.until(waitsFor(1));
  expect(await take({ worker, environment })).toMatchObject({ data: { id: session } });
});

test('a person’s stop ends an idle item at once, and asks a worker to stop that is at it', async () => {
  const { server, session, environment, worker, work, of } = await waiting();
  const { id, ...item } = await take({ worker, environment });
  await work.ack(id, of);
  const own = clientOf(server, { id, ...item });
  const { last_heartbeat } = await own.beta.environments.work.heartbeat(id, of);
  const { beta } = server.client;
  expect(await beta.environments.work.stop(id, of)).toMatchObject({ state: 'stopping' });
  expect(await own.beta.sessions.retrieve(session)).toMatchObject({ id: session });
  expect(await own.beta.environments.work.heartbeat(id, of)).toMatchObject({
    state: 'stopping',
    lease_extended: false,
    last_heartbeat,
  });
  expect(await own.beta.environments.work.stop(id, { ...of, force: true })).toMatchObject({ state: 'stopped' });
  expect(await refusal(own.beta.sessions.retrieve(session))).toContain('AuthenticationError 401');
  expect(await work.poll(environment)).toBeNull();
});

test('a forced stop ends the streams of its worker', async () => {
  const { server, session, environment, worker, of } = await waiting();
  const item = await take({ worker, environment });
  const stream = await Follower.open(clientOf(server, item), session);
  await server.client.beta.environments.work.stop(item.id, { ...of, force: true });
  expect(await stream.rest()).toEqual([]);
});

test('an interrupt ends the work: what waits is not handed out, and its worker hears it', async () => {
  const { server, session, environment, worker, work, of, stream, call } = await waiting();
  const { id } = await take({ worker, environment });
  await work.ack(id, of);
  await work.heartbeat(id, of);
  await server.client.beta.sessions.events.send(session, { events: [{ type: 'user.interrupt' }] });
  const seen = await stream.until(isOver);
  // Whoever reads the history knows that there is nothing to be run any more.
  expect(ofType(seen, 'user.tool_result')).toMatchObject([{ tool_use_id: call?.id, is_error: true }]);
  expect(await work.heartbeat(id, of)).toMatchObject({ state: 'stopping', lease_extended: false });
  await work.stop(id, { ...of, force: true });
  expect(await work.poll(environment)).toBeNull();
});

test('an archived session has no work, and a deleted one leaves none', async () => {
  const { server, session, environment, worker, work, of } = await waiting();
  const { beta } = server.client;
  const { id } = await take({ worker, environment });
  await work.ack(id, of);
  await work.heartbeat(id, of);
  await beta.environments.work.update(id, { ...of, metadata: { note: 'mine' } });
  await beta.sessions.archive(session);
  expect(await work.heartbeat(id, of)).toMatchObject({ state: 'stopping', lease_extended: false });
  await work.stop(id, { ...of, force: true });
  expect(await work.poll(environment)).toBeNull();
  await beta.sessions.delete(session);
  expect(await all(beta.environments.work.list(environment))).toEqual([]);
});

test('a session that is deleted under its worker tells it so', async () => {
  const { server, session, environment, worker, work, of } = await waiting();
  const { id } = await take({ worker, environment });
  await work.ack(id, of);
  await work.heartbeat(id, of);
  await server.client.beta.environments.work.update(id, { ...of, metadata: { note: 'mine' } });
  await server.client.beta.sessions.events.send(session, { events: [{ type: 'user.interrupt' }] });
  await server.client.beta.sessions.delete(session);
  expect(await work.heartbeat(id, of)).toMatchObject({ state: 'stopping' });
  expect(await work.stop(id, of)).toMatchObject({ state: 'stopping', metadata: {} });
});

test('metadata is patched, listed and bounded', async () => {
  const { server, environment, worker, of } = await waiting();
  const { id } = await take({ worker, environment });
  const { work } = server.client.beta.environments;
  expect(await work.update(id, { ...of, metadata: { a: '1', b: '2' } })).toMatchObject({
    metadata: { a: '1', b: '2' },
  });
  expect(await work.update(id, { ...of, metadata: { a: null, c: '3' } })).toMatchObject({
    metadata: { b: '2', c: '3' },
  });
  expect(await work.retrieve(id, of)).toMatchObject({ metadata: { b: '2', c: '3' }, secret: null });
  const tooMuch = Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`key${n}`, 'x']));
  const error = await caught(work.update(id, { ...of, metadata: tooMuch }));
  expect(error).toMatchObject({ status: 400, errorCode: 'invalid_metadata' });
  expect(await refusal(work.update(id, { ...of, metadata: { a: 1 as unknown as string } }))).toContain('metadata.a');
});

test('the list goes over its pages, newest first; stats count what waits and who asks', async () => {
  const server = await startWith(bash(), bash(), bash(), bash(), bash());
  const { session, environment, worker } = await newQueue(server);
  const { agent } = await server.client.beta.sessions.retrieve(session);
  const { beta } = server.client;
  for (let n = 0; n < 5; n += 1) {
    await beta.sessions.create({ agent: agent.id, environment_id: environment, initial_events: [say(`${n}`)] });
  }
  const { work } = worker.beta.environments;
  expect(await beta.environments.work.stats(environment)).toMatchObject({ depth: 5, pending: 0, workers_polling: 0 });
  const item = await work.poll(environment, { 'Anthropic-Worker-ID': 'one' });
  await work.poll(environment, { 'Anthropic-Worker-ID': 'two' });
  await work.poll(environment, { 'Anthropic-Worker-ID': 'two' });
  expect(await beta.environments.work.stats(environment)).toEqual({
    type: 'work_queue_stats',
    depth: 2,
    pending: 3,
    oldest_queued_at: item?.created_at,
    workers_polling: 2,
  });
  const listed = await all(beta.environments.work.list(environment, { limit: 2 }));
  expect(new Set(listed.map(({ id }) => id)).size).toBe(5);
  expect(listed.map(({ created_at }) => created_at)).toEqual(
    listed
      .map(({ created_at }) => created_at)
      .toSorted()
      .toReversed(),
  );
  const [first] = (await beta.environments.work.list(environment, { limit: 1 })).data;
  expect(first).toMatchObject({ secret: null, type: 'work' });
});

test('what a poll, a heartbeat or a stop may not say is a 400 that names it', async () => {
  const { environment, worker, work, of } = await waiting();
  const { id } = await take({ worker, environment });
  for (const block_ms of [0, 1_000, -1, 1.5])
    expect(await refusal(work.poll(environment, { block_ms }))).toContain('block_ms');
  expect(await refusal(work.poll(environment, { reclaim_older_than_ms: -1 }))).toContain('reclaim_older_than_ms');
  expect(await refusal(work.heartbeat(id, { ...of, desired_ttl_seconds: 0 }))).toContain('desired_ttl_seconds');
  const odd = { ...of, force: 'yes' as unknown as boolean };
  expect(await refusal(work.stop(id, odd))).toContain('BadRequestError 400 force');
  expect(await refusal(work.stop(id, { ...of, now: true } as typeof of))).toContain('now: not known here');
  expect(await refusal(work.list(environment, { page: 'nothing' }))).toContain('page');
});

test('an environment whose tools run on the server has no work for workers', async () => {
  const server = await startManaged();
  const { id } = await server.client.beta.environments.create({ name: 'Cloud' });
  const error = await caught(server.client.beta.environments.work.poll(id));
  expect(error).toMatchObject({ status: 400, errorCode: 'environment_not_self_hosted' });
  const nowhere = server.client.beta.environments.work.poll('env_00000000000000000000000000');
  expect(await refusal(nowhere)).toContain('NotFoundError 404');
});

test('an observer looks at the work and takes none; of somebody else’s nobody sees anything', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [bash()] }) });
  const ada = server.clientWith(await server.addKey({ user: 'ada' }));
  const queue = await newQueue({ ...server, client: ada });
  await ada.beta.sessions.events.send(queue.session, { events: [say('Go')] });
  const observer = server.clientWith(await server.addKey({ user: 'ada', role: 'observer' })).beta.environments.work;
  const bob = server.clientWith(await server.addKey({ user: 'bob' })).beta.environments.work;
  expect(await observer.stats(queue.environment)).toMatchObject({ depth: 1 });
  expect(await refusal(observer.poll(queue.environment))).toContain('PermissionDeniedError 403');
  expect(await refusal(bob.poll(queue.environment))).toContain('NotFoundError 404');
  expect(await refusal(bob.list(queue.environment))).toContain('NotFoundError 404');
  expect((await take(queue)).data.id).toBe(queue.session);
});
