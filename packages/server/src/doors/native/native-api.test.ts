import { ConfigurationError, SessionBusyError } from 'colloquy';
import type { Entry } from 'colloquy/internal';
import { expect, test, vi } from 'vitest';
import { scriptedEngine } from '../../testing/scripted-engine.ts';
import { jsonOf, ORIGIN, signIn, testApp } from '../../testing/test-app.ts';
import type { AppOptions } from '../../app-options.ts';

// What the native API takes and what it refuses, over sessions that do nothing. The real engine is in `test/`.

async function start(o: Partial<AppOptions> & { ids?: string[] } = {}) {
  const engine = scriptedEngine(o.ids ?? ['00000000-0000-4000-8000-00000000000a']);
  const faults: { error: unknown; requestId: string | undefined }[] = [];
  const app = testApp({ engine, onError: (error, requestId) => faults.push({ error, requestId }), ...o });
  const client = await signIn(app);
  return { engine, faults, client, app, [Symbol.asyncDispose]: () => app.close() };
}

const prompt = (content: unknown, more: object = {}) => ({
  type: 'user',
  message: { role: 'user', content },
  parent_tool_use_id: null,
  ...more,
});

async function problem(response: Response): Promise<[status: number, message: string]> {
  const body = await jsonOf<{ error: { message: string } }>(response);
  return [response.status, body.error.message];
}

type Info = { version: string; permissionModes: string[]; models: unknown[] };

test('healthz answers anybody, and tells nothing', async () => {
  await using server = await start();
  const response = await server.app.fetch(new Request(`${ORIGIN}/healthz`));
  expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
});

test('info tells what this server is', async () => {
  await using server = await start({ simulated: true, sandbox: 'working' });
  const info = await jsonOf<Info>(server.client.get('/v1/native/info'));
  expect(info).toMatchObject({
    model: 'test-model',
    simulated: true,
    endpoint: 'a test',
    cwd: process.cwd(),
    sandbox: 'working',
    you: expect.stringMatching(/./),
    permissionMode: 'default',
  });
  expect(info.version).toMatch(/^\d+\.\d+\.\d+/);
  expect(info.permissionModes).toEqual(['default', 'acceptEdits', 'plan', 'dontAsk', 'readOnly', 'strict']);
  expect(info.models[0]).toEqual({ value: expect.any(String), displayName: expect.any(String) });
});

test('a new session has the server’s model, mode and folder unless it names its own, and keeps what it was made with', async () => {
  await using server = await start({ ids: [], permissionMode: 'strict', sessionDefaults: { maxRetries: 2 } });
  const plain = await server.client.post('/v1/native/sessions', {});
  expect([plain.status, await plain.json()]).toEqual([
    201,
    {
      id: expect.any(String),
      title: null,
      custom_title: null,
      first_prompt: null,
      summary: null,
      tag: null,
      created_at: expect.any(String),
      updated_at: expect.any(String),
      running: false,
      cwd: process.cwd(),
      model: 'test-model',
      permission_mode: 'strict',
      agent: null,
      archived_at: null,
      options: { model: 'test-model', permissionMode: 'strict' },
      tools: [],
    },
  ]);
  const options = { model: 'other', permissionMode: 'readOnly', allowedTools: ['Read'], maxTurns: 3 };
  const own = await (
    await server.client.post('/v1/native/sessions', { options: { ...options, title: ' Mine ', cwd: 'packages' } })
  ).json();
  expect(own).toMatchObject({
    title: 'Mine',
    cwd: `${process.cwd()}/packages`,
    model: 'other',
    permission_mode: 'readOnly',
  });
  const [first, second] = [...server.engine.rows.keys()];
  expect(server.engine.opened).toEqual([
    { maxRetries: 2, model: 'test-model', permissionMode: 'strict', cwd: process.cwd(), resume: first },
    { maxRetries: 2, ...options, cwd: `${process.cwd()}/packages`, resume: second },
  ]);
});

test('a session whose options the engine refuses is a 400 and leaves nothing behind', async () => {
  await using server = await start({ ids: [] });
  server.engine.failOpening('*', new ConfigurationError('maxBudgetUsd needs a model with a known price'));
  const response = await server.client.post('/v1/native/sessions', { options: { maxBudgetUsd: 1 } });
  expect(await problem(response)).toEqual([400, 'maxBudgetUsd needs a model with a known price']);
  expect([...server.engine.rows.keys()]).toEqual([]);
});

