import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Anthropic from '@anthropic-ai/sdk';
import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { createEmulator, text, toolUse, toolUses } from '@colloquy/emulator';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { deferred } from '../../src/testing/deferred.ts';
import { temporaryFolder } from '../running-server.ts';
import { answers, ASK_ALWAYS, customTool, Follower, isOver, newSession, ofType, say, waitsFor } from './conversing.ts';
import { all, type Managed, startManaged } from './fixture.ts';
import { newQueue, type Queue } from './working.ts';

// The official client's own workers, end to end: `EnvironmentWorker`, `WorkPoller` and `SessionToolRunner`.

type Reply = ReturnType<typeof text>;

afterEach(() => void vi.useRealTimers());

const scripted = (...script: Reply[]) => createEmulator({ script });
const result = (events: Parameters<typeof ofType>[0]): string[] =>
  ofType(events, 'user.tool_result').map(({ content }) =>
    (content ?? []).map((block) => (block.type === 'text' ? block.text.trim() : '')).join(''),
  );

/** Runs the official worker until the test ends, or until it is stopped. */
async function startWorker(
  { url, key, environment }: { url: string; key: string; environment: string },
  server: Managed,
  o: Partial<Parameters<Anthropic['beta']['environments']['work']['worker']>[0]> & { fetch?: typeof fetch } = {},
) {
  const { fetch: fetchWith, ...options } = o;
  const client = server.clientWith('', {
    apiKey: null,
    authToken: key,
    baseURL: url,
    logLevel: 'off',
    ...(fetchWith === undefined ? {} : { fetch: fetchWith }),
  });
  const stop = new AbortController();
  const workdir = options.workdir ?? (await temporaryFolder());
  const worker = client.beta.environments.work.worker({
    environmentId: environment,
    environmentKey: key,
    maxIdleMs: 30,
    ...options,
    workdir,
  });
  const done = worker.run(stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  const end = (): Promise<void> => {
    stop.abort();
    return done;
  };
  onTestFinished(end);
  return { workdir, end };
}

/** A tool with the name of a built-in one, run by a function. */
function toolNamed(name: string, run: BetaRunnableTool['run']): BetaRunnableTool {
  return { type: 'custom', name, description: name, input_schema: { type: 'object' }, parse: (input) => input, run };
}

/** A network that can be unplugged: what is under way fails, and all that comes later. */
function plug() {
  const cut = new AbortController();
  const fetchThrough: typeof fetch = (input, init) =>
    fetch(input, { ...init, signal: AbortSignal.any([cut.signal, ...(init?.signal ? [init.signal] : [])]) });
  return { fetch: fetchThrough, pull: () => cut.abort(new TypeError('unplugged')) };
}

async function begin(server: Managed, queue: Queue, words = 'Go'): Promise<Follower> {
  const stream = await Follower.open(server.client, queue.session);
  await server.client.beta.sessions.events.send(queue.session, { events: [say(words)] });
  return stream;
}

const at = (server: Managed, queue: Queue) => ({ url: server.server.url, ...queue });

/** Asks until it is so. */
async function until<T>(ask: () => Promise<T>, isSo: (value: T) => boolean): Promise<T> {
  return vi.waitFor(
    async () => {
      const value = await ask();
      expect(isSo(value)).toBe(true);
      return value;
    },
    { timeout: 20_000, interval: 20 },
  );
}

test('the worker runs the tools in its own folder, gives the results, and its item comes to its end', async () => {
  const emulator = scripted(
    toolUses([{ name: 'write', input: { file_path: 'a.txt', content: 'written' } }]),
    toolUse('read', { file_path: 'a.txt' }),
    toolUse('bash', { command: 'cat a.txt && echo " and read"' }),
    text('All done.'),
  );
  const server = await startManaged({ emulator });
  const queue = await newQueue(server);
  const stream = await begin(server, queue);
  const { workdir } = await startWorker(at(server, queue), server);
  const seen = await stream.until(isOver);
  expect(answers(seen)).toEqual(['All done.']);
  expect(result(seen)[2]).toBe('written and read');
  expect(ofType(seen, 'agent.tool_result')).toEqual([]);
  expect(await readFile(join(workdir, 'a.txt'), 'utf8')).toBe('written');
  const list = () => all(server.client.beta.environments.work.list(queue.environment));
  const [item] = await until(list, ([one]) => one?.state === 'stopped');
  expect(item).toMatchObject({ started_at: expect.any(String), stopped_at: expect.any(String) });
});

test('a call that is asked about is held by the worker until it is confirmed', async () => {
  const emulator = scripted(toolUse('write', { file_path: 'a.txt', content: 'x' }), text('Done.'));
  const server = await startManaged({ emulator });
  const queue = await newQueue(server, ASK_ALWAYS);
  const stream = await begin(server, queue);
  const { workdir } = await startWorker(at(server, queue), server);
  const [call] = ofType(await stream.until(waitsFor(1)), 'agent.tool_use');
  await until(
    () => all(server.client.beta.environments.work.list(queue.environment)),
    ([item]) => item?.state === 'active',
  );
  await expect(readFile(join(workdir, 'a.txt'))).rejects.toThrow('ENOENT');
  const confirmation = {
    type: 'user.tool_confirmation' as const,
    tool_use_id: call?.id ?? '',
    result: 'allow' as const,
  };
  await server.client.beta.sessions.events.send(queue.session, { events: [confirmation] });
  expect(answers(await stream.until(isOver))).toEqual(['Done.']);
  expect(await readFile(join(workdir, 'a.txt'), 'utf8')).toBe('x');
});

test('a call that is denied is not run by the worker, and the conversation goes on', async () => {
  const emulator = scripted(toolUse('write', { file_path: 'a.txt', content: 'x' }), text('All right.'));
  const server = await startManaged({ emulator });
  const queue = await newQueue(server, ASK_ALWAYS);
  const stream = await begin(server, queue);
  const { workdir } = await startWorker(at(server, queue), server);
  const [call] = ofType(await stream.until(waitsFor(1)), 'agent.tool_use');
  const denial = { type: 'user.tool_confirmation' as const, tool_use_id: call?.id ?? '', result: 'deny' as const };
  await server.client.beta.sessions.events.send(queue.session, { events: [denial] });
  expect(answers(await stream.until(isOver))).toEqual(['All right.']);
  await expect(readFile(join(workdir, 'a.txt'))).rejects.toThrow('ENOENT');
});

test('a worker is killed in the middle of a call: another takes over and runs it', async () => {
  const server = await startManaged({ emulator: scripted(toolUse('bash', { command: 'uname' }), text('Done.')) });
  const queue = await newQueue(server);
  const stream = await begin(server, queue);
  const [started, network] = [deferred(), plug()];
  const hanging = toolNamed('bash', (_, context) => {
    started.resolve();
    return new Promise((_resolve, reject) =>
      context?.signal?.addEventListener('abort', () => reject(new Error('ended'))),
    );
  });
  await startWorker(at(server, queue), server, { tools: [hanging], fetch: network.fetch });
  await started.promise;
  network.pull();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 });
  const second = toolNamed('bash', () => 'run by the second');
  await startWorker(at(server, queue), server, { tools: [second] });
  const seen = await stream.until(isOver);
  expect(result(seen)).toEqual(['run by the second']);
  const items = await all(server.client.beta.environments.work.list(queue.environment));
  expect(items).toHaveLength(1);
});

