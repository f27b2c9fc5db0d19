import Anthropic from '@anthropic-ai/sdk';
import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { afterEach, expect, test, vi } from 'vitest';
import { openTables } from '../../src/store/tables.ts';
import { temporaryFolder } from '../running-server.ts';
import { serveInChild } from '../serve-in-child.ts';
import { answers, Follower, isOver, ofType, say, waitsFor } from './conversing.ts';
import { all, caught, type Managed, startManaged } from './fixture.ts';
import { clientOf, newQueue, take, workerKey } from './working.ts';

// The work queue over restarts and kills, of servers and of workers.

afterEach(() => void vi.useRealTimers());

/** A server in a process of its own, and the official client. */
async function startChild(
  folder: string,
): Promise<Pick<Managed, 'client' | 'fetch' | 'clientWith'> & { kill: () => Promise<void> }> {
  const { origin, secret, kill } = await serveInChild(folder);
  const clientWith: Managed['clientWith'] = (apiKey, more = {}) =>
    new Anthropic({ baseURL: origin, apiKey, maxRetries: 0, ...more });
  return {
    client: clientWith(secret),
    clientWith,
    kill,
    fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${secret}`);
      return fetch(origin + path, { ...init, headers });
    },
  };
}

const workerOf = (server: Managed, key: string) => server.clientWith('', { apiKey: null, authToken: key });

test('what is queued is there after a restart, and so is a lease; what was lost is found by the log', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [toolUse('bash', { command: 'uname' })] }) });
  const queue = await newQueue(server);
  const { environment, session, worker, key } = queue;
  await server.client.beta.sessions.events.send(session, { events: [say('Where am I?')] });
  const item = await take(queue);
  const of = { environment_id: environment };
  await worker.beta.environments.work.ack(item.id, of);
  const { last_heartbeat } = await worker.beta.environments.work.heartbeat(item.id, of);
  await server.stop();

  const second = await startManaged({ emulator: server.emulator, folder: server.folder });
  const { work } = workerOf(second, key).beta.environments;
  expect(await work.poll(environment)).toBeNull();
  const beat = await work.heartbeat(item.id, { ...of, expected_last_heartbeat: last_heartbeat });
  expect(beat).toMatchObject({ state: 'active', lease_extended: true });
  expect(await clientOf(second, item).beta.sessions.retrieve(session)).toMatchObject({ id: session });

  const tables = await openTables(server.folder);
  await tables.deleteFrom('work').execute();
  await tables.destroy();
  const found = await work.poll(environment, { block_ms: 999 });
  expect(found).toMatchObject({ data: { id: session }, state: 'queued' });
  expect(found?.id).not.toBe(item.id);
});

test('a server that is killed right after it has accepted a message has work for the next worker, once', async () => {
  const folder = await temporaryFolder();
  const first = await startChild(folder);
  const queue = await newQueue(first);
  await first.client.beta.sessions.events.send(queue.session, { events: [say('@tool bash {"command":"uname"}')] });
  await first.kill();

  const second = await startManaged({ folder });
  const worker = workerOf(second, queue.key);
  const polls = Array.from({ length: 5 }, () =>
    worker.beta.environments.work.poll(queue.environment, { block_ms: 999 }),
  );
  const items = (await Promise.all(polls)).filter((item) => item !== null);
  expect(items.map(({ data }) => data.id)).toEqual([queue.session]);
});

test('a server that is killed under a worker leaves it its item, and takes the result once', async () => {
  const folder = await temporaryFolder();
  const first = await startChild(folder);
  const queue = await newQueue(first);
  const stream = await first.client.beta.sessions.events.stream(queue.session);
  await first.client.beta.sessions.events.send(queue.session, { events: [say('@tool bash {"command":"uname"}')] });
  let call = '';
  for await (const event of stream) {
    if (event.type === 'agent.tool_use') call = event.id;
    if (event.type === 'session.status_idle') break;
  }
  const item = await take(queue);
  const of = { environment_id: queue.environment };
  await queue.worker.beta.environments.work.ack(item.id, of);
  const { last_heartbeat } = await queue.worker.beta.environments.work.heartbeat(item.id, of);
  await first.kill();

  const second = await startManaged({ folder, emulator: createEmulator({ script: [text('Linux.')] }) });
  const own = clientOf(second, item);
  const { work } = own.beta.environments;
  expect(await work.heartbeat(item.id, { ...of, expected_last_heartbeat: last_heartbeat })).toMatchObject({
    lease_extended: true,
  });
  const follower = await Follower.open(own, queue.session);
  const content = [{ type: 'text' as const, text: 'Linux' }];
  const events = [{ type: 'user.tool_result' as const, tool_use_id: call, content }];
  const given = await Promise.allSettled([1, 2].map(() => own.beta.sessions.events.send(queue.session, { events })));
  expect(given.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const seen = await follower.until(isOver);
  expect([ofType(seen, 'user.tool_result').length, answers(seen)]).toEqual([1, ['Linux.']]);
  expect(await work.stop(item.id, { ...of, force: true })).toMatchObject({ state: 'stopped' });
});

test('a worker that goes away while it waits takes nothing with it', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [toolUse('bash', { command: 'uname' })] }) });
  const { session, environment, worker } = await newQueue(server);
  const { work } = worker.beta.environments;
  const leave = new AbortController();
  const polling = caught(work.poll(environment, { block_ms: 999 }, { signal: leave.signal }));
  expect(await work.poll(environment)).toBeNull();
  leave.abort();
  expect(await polling).toBeInstanceOf(Anthropic.APIUserAbortError);
  await server.client.beta.sessions.events.send(session, { events: [say('Go')] });
  expect(await work.poll(environment, { block_ms: 500 })).toMatchObject({ data: { id: session } });
});

test('many workers that come, go silent and come back: an item is with one of them at a time', async () => {
  const calls = Array.from({ length: 4 }, () => toolUse('bash', { command: 'uname' }));
  const server = await startManaged({ emulator: createEmulator({ script: calls }) });
  const queue = await newQueue(server);
  const { agent } = await server.client.beta.sessions.retrieve(queue.session);
  const initial_events = [say('Go')];
  for (let n = 0; n < 4; n += 1) {
    await server.client.beta.sessions.create({ agent: agent.id, environment_id: queue.environment, initial_events });
  }
  const of = { environment_id: queue.environment };
  const { work } = queue.worker.beta.environments;
  const poll = () => work.poll(queue.environment, { reclaim_older_than_ms: 0 });
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  const holders = new Map<string, string>();
  for (let round = 0; round < 2; round += 1) {
    const taken = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const mine: { id: string; beat: string }[] = [];
        for (let item = await poll(); item !== null; item = await poll()) {
          // Handed out to several, it is with the first that acknowledges it.
          if ((await caught(work.ack(item.id, of))) !== undefined) continue;
          const beat = await work.heartbeat(item.id, { ...of, expected_last_heartbeat: 'NO_HEARTBEAT' });
          mine.push({ id: item.id, beat: beat.last_heartbeat });
        }
        return mine;
      }),
    );
    const got = taken.flat();
    expect([got.length, new Set(got.map(({ id }) => id)).size]).toEqual([4, 4]);
    for (const { id, beat } of got) {
      const before = holders.get(id);
      // Who had it in an earlier round has lost it, and learns so.
      if (before !== undefined) {
        const late = work.heartbeat(id, { ...of, expected_last_heartbeat: before });
        expect(await caught(late)).toBeInstanceOf(Anthropic.PreconditionFailedError);
      }
      holders.set(id, beat);
    }
    vi.setSystemTime(Date.now() + 31_000);
  }
  expect(holders.size).toBe(4);
  expect(await all(server.client.beta.environments.work.list(queue.environment))).toHaveLength(4);
});

test('the key of a worker is of one environment, made over the native API, and ends when it is revoked', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [toolUse('bash', { command: 'uname' })] }) });
  const queue = await newQueue(server);
  const stream = await Follower.open(server.client, queue.session);
  await server.client.beta.sessions.events.send(queue.session, { events: [say('Go')] });
  await stream.until(waitsFor(1));
  const another = workerOf(server, await workerKey(server, queue.environment));
  expect(await another.beta.environments.work.poll(queue.environment)).toMatchObject({ data: { id: queue.session } });
  const { data } = (await (await server.fetch('/v1/native/keys')).json()) as { data: { id: string }[] };
  for (const { id } of data) await server.fetch(`/v1/native/keys/${id}`, { method: 'DELETE' });
  await expect(another.beta.environments.work.poll(queue.environment)).rejects.toThrow(Anthropic.AuthenticationError);
  expect(await all(server.client.beta.environments.work.list(queue.environment))).toHaveLength(1);
});