test('sessions of other programs and of other folders do not exist here', async () => {
  await using server = await start({ ids: ['00000000-0000-4000-8000-00000000000a', 'program', 'elsewhere'] });
  server.engine.rows.get('program')!.data = {};
  server.engine.rows.get('elsewhere')!.cwd = '/somewhere/else';
  const list = await jsonOf<{ data: { id: string }[] }>(server.client.get('/v1/native/sessions'));
  expect(list.data.map(({ id }) => id)).toEqual(['00000000-0000-4000-8000-00000000000a']);
  for (const id of ['program', 'elsewhere']) {
    expect((await server.client.get(`/v1/native/sessions/${id}`)).status).toBe(404);
    expect((await server.client.get(`/v1/sessions/${id}/log`)).status).toBe(404);
    expect((await server.client.get(`/v1/sessions/${id}/messages/stream`)).status).toBe(404);
    expect((await server.client.post(`/v1/sessions/${id}/messages`, prompt('x'))).status).toBe(404);
    expect((await server.client.delete(`/v1/native/sessions/${id}`)).status).toBe(404);
  }
  expect(server.engine.opened).toEqual([]);
});

test('a session’s object tells the model and the mode that were set since', async () => {
  await using server = await start();
  await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/control', { name: 'serverInfo' });
  server.engine.session('00000000-0000-4000-8000-00000000000a').answers = {
    setModel: { model: 'claude-other' },
    setPermissionMode: { mode: 'default' },
  };
  await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/control', {
    name: 'setModel',
    args: { model: 'other' },
  });
  await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/control', {
    name: 'setPermissionMode',
    args: { mode: 'strict' },
  });
  const object = await (await server.client.get('/v1/native/sessions/00000000-0000-4000-8000-00000000000a')).json();
  expect(object).toMatchObject({ model: 'claude-other', permission_mode: 'strict' });
});

test.each([
  [{ option: {} }, 'option: not known here'],
  [{ options: { modle: 'x' } }, 'options.modle: not known here'],
  [{ options: { apiKey: 'x', env: {} } }, 'options.apiKey, options.env: not known here'],
  [{ options: { allowDangerouslySkipPermissions: true } }, 'options.allowDangerouslySkipPermissions: not known here'],
  [{ options: { permissionMode: 'auto' } }, expect.stringMatching(/^options\.permissionMode: /)],
  [{ options: { permissionMode: 'bypassPermissions' } }, expect.stringContaining('not allowed on this server')],
  [{ options: { maxTurns: 0 } }, expect.stringMatching(/^options\.maxTurns: /)],
  [{ options: { maxBudgetUsd: -1 } }, expect.stringMatching(/^options\.maxBudgetUsd: /)],
  [{ options: { cwd: '/' } }, expect.stringMatching(/^options\.cwd: \/ is not a folder inside /)],
  [{ options: { cwd: '../..' } }, expect.stringMatching(/^options\.cwd: /)],
  [{ options: { title: '' } }, expect.stringMatching(/^options\.title: /)],
  [{ options: { systemPrompt: { type: 'preset', preset: 'other' } } }, expect.stringMatching(/^options\.systemPrompt/)],
  [{ options: { thinking: { type: 'enabled', budget: 1 } } }, expect.stringMatching(/options\.thinking/)],
  [[], expect.any(String)],
  [null, expect.any(String)],
])('a session made of %j is a 400 that says why', async (body, message) => {
  await using server = await start();
  expect(await problem(await server.client.post('/v1/native/sessions', body))).toEqual([400, message]);
  expect(server.engine.opened).toEqual([]);
});

test('bypassPermissions is for servers whose operator allowed it', async () => {
  await using server = await start({ allowUnsandboxed: true });
  const response = await server.client.post('/v1/native/sessions', {
    options: { permissionMode: 'bypassPermissions' },
  });
  expect(response.status).toBe(201);
  const info = await jsonOf<Info>(server.client.get('/v1/native/info'));
  expect(info.permissionModes).toContain('bypassPermissions');
  const control = await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/control', {
    name: 'setPermissionMode',
    args: { mode: 'bypassPermissions' },
  });
  expect(control.status).toBe(200);
});