test('of two workers on one queue each call is run by one', async () => {
  const calls = Array.from({ length: 4 }, (_, n) => toolUse('bash', { command: `echo ${n}` }));
  const server = await startManaged({ emulator: scripted(...calls, text('Done.')) });
  const queue = await newQueue(server);
  const stream = await begin(server, queue);
  let runs = 0;
  const counting = toolNamed('bash', () => `run ${(runs += 1)}`);
  await startWorker(at(server, queue), server, { tools: [counting] });
  await startWorker(at(server, queue), server, { tools: [counting] });
  const seen = await stream.until(isOver);
  expect(result(seen)).toEqual(['run 1', 'run 2', 'run 3', 'run 4']);
});

test('a worker that is asked to stop ends its tool, and says that it has stopped', async () => {
  const server = await startManaged({ emulator: scripted(toolUse('bash', { command: 'sleep' })), workLeaseSeconds: 2 });
  const queue = await newQueue(server);
  const [started, ended] = [deferred(), deferred()];
  const stream = await begin(server, queue);
  const hanging = toolNamed('bash', (_, context) => {
    started.resolve();
    return new Promise((_resolve, reject) =>
      context?.signal?.addEventListener('abort', () => {
        ended.resolve();
        reject(new Error('ended'));
      }),
    );
  });
  await startWorker(at(server, queue), server, { tools: [hanging] });
  await started.promise;
  await stream.until(waitsFor(1));
  const { work } = server.client.beta.environments;
  const [item] = await all(work.list(queue.environment));
  const of = { environment_id: queue.environment };
  expect(await work.stop(item?.id ?? '', of)).toMatchObject({ state: 'stopping' });
  await ended.promise;
  await until(
    () => work.retrieve(item?.id ?? '', of),
    ({ state }) => state === 'stopped',
  );
  expect((await server.client.beta.sessions.retrieve(queue.session)).status).toBe('idle');
});

