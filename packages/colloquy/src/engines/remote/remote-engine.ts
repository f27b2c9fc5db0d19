import { defaultHttpSend } from '#default-send';
import { frameSockets } from '#frame-sockets';
import { ConfigurationError } from '../../errors.ts';
import { randomUuid } from '../../helpers/random-uuid.ts';
import type { HttpSend } from '../../messages-api/http-send.ts';
import { resolveModel } from '../../messages-api/models.ts';
import type { Options } from '../../options/options.ts';
import { REMOTE_OPTION_NAMES, SERVER_OPTION_NAMES } from '../../options/remote-options.ts';
import { checkServer, type ServerConnection } from '../../options/server-connection.ts';
import { validateOptions } from '../../options/validate.ts';
import type { Engine } from '../engine.ts';
import { type ClientTool, clientTools } from './client-tools.ts';
import { RemoteSession } from './remote-session.ts';
import { ServerClient } from './server-client.ts';
import { remoteSessions } from './session-functions.ts';
import { NOTHING_PENDING, type Pending, readPending, readSession, type SessionDetails } from './wire.ts';

/** Conversations that a Colloquy server runs. */
export type RemoteEngine = Omit<Engine, 'open'> & { open(options: Options): Promise<RemoteSession> };

/** The engine of a server; `send` replaces the network. Nothing is asked of the server before the first session. */
function createRemoteEngine(server: ServerConnection, send: HttpSend | undefined): RemoteEngine {
  const client = new ServerClient(
    server,
    send ?? defaultHttpSend,
    send === undefined ? frameSockets(server) : undefined,
  );
  return {
    kind: 'remote',
    supports: REMOTE_OPTION_NAMES,
    sessions: remoteSessions(client),
    async open(options) {
      validateOptions(options);
      const signal = options.abortController?.signal;
      signal?.throwIfAborted();
      const tools = await clientTools(options.mcpServers);
      const opening = new Opening(client, options, tools);
      const { id, pending } = await opening.run();
      const session = new RemoteSession(client, { id, after: `0.${pending.head}.0`, options, tools });
      session.start(pending);
      return session;
    },
  };
}

/** The engine of the server that options name. @throws ConfigurationError without one */
export function remoteEngine(server: Options['server'], send: Options['send']): RemoteEngine {
  if (server === undefined) {
    throw new ConfigurationError('The remote engine needs the option `server`: { url, key? } of a Colloquy server');
  }
  const flaw = checkServer(server);
  if (flaw !== undefined) throw new ConfigurationError(`Option \`server\` must be ${flaw}`);
  return createRemoteEngine(server, send);
}

/** Finds or makes the session that the options choose. */
class Opening {
  readonly #client: ServerClient;
  readonly #options: Options;
  readonly #tools: ReadonlyMap<string, ClientTool>;
  readonly #signal: AbortSignal | undefined;

  constructor(client: ServerClient, options: Options, tools: ReadonlyMap<string, ClientTool>) {
    this.#client = client;
    this.#options = options;
    this.#tools = tools;
    this.#signal = options.abortController?.signal;
  }

  async run(): Promise<{ id: string; pending: Pending }> {
    const { resume, forkSession } = this.#options;
    const from = resume ?? (this.#options.continue === true ? await this.#newest() : undefined);
    if (from === undefined) return { id: await this.#create(), pending: NOTHING_PENDING };
    const id = forkSession === true ? await this.#fork(from) : from;
    const [details, pending] = await Promise.all([
      this.#get('', id).then(readSession),
      this.#get('/pending', id).then(readPending),
    ]);
    this.#compare(details);
    await this.#set(details);
    return { id: details.id, pending };
  }

  async #create(): Promise<string> {
    // Its id is chosen here: should the answer be lost, the same session is asked for again.
    const id = this.#options.sessionId ?? randomUuid();
    const tools = [...this.#tools.values()].map(({ name, description, inputSchema }) => ({
      name,
      description,
      inputSchema,
    }));
    const body = { id, options: serverOptions(this.#options), ...(tools.length === 0 ? {} : { tools }) };
    const answer = await this.#client.request('POST', '/v1/native/sessions', { body, signal: this.#signal });
    return readSession(answer.body).id;
  }

  async #fork(from: string): Promise<string> {
    const { sessionId = randomUuid(), title } = this.#options;
    const path = `/v1/native/sessions/${encodeURIComponent(from)}/fork`;
    const body = { id: sessionId, title };
    const answer = await this.#client.request('POST', path, { body, session: from, signal: this.#signal });
    return readSession(answer.body).id;
  }

  async #newest(): Promise<string | undefined> {
    const { cwd } = this.#options;
    return (await remoteSessions(this.#client).list({ dir: cwd, limit: 1 }))[0]?.sessionId;
  }

  async #get(path: string, id: string): Promise<unknown> {
    const facts = { session: id, signal: this.#signal };
    return (await this.#client.request('GET', `/v1/native/sessions/${encodeURIComponent(id)}${path}`, facts)).body;
  }

  /** A session goes on as it was made. @throws ConfigurationError for an option that would be ignored */
  #compare({ id, options, tools }: SessionDetails): void {
    const given = serverOptions(this.#options);
    const other = Object.keys(given).find(
      (name) => !CHANGEABLE.has(name) && JSON.stringify(given[name]) !== JSON.stringify(options[name]),
    );
    if (other !== undefined) {
      throw new ConfigurationError(
        `Session ${id} was made with another \`${other}\`, which a server keeps; leave it out to go on with it, or make a new session`,
      );
    }
    // Without any of its own, a program takes part without running them.
    const missing = [...this.#tools.keys()].find((name) => !tools.includes(name));
    if (missing !== undefined) {
      throw new ConfigurationError(
        `Session ${id} was made without the tool ${missing}; open it with the in-process tools that it was made with, or without any`,
      );
    }
  }

  async #set({ id, model, permissionMode }: SessionDetails): Promise<void> {
    const { model: wanted, permissionMode: mode } = this.#options;
    const controls = [
      ...(wanted !== undefined && (model === undefined || resolveModel(wanted) !== resolveModel(model))
        ? [{ name: 'setModel', args: { model: wanted } }]
        : []),
      ...(mode !== undefined && mode !== permissionMode ? [{ name: 'setPermissionMode', args: { mode } }] : []),
    ];
    for (const body of controls) {
      await this.#client.request('POST', `/v1/sessions/${id}/control`, { body, session: id, signal: this.#signal });
    }
  }
}

/** What is set by a control, or chosen again with every opening. */
const CHANGEABLE: ReadonlySet<string> = new Set(['model', 'permissionMode', 'title', 'cwd']);

/** The options that are the server's to honour. */
function serverOptions(options: Options): Record<string, unknown> {
  const own = Object.entries(options).filter(([name, value]) => SERVER_OPTION_NAMES.has(name) && value !== undefined);
  // As they will have travelled, so that they can be compared.
  return JSON.parse(JSON.stringify(Object.fromEntries(own))) as Record<string, unknown>;
}
