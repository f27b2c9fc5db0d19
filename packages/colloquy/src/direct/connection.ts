import { ConfigurationError } from '../errors.ts';
import { type Endpoint, endpointFromEnv, messagesUrl } from '../messages-api/endpoint.ts';
import { fromAnthropicClient, type MessagesCreator } from '../messages-api/from-anthropic-client.ts';
import type { HttpSend } from '../messages-api/http-send.ts';
import { createMessagesClient, type MessagesClient } from '../messages-api/messages-client.ts';
import { defaultHttpSend } from '#default-send';
import { loadUndiciSend } from '#node-parts';
import { processEnvironment } from '#surroundings';

const HOSTED_API = 'https://api.anthropic.com';
const SUBSCRIPTION_TOKEN = /^sk-ant-oat/i;

/** Where the Messages API is for a direct client, who asks, and over what. */
export type ConnectionOptions = {
  /** A key of the Claude Console. Default: `ANTHROPIC_API_KEY`. */
  apiKey?: string | undefined;
  /** A bearer token: of a gateway, or from workload identity federation. Default: `ANTHROPIC_AUTH_TOKEN`, which wins over the key. */
  authToken?: string | undefined;
  /** With or without a slash or `/v1` at its end. Default: `ANTHROPIC_BASE_URL`, else the hosted API. */
  baseURL?: string | undefined;
  /** The variables that stand in for the three options above. Default: those of the process. */
  env?: Record<string, string | undefined> | undefined;
  /** Default `2026-10-21`. The older one sends a key as `x-api-key`, and takes sampling options for some models. */
  apiVersion?: '2026-10-21' | '2023-06-01' | undefined;
  /** Names for the `anthropic-beta` header. */
  betas?: string[] | undefined;
  /** Sent with every request, in place of the client's own of the same name. */
  headers?: Record<string, string> | undefined;
  /** A client with the `messages.create({ stream: true })` of `@anthropic-ai/sdk`: Bedrock, Vertex, gateways. It has its own endpoint. */
  client?: MessagesCreator | undefined;
  /** Replaces the network, for tests (`createEmulator().send`) and for transports of your own. */
  send?: HttpSend | undefined;
  /** Keep connections open for the next request. They are shared by all clients of the process. Default true. */
  keepAlive?: boolean | undefined;
  /** An HTTP proxy that all requests go through, such as `http://proxy.example:3128`. Needs the package `undici`. */
  proxy?: string | undefined;
  /** Use HTTP/2 where the endpoint offers it. Needs the package `undici`. Default false. */
  http2?: boolean | undefined;
  /** A stream that sends no byte for so long, not even a ping, is given up. Milliseconds; default 90 s. Not with `client`. */
  idleTimeoutMs?: number | undefined;
};

/** The way to the Messages API. */
export type Connection = {
  client: MessagesClient;
  apiVersion: Endpoint['apiVersion'];
  headers: Record<string, string>;
  /** Drops connections that are this client's alone. */
  close(): Promise<void>;
};

type OwnSend = HttpSend & { close(): Promise<void> };

/**
 * @throws ConfigurationError when the hosted API is meant and there is no credential for it, for a token of a Claude subscription, for
 * a base URL or proxy that is none, and for options that exclude each other
 */
export function openConnection(o: ConnectionOptions): Connection {
  checkTogether(o);
  const { apiVersion = '2026-10-21' } = o;
  const headers = { ...o.headers, ...(o.keepAlive === false ? { connection: 'close' } : {}) };
  if (o.client !== undefined) {
    return { client: fromAnthropicClient(o.client), apiVersion, headers: { ...o.headers }, close: async () => {} };
  }
  const endpoint = endpointOf(o, apiVersion);
  const own = o.proxy === undefined && o.http2 !== true ? undefined : undiciSend(o);
  const send = o.send ?? own ?? defaultHttpSend;
  const client = createMessagesClient({ send, endpoint, idleTimeoutMs: o.idleTimeoutMs });
  return { client, apiVersion, headers, close: async () => own?.close() };
}

/** What a client of somebody else has of its own. */
const OF_OUR_CLIENT = ['apiKey', 'authToken', 'baseURL', 'betas', 'idleTimeoutMs', 'keepAlive'] as const;