test('an interrupt reaches the tool that a worker runs, and the worker takes what comes next', async () => {
  const emulator = scripted(toolUse('bash', { command: 'sleep' }), toolUse('bash', { command: 'echo' }), text('Done.'));
  const server = await startManaged({ emulator, workLeaseSeconds: 2 });
  const queue = await newQueue(server);
  const [started, ended] = [deferred(), deferred()];
  const stream = await begin(server, queue);
  let runs = 0;
  const tool = toolNamed('bash', (_, context) => {
    if ((runs += 1) > 1) return 'second call';
    started.resolve();
    return new Promise((_resolve, reject) =>
      context?.signal?.addEventListener('abort', () => {
        ended.resolve();
        reject(new Error('ended'));
      }),
    );
  });
  await startWorker(at(server, queue), server, { tools: [tool] });
  await started.promise;
  const { events } = server.client.beta.sessions;
  await events.send(queue.session, { events: [{ type: 'user.interrupt' }] });
  await stream.until(isOver);
  await ended.promise;
  await events.send(queue.session, { events: [say('Something else')] });
  const seen = await stream.until(isOver);
  expect([result(seen), answers(seen), runs]).toEqual([['second call'], ['Done.'], 2]);
});

test('the server is restarted in the middle of a call: the worker gives its result, which counts once', async () => {
  const emulator = scripted(toolUse('bash', { command: 'uname' }), text('Done.'));
  const server = await startManaged({ emulator });
  const queue = await newQueue(server);
  await begin(server, queue);
  const [started, finish] = [deferred(), deferred()];
  let { url } = server.server;
  const first = url;
  const moved: typeof fetch = (input, init) => fetch(new Request(input, init).url.replace(first, url), init);
  let runs = 0;
  const tool = toolNamed('bash', async () => {
    runs += 1;
    started.resolve();
    await finish.promise;
    return 'Linux';
  });
  await startWorker(at(server, queue), server, { tools: [tool], fetch: moved });
  await started.promise;
  await server.stop();
  const second = await startManaged({ emulator, folder: server.folder });
  ({ url } = second.server);
  const stream = await Follower.open(second.client, queue.session);
  finish.resolve();
  const seen = await stream.until(isOver);
  expect([result(seen), answers(seen), runs]).toEqual([['Linux'], ['Done.'], 1]);
});

test('the poller hands out items one by one, and stops each when its loop is done with it', async () => {
  const server = await startManaged({ emulator: scripted(toolUse('bash', { command: 'a' }), text('Done.')) });
  const queue = await newQueue(server);
  const stream = await begin(server, queue);
  await stream.until(waitsFor(1));
  const poller = server.client.beta.environments.work.poller({
    environmentId: queue.environment,
    environmentKey: queue.key,
    drain: true,
    blockMs: null,
  });
  for await (const item of poller) {
    expect(item).toMatchObject({ data: { type: 'session', id: queue.session } });
    const runner = server.client.beta.sessions.events.toolRunner(queue.session, {
      tools: [toolNamed('bash', () => 'run')],
      maxIdleMs: 30,
    });
    for await (const call of runner) expect(call).toMatchObject({ name: 'bash', posted: true });
  }
  expect(result(await stream.until(isOver))).toEqual(['run']);
  expect(await all(server.client.beta.environments.work.list(queue.environment))).toMatchObject([{ state: 'stopped' }]);
});

