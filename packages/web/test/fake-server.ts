import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type Frame, FakeSession } from './fake-session.ts';
import { acceptSocket, refuseSocket } from './fake-socket.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const TOKEN = 'one-time-token';

/** A call that the page has made, for tests to look at. */
export type Call = { method: string; path: string; body: Record<string, unknown> };

/** The server's contract with the page, without anything behind it: tests say what its sessions tell, and when. */
export type FakeServer = {
  url: string;
  /** The link that `script/server` would print. */
  link: string;
  calls: Call[];
  sessions: Map<string, FakeSession>;
  /** Called for each accepted prompt, after it has been told back. */
  onPrompt: (session: FakeSession, prompt: { uuid: string; text: string }) => void;
  /** Answers of the next calls whose path ends so: a status, taken once. */
  refuseNext: (method: string, pathEnd: string, status: number) => void;
  /** False: no socket opens, as behind some proxies. */
  passesSockets: boolean;
  addSession: (title: string | null, id?: string) => FakeSession;
  /** Forgets sessions, calls, and what was to be refused. */
  reset: () => void;
  close: () => Promise<void>;
};

/** Starts it on a free port of this machine; `page` is the folder with the built page. */
export async function startFakeServer(o: { page: string; facts?: Record<string, unknown> }): Promise<FakeServer> {
  const refusals: { method: string; pathEnd: string; status: number }[] = [];
  const server = createServer((request, response) => {
    void handle(fake, refusals, o, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.on('upgrade', (request, socket) => upgrade(fake, request, socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const fake: FakeServer = {
    url,
    link: `${url}/#token=${TOKEN}`,
    calls: [],
    sessions: new Map(),
    onPrompt: () => undefined,
    refuseNext: (method, pathEnd, status) => refusals.push({ method, pathEnd, status }),
    passesSockets: true,
    addSession(title, id = crypto.randomUUID()) {
      const session = new FakeSession(id, title);
      fake.sessions.set(id, session);
      return session;
    },
    reset() {
      for (const session of fake.sessions.values()) session.breakStreams();
      fake.sessions.clear();
      fake.calls.length = 0;
      refusals.length = 0;
      fake.onPrompt = () => undefined;
      fake.passesSockets = true;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return fake;
}

async function handle(
  fake: FakeServer,
  refusals: { method: string; pathEnd: string; status: number }[],
  o: { page: string; facts?: Record<string, unknown> },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', fake.url);
  const method = request.method ?? 'GET';
  if (method === 'GET' && (pathname === '/' || pathname.startsWith('/assets/')))
    return servePage(o.page, pathname, response);
  const body = method === 'POST' ? await readBody(request) : {};
  fake.calls.push({ method, path: pathname, body });

  const refused = refusals.findIndex((each) => each.method === method && pathname.endsWith(each.pathEnd));
  if (refused >= 0)
    return fail(response, refusals.splice(refused, 1)[0]?.status ?? 500, 'The test wants this to fail.');
  if (pathname === '/auth/exchange') return exchange(body, response);
  if (request.headers.cookie !== 'colloquy=secret') return fail(response, 401, 'A credential is needed.');
  if (pathname === '/v1/native/info') return json(response, 200, { ...FACTS, ...o.facts });
  if (pathname === '/v1/native/sessions')
    return method === 'POST' ? create(fake, body, response) : list(fake, response);

  const [, , first, second, ...rest] = pathname.split('/');
  const id = first === 'native' ? rest[0] : second;
  const session = fake.sessions.get(id ?? '');
  if (session === undefined) return fail(response, 404, `There is no session ${id}.`);
  if (first === 'native') return resource(fake, session, method, body, response);
  switch (rest.join('/')) {
    case 'messages/stream':
      return streamOverHttp(session, searchParams.get('after') ?? undefined, response);
    case 'messages': {
      const prompt = session.acceptPrompt(body);
      json(response, 202, { uuid: prompt.uuid, seq: 1 });
      return fake.onPrompt(session, prompt);
    }
    default:
      return json(response, 200, rest[0] === 'answers' ? { won: true, by: 'page-1' } : {});
  }
}

function streamOverHttp(session: FakeSession, after: string | undefined, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(': open\n\n');
  const leave = session.stream(after, {
    tell: ({ cursor, message }) => response.write(`id: ${cursor}\ndata: ${JSON.stringify(message)}\n\n`),
    break: () => response.destroy(),
  });
  response.on('close', leave);
}

function upgrade(fake: FakeServer, request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  const { pathname, searchParams } = new URL(request.url ?? '/', fake.url);
  const session = fake.sessions.get(pathname.split('/')[3] ?? '');
  if (!fake.passesSockets) return refuseSocket(socket, 502);
  if (request.headers.cookie !== 'colloquy=secret') return refuseSocket(socket, 401);
  if (session === undefined) return refuseSocket(socket, 404);
  const say = acceptSocket(request, socket);
  say('[]');
  const leave = session.stream(searchParams.get('after') ?? undefined, {
    tell: ({ cursor, message }: Frame) => say(JSON.stringify([{ id: cursor, data: message }])),
    break: () => socket.destroy(),
  });
  socket.on('close', leave);
}

const FACTS = {
  version: '0.1.0',
  model: 'claude-opus-5-5',
  simulated: true,
  endpoint: 'emulator',
  cwd: '/home/ada/projects/weather',
  sandbox: 'none',
  you: 'page-1',
  permissionMode: 'default',
  permissionModes: ['default', 'acceptEdits', 'plan', 'dontAsk', 'readOnly', 'strict'],
  models: [{ value: 'claude-opus-5-5', displayName: 'Claude Opus 5.5' }],
};

async function servePage(folder: string, path: string, response: ServerResponse): Promise<void> {
  const file = path === '/' ? '/index.html' : path;
  response.setHeader('content-security-policy', "default-src 'self'");
  if (path !== '/') response.setHeader('cache-control', 'public, max-age=31536000, immutable');
  response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
  response.end(await readFile(join(folder, file)));
}

function exchange(body: Record<string, unknown>, response: ServerResponse): void {
  if (body['token'] !== TOKEN) return fail(response, 401, 'This link has been used, or is too old.');
  response.setHeader('set-cookie', 'colloquy=secret; HttpOnly; SameSite=Strict; Path=/');
  response.writeHead(204).end();
}

function create(fake: FakeServer, body: Record<string, unknown>, response: ServerResponse): void {
  const session = fake.addSession(null);
  // The mode is all that the page chooses.
  const options = body['options'] as { permissionMode?: string } | undefined;
  session.summary.permission_mode = options?.permissionMode ?? 'default';
  json(response, 201, session.summary);
}

function list(fake: FakeServer, response: ServerResponse): void {
  const data = [...fake.sessions.values()].map(({ summary }) => summary);
  json(response, 200, { data: data.toSorted((a, b) => b.updated_at.localeCompare(a.updated_at)), next_page: null });
}

function resource(
  fake: FakeServer,
  session: FakeSession,
  method: string,
  body: Record<string, unknown>,
  response: ServerResponse,
): void {
  if (method === 'DELETE') {
    fake.sessions.delete(session.summary.id);
    session.breakStreams();
    response.writeHead(204).end();
    return;
  }
  if (method === 'POST') session.summary.title = String(body['title']);
  json(response, 200, session.summary);
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function fail(response: ServerResponse, status: number, message: string): void {
  json(response, status, { type: 'error', error: { type: 'api_error', message }, request_id: 'req_test' });
}