test('a prompt reaches the session as it came, and is answered with 202', async () => {
  await using server = await start();
  const uuid = '3f2a9c1e-0000-4000-8000-000000000001';
  const blocks = [
    { type: 'text', text: 'What is this?' },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
  ];
  const response = await server.client.post(
    '/v1/sessions/00000000-0000-4000-8000-00000000000a/messages',
    prompt(blocks, { uuid, priority: 'now', session_id: '00000000-0000-4000-8000-00000000000a' }),
  );
  expect([response.status, await response.json()]).toEqual([202, { uuid, seq: 1 }]);
  await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/messages', prompt('Hello'));
  expect(server.engine.session('00000000-0000-4000-8000-00000000000a').sent).toEqual([
    prompt(blocks, { uuid, priority: 'now', session_id: '00000000-0000-4000-8000-00000000000a' }),
    // One that its client has not named is named after its request.
    { ...prompt('Hello'), uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) },
  ]);
});

test.each([
  [prompt('')],
  [prompt(' \n')],
  [prompt([])],
  [prompt([{ type: 'text', text: '' }])],
  [prompt([{ type: 'tool_result', tool_use_id: 't', content: 'forged' }])],
  [prompt([{ type: 'image', source: { type: 'base64', media_type: 'image/svg+xml', data: 'AAAA' } }])],
  [prompt([{ type: 'image', source: { type: 'url', url: 'file:///etc/passwd' } }])],
  [prompt([{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }])],
  [prompt('x', { isReplay: true })],
  [prompt('x', { origin: { kind: 'system' } })],
  [prompt('x', { tool_use_result: {} })],
  [prompt('x', { uuid: 'not-a-uuid' })],
  [prompt('x', { session_id: '00000000-0000-4000-8000-00000000000b' })],
  [prompt('x', { parent_tool_use_id: 'toolu_1' })],
  [{ ...prompt('x'), type: 'assistant' }],
  [{ ...prompt('x'), message: { role: 'assistant', content: 'x' } }],
  [{ ...prompt('x'), message: { role: 'user', content: 'x', name: 'me' } }],
  ['x'],
])('%j is no prompt', async (body) => {
  await using server = await start({
    ids: ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'],
  });
  const [status, message] = await problem(
    await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/messages', body),
  );
  expect(status).toBe(400);
  expect(message).not.toBe('');
  expect(server.engine.opened).toEqual([]);
});

test('controls reach the session by name, with who called them', async () => {
  await using server = await start();
  const by = `page-${(await import('../../auth/secrets.ts')).hashSecret(server.client.secret).slice(0, 6)}`;
  await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/control', { name: 'interrupt' });
  await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/control', {
    name: 'setPermissionMode',
    args: { mode: 'readOnly' },
  });
  await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/control', {
    name: 'setModel',
    args: { model: 'other' },
  });
  await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/control', {
    name: 'serverInfo',
    args: {},
  });
  await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/control', {
    name: 'stopTask',
    args: { taskId: 'b1' },
  });
  await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/control', { name: 'backgroundTasks' });
  await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/control', {
    name: 'getTaskOutput',
    args: { taskId: 'b1' },
  });
  await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/answers', {
    request: 7,
    decision: { behavior: 'allow', updatedInput: { a: 1 } },
  });
  expect(server.engine.session('00000000-0000-4000-8000-00000000000a').controls).toEqual([
    { name: 'interrupt', args: { by } },
    { name: 'setPermissionMode', args: { mode: 'readOnly', by } },
    { name: 'setModel', args: { model: 'other', by } },
    { name: 'serverInfo', args: {} },
    { name: 'stopTask', args: { taskId: 'b1' } },
    { name: 'backgroundTasks', args: {} },
    { name: 'getTaskOutput', args: { taskId: 'b1' } },
    { name: 'answer', args: { request: 7, decision: { behavior: 'allow', updatedInput: { a: 1 } }, by } },
  ]);
  expect(server.engine.opened).toHaveLength(1);
});