function checkTogether(o: ConnectionOptions): void {
  const { apiKey, authToken, client, send, proxy, http2 } = o;
  if (apiKey !== undefined && authToken !== undefined) {
    throw new ConfigurationError('Options `apiKey` and `authToken` are both credentials; give one of them');
  }
  const without = OF_OUR_CLIENT.find((name) => client !== undefined && o[name] !== undefined);
  if (without !== undefined) {
    throw new ConfigurationError(
      `Option \`client\` has its own endpoint and connections; give it \`${without}\` there`,
    );
  }
  const replaced = client !== undefined ? 'client' : send !== undefined ? 'send' : undefined;
  if (client !== undefined && send !== undefined) {
    throw new ConfigurationError('Options `client` and `send` both replace the network; give one of them');
  }
  if (replaced !== undefined && (proxy !== undefined || http2 === true)) {
    throw new ConfigurationError(
      `Option \`${replaced}\` replaces the network, so \`proxy\` and \`http2\` have nothing to act on; leave them out`,
    );
  }
  if (proxy !== undefined) checkProxy(proxy);
}

function checkProxy(proxy: string): void {
  const protocol = URL.canParse(proxy) ? new URL(proxy).protocol : undefined;
  if (protocol === 'http:' || protocol === 'https:') return;
  throw new ConfigurationError('Option `proxy` must be an http or https URL, such as http://proxy.example:3128');
}

function endpointOf(o: ConnectionOptions, apiVersion: Endpoint['apiVersion']): Endpoint {
  if (o.baseURL !== undefined) messagesUrl(o.baseURL, 'Option `baseURL`');
  // A credential that is given as an option is meant, whatever the environment holds.
  const env = o.env ?? processEnvironment();
  const given = {
    ...(o.baseURL === undefined
      ? { ANTHROPIC_BASE_URL: env['ANTHROPIC_BASE_URL'] }
      : { ANTHROPIC_BASE_URL: o.baseURL }),
    ...(o.apiKey === undefined && o.authToken === undefined
      ? { ANTHROPIC_API_KEY: env['ANTHROPIC_API_KEY'], ANTHROPIC_AUTH_TOKEN: env['ANTHROPIC_AUTH_TOKEN'] }
      : { ANTHROPIC_API_KEY: o.apiKey, ANTHROPIC_AUTH_TOKEN: o.authToken }),
  };
  const endpoint = { ...endpointFromEnv(given), apiVersion, betas: [...(o.betas ?? [])] };
  refuseSubscriptionToken(endpoint.credential, o);
  if (endpoint.credential === undefined && o.send === undefined && isHosted(endpoint.baseUrl)) {
    throw new ConfigurationError(
      'There is no credential for the Messages API: give `apiKey` or `authToken`, or set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN. ' +
        'To try things out without one, run `colloquy emulate` and give the address it prints as `baseURL`',
    );
  }
  return endpoint;
}

const isHosted = (baseUrl: string): boolean => new URL(baseUrl).origin === HOSTED_API;

// Such a token is issued for Claude Code and the vendor's own apps; the API's terms do not let other programs use it.
function refuseSubscriptionToken(credential: Endpoint['credential'], o: ConnectionOptions): void {
  if (credential === undefined || !SUBSCRIPTION_TOKEN.test(credential.value)) return;
  const isKey = credential.kind === 'apiKey';
  const isOption = (isKey ? o.apiKey : o.authToken) !== undefined;
  const place = isOption ? (isKey ? '`apiKey`' : '`authToken`') : isKey ? 'ANTHROPIC_API_KEY' : 'ANTHROPIC_AUTH_TOKEN';
  throw new ConfigurationError(
    `${place} holds an OAuth token of a Claude subscription (sk-ant-oat…), which is for Claude Code alone. The documented ways to the ` +
      'Messages API are a key of the Claude Console (`apiKey`, ANTHROPIC_API_KEY), a bearer token of a gateway or of workload identity ' +
      'federation (`authToken`, ANTHROPIC_AUTH_TOKEN), and a client of Bedrock, Vertex or Foundry (`client`). To use a subscription, let ' +
      "Claude Code itself run the conversation: `query()` with `engine: 'cli'`",
  );
}

/** A `send` that loads undici with the first request. */
function undiciSend({ proxy, http2 = false, keepAlive = true }: ConnectionOptions): OwnSend {
  let loaded: Promise<OwnSend> | undefined;
  const load = async (): Promise<OwnSend> => {
    const { createUndiciSend } = await loadUndiciSend();
    return createUndiciSend({ proxy, http2, keepAlive });
  };
  const send: HttpSend = async (request) => (await (loaded ??= load()))(request);
  return Object.assign(send, {
    close: async () => (await loaded?.catch(() => undefined))?.close(),
  });
}