test('the tool runner answers custom tools in any environment, failures as such, and leaves other people’s alone', async () => {
  const emulator = scripted(
    toolUses([
      { name: 'look', input: { at: 1 } },
      { name: 'break', input: {} },
    ]),
    toolUse('theirs'),
    text('Done.'),
  );
  const server = await startManaged({ emulator });
  const session = await newSession(server, { agent: { tools: ['look', 'break', 'theirs'].map(customTool) } });
  const { events } = server.client.beta.sessions;
  const stream = await Follower.open(server.client, session.id);
  await events.send(session.id, { events: [say('Look')] });
  const runner = events.toolRunner(session.id, {
    tools: [
      toolNamed('look', ({ at: place }: { at: number }) => `seen at ${place}`),
      toolNamed('break', () => Promise.reject(new Error('broken'))),
    ],
    maxIdleMs: 30,
  });
  const calls: [string, boolean, boolean][] = [];
  for await (const call of runner) {
    calls.push([call.name, call.isError, call.posted]);
    if (call.name !== 'theirs') continue;
    const custom_tool_use_id = call.toolUseId;
    await events.send(session.id, { events: [{ type: 'user.custom_tool_result', custom_tool_use_id }] });
  }
  expect(calls).toEqual([
    ['look', false, true],
    ['break', true, true],
    ['theirs', false, false],
  ]);
  const seen = await stream.until(isOver);
  expect(ofType(seen, 'user.custom_tool_result').map(({ content }) => content)).toMatchObject([
    [{ text: 'seen at 1' }],
    [{ text: expect.stringContaining('broken') }],
    [],
  ]);
});

test('a tool runner that comes later runs what waits, and nothing that an interrupt has ended', async () => {
  const emulator = scripted(toolUse('look', { at: 1 }), toolUse('look', { at: 2 }), text('Done.'));
  const server = await startManaged({ emulator });
  const session = await newSession(server, { agent: { tools: [customTool('look')] } });
  const { events } = server.client.beta.sessions;
  const stream = await Follower.open(server.client, session.id);
  await events.send(session.id, { events: [say('Look')] });
  await stream.until(waitsFor(1));
  await events.send(session.id, { events: [{ type: 'user.interrupt' }, say('There instead')] });
  await stream.until(waitsFor(1));
  const looked: number[] = [];
  const look = toolNamed('look', ({ at: place }: { at: number }) => {
    looked.push(place);
    return 'seen';
  });
  for await (const _ of events.toolRunner(session.id, { tools: [look], maxIdleMs: 30 }));
  expect(looked).toEqual([2]);
  expect(answers(await stream.until(isOver))).toEqual(['Done.']);
});

test('two tool runners on one session: one result counts, and neither ends the other', async () => {
  const server = await startManaged({ emulator: scripted(toolUse('look'), text('Done.')) });
  const session = await newSession(server, { agent: { tools: [customTool('look')] } });
  const { events } = server.client.withOptions({ logLevel: 'off' }).beta.sessions;
  const stream = await Follower.open(server.client, session.id);
  await events.send(session.id, { events: [say('Look')] });
  await stream.until(waitsFor(1));
  const run = async (): Promise<boolean[]> => {
    const posted: boolean[] = [];
    const tools = [toolNamed('look', () => 'seen')];
    for await (const call of events.toolRunner(session.id, { tools, maxIdleMs: 100 })) posted.push(call.posted);
    return posted;
  };
  const both = (await Promise.all([run(), run()])).flat();
  expect(both.filter(Boolean)).toHaveLength(1);
  expect(ofType(await stream.until(isOver), 'user.custom_tool_result')).toHaveLength(1);
});