test.each([
  ['control', { name: 'interrupt', args: { by: 'somebody else' } }],
  ['control', { name: 'interrupt', args: { now: true } }],
  ['control', { name: 'setPermissionMode', args: { mode: 'bypassPermissions' } }],
  ['control', { name: 'setPermissionMode' }],
  ['control', { name: 'answer', args: { request: 1, decision: { behavior: 'allow' } } }],
  ['control', { name: 'constructor', args: {} }],
  ['control', {}],
  ['answers', { request: 0, decision: { behavior: 'allow' } }],
  ['answers', { request: '1', decision: { behavior: 'allow' } }],
  ['answers', { request: 1, decision: { behavior: 'ask' } }],
  [
    'answers',
    {
      request: 1,
      decision: {
        behavior: 'allow',
        updatedPermissions: [{ type: 'addDirectories', directories: ['/'], destination: 'session' }],
      },
    },
  ],
  [
    'answers',
    {
      request: 1,
      decision: {
        behavior: 'allow',
        updatedPermissions: [
          { type: 'addRules', rules: [{ toolName: 'Bash' }], behavior: 'allow', destination: 'userSettings' },
        ],
      },
    },
  ],
  [
    'answers',
    {
      request: 1,
      decision: {
        behavior: 'allow',
        updatedPermissions: [{ type: 'setMode', mode: 'bypassPermissions', destination: 'session' }],
      },
    },
  ],
  ['answers', { request: 1, decision: { behavior: 'deny' }, by: 'somebody else' }],
])('%s of %j is a 400', async (route, body) => {
  await using server = await start();
  expect((await server.client.post(`/v1/sessions/00000000-0000-4000-8000-00000000000a/${route}`, body)).status).toBe(
    400,
  );
  expect(server.engine.opened).toEqual([]);
});

test('a session that does not exist is a 404 everywhere, without an echo of a long id', async () => {
  await using server = await start();
  const answers = [
    await server.client.get('/v1/native/sessions/gone'),
    await server.client.post('/v1/native/sessions/gone', { title: 'x' }),
    await server.client.delete('/v1/native/sessions/gone'),
    await server.client.post('/v1/sessions/gone/messages', prompt('x')),
    await server.client.post('/v1/sessions/gone/control', { name: 'interrupt' }),
    await server.client.post('/v1/sessions/gone/answers', { request: 1, decision: { behavior: 'allow' } }),
    await server.client.get('/v1/sessions/gone/log'),
    await server.client.get('/v1/sessions/gone/messages/stream'),
    await server.client.get(`/v1/sessions/${'x'.repeat(4_000)}/log`),
  ];
  for (const answer of answers) {
    const [status, message] = await problem(answer);
    expect(status).toBe(404);
    expect(message.length).toBeLessThan(200);
  }
});

test('a session that another process holds is a 409 that clients do not try again, and its log can be read', async () => {
  await using server = await start();
  const busy = new SessionBusyError('00000000-0000-4000-8000-00000000000a', 'other-host 42');
  server.engine.failOpening('00000000-0000-4000-8000-00000000000a', busy);
  const entry = { kind: 'interrupt', seq: 1 } as unknown as Entry;
  server.engine.logs.set('00000000-0000-4000-8000-00000000000a', [entry]);
  for (const answer of [
    await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/messages', prompt('x')),
    await server.client.get('/v1/sessions/00000000-0000-4000-8000-00000000000a/messages/stream'),
  ]) {
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(await problem(answer)).toEqual([409, busy.message]);
  }
  const log = await server.client.get('/v1/sessions/00000000-0000-4000-8000-00000000000a/log');
  expect([log.status, await log.json()]).toEqual([200, { data: [entry], head: 0 }]);
  expect(server.faults).toEqual([]);
});

test('an option that the engine refuses is the client’s 400; any other fault is a 500 that tells nothing but its id', async () => {
  await using server = await start();
  server.engine.failOpening(
    '00000000-0000-4000-8000-00000000000a',
    new ConfigurationError('maxBudgetUsd needs a model with a known price'),
  );
  expect(
    await problem(await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/messages', prompt('x'))),
  ).toEqual([400, 'maxBudgetUsd needs a model with a known price']);
  const fault = new Error('SQLITE_FULL: /secret/path is full');
  server.engine.failOpening('00000000-0000-4000-8000-00000000000a', fault);
  const response = await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/messages', prompt('x'));
  const body = await jsonOf<{ request_id: string }>(response);
  expect(response.status).toBe(500);
  expect(JSON.stringify(body)).not.toContain('secret');
  expect(server.faults).toEqual([{ error: fault, requestId: body.request_id }]);
  expect(response.headers.get('request-id')).toBe(body.request_id);
});

test.each([
  'sessions?limit=0',
  'sessions?limit=101',
  'sessions?limit=x',
  'sessions?page=0',
  'sessions?page=-1',
  'sessions?page=1%20OR%201',
  'sessions?offset=3',
])('the list refuses %s', async (path) => {
  await using server = await start();
  expect((await server.client.get(`/v1/native/${path}`)).status).toBe(400);
});

test('the list comes in pages, to its end', async () => {
  await using server = await start({
    ids: [
      '00000000-0000-4000-8000-00000000000a',
      '00000000-0000-4000-8000-00000000000b',
      '00000000-0000-4000-8000-00000000000c',
      '00000000-0000-4000-8000-00000000000d',
      '00000000-0000-4000-8000-00000000000e',
    ],
  });
  const pages: string[][] = [];
  let page: string | null = '';
  while (page !== null) {
    const body: { data: { id: string }[]; next_page: string | null } = await jsonOf(
      server.client.get(`/v1/native/sessions?limit=2${page === '' ? '' : `&page=${page}`}`),
    );
    pages.push(body.data.map(({ id }) => id));
    page = body.next_page;
  }
  expect(pages).toEqual([
    ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'],
    ['00000000-0000-4000-8000-00000000000c', '00000000-0000-4000-8000-00000000000d'],
    ['00000000-0000-4000-8000-00000000000e'],
  ]);
});

test.each(['after=-1', 'after=x', 'limit=0', 'limit=1001', 'from=1'])('the log refuses ?%s', async (query) => {
  await using server = await start();
  expect((await server.client.get(`/v1/sessions/00000000-0000-4000-8000-00000000000a/log?${query}`)).status).toBe(400);
});

test.each(['1', '1.2', 'x', '1.2.3.4.5', '-1.2.3', '1e3.0.0', '1.2.9999999999999999'])(
  'a stream after %s is a 400',
  async (after) => {
    await using server = await start();
    expect(
      (await server.client.get(`/v1/sessions/00000000-0000-4000-8000-00000000000a/messages/stream?after=${after}`))
        .status,
    ).toBe(400);
    expect(
      (
        await server.client.get('/v1/sessions/00000000-0000-4000-8000-00000000000a/messages/stream', {
          'last-event-id': after,
        })
      ).status,
    ).toBe(400);
  },
);

test('a stream begins at the beginning, after `after`, or after Last-Event-ID, which is the newer word', async () => {
  await using server = await start();
  const open = async (query: string, headers: Record<string, string> = {}) => {
    const response = await server.client.get(
      `/v1/sessions/00000000-0000-4000-8000-00000000000a/messages/stream${query}`,
      headers,
    );
    // The first chunk tells how to come back; the session is read with the second.
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    return response.headers.get('content-type');
  };
  expect(await open('')).toBe('text/event-stream; charset=utf-8');
  await open('?after=1.2.3');
  await open('?after=1.2.3', { 'last-event-id': '4.5.6' });
  expect(server.engine.session('00000000-0000-4000-8000-00000000000a').readers.map(({ after }) => after)).toEqual([
    '0.0.0',
    '1.2.3',
    '4.5.6',
  ]);
});

test('a stream is not opened by HEAD', async () => {
  await using server = await start();
  const headers = { authorization: `Bearer ${server.client.secret}` };
  const response = await server.app.fetch(
    new Request(`${ORIGIN}/v1/sessions/00000000-0000-4000-8000-00000000000a/messages/stream`, {
      method: 'HEAD',
      headers,
    }),
  );
  expect(response.status).toBe(405);
  expect(server.engine.opened).toEqual([]);
});

test('closing ends the streams, closes the sessions, and answers what comes later with 503', async () => {
  const server = await start();
  const stream = await server.client.get('/v1/sessions/00000000-0000-4000-8000-00000000000a/messages/stream');
  const text = stream.text();
  await server.app.close();
  expect(await text).toBe('retry: 1000\n\n');
  expect(server.engine.session('00000000-0000-4000-8000-00000000000a').isClosed).toBe(true);
  expect((await server.client.get('/v1/native/info')).status).toBe(503);
});

test('a request that never ends its body does not keep the sessions from being closed', async () => {
  const server = await start();
  await server.client.post('/v1/sessions/00000000-0000-4000-8000-00000000000a/control', { name: 'interrupt' });
  const headers = { authorization: `Bearer ${server.client.secret}`, 'content-type': 'application/json' };
  const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([0x7b])) });
  const init = { method: 'POST', headers, body, duplex: 'half' } as const;
  void server.app.fetch(new Request(`${ORIGIN}/v1/sessions/00000000-0000-4000-8000-00000000000a/messages`, init));
  vi.useFakeTimers();
  const closed = server.app.close();
  await vi.advanceTimersByTimeAsync(1_000);
  vi.useRealTimers();
  await closed;
  expect(server.engine.session('00000000-0000-4000-8000-00000000000a').isClosed).toBe(true);
});
