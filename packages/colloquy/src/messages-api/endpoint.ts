import { ConfigurationError } from '../errors.ts';

const DEFAULT_BASE_URL = 'https://api.anthropic.com';
const DEFAULT_API_VERSION = '2026-10-21';

/** Where the Messages API is, and who asks. */
export type Endpoint = {
  /** With or without a slash or `/v1` at its end. */
  baseUrl: string;
  /** Undefined: the request carries none, and the API answers 401. */
  credential: { kind: 'apiKey' | 'authToken'; value: string } | undefined;
  apiVersion: '2026-10-21' | '2023-06-01';
  /** Names for the `anthropic-beta` header. */
  betas: string[];
};

/**
 * Reads `ANTHROPIC_BASE_URL`, `ANTHROPIC_AUTH_TOKEN` and `ANTHROPIC_API_KEY`; the token wins if both are set. Empty values are absent,
 * and space around a value, such as the line end of a file it was read from, does not count.
 * @throws ConfigurationError if a value cannot be used; the message never holds the credential.
 */
export function endpointFromEnv(env: Record<string, string | undefined>): Endpoint {
  const baseUrl = value(env, 'ANTHROPIC_BASE_URL') ?? DEFAULT_BASE_URL;
  messagesUrl(baseUrl, 'ANTHROPIC_BASE_URL');
  return { baseUrl, credential: credentialFromEnv(env), apiVersion: DEFAULT_API_VERSION, betas: [] };
}

/**
 * The URL of `POST /v1/messages` under a base URL.
 * @throws ConfigurationError if the base is not an http(s) URL, or has a user, a query or a fragment.
 */
export function messagesUrl(baseUrl: string, name = 'The base URL'): string {
  const url = URL.parse(baseUrl);
  if (url === null) throw new ConfigurationError(`${name} is not a URL; it should be like ${DEFAULT_BASE_URL}`);
  const beside = url.search + url.hash + url.username + url.password;
  if ((url.protocol !== 'http:' && url.protocol !== 'https:') || beside !== '') {
    throw new ConfigurationError(
      `${name} must be an http or https URL without user, query and fragment, such as ${DEFAULT_BASE_URL}`,
    );
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '');
  url.pathname = `${path}/v1/messages`;
  return url.href;
}

/**
 * The headers that every request to this endpoint carries.
 * @throws ConfigurationError if the credential holds a character that no header can carry.
 */
export function endpointHeaders(endpoint: Endpoint, userAgent: string): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'anthropic-version': endpoint.apiVersion,
    'user-agent': userAgent,
  };
  if (endpoint.betas.length > 0) headers['anthropic-beta'] = endpoint.betas.join(',');
  const { credential } = endpoint;
  if (credential === undefined) return headers;
  if (!/^[\x21-\x7e]+$/.test(credential.value)) {
    const name = credential.kind === 'apiKey' ? 'API key' : 'auth token';
    throw new ConfigurationError(
      `The ${name} is empty or has a space or a character that a header cannot carry; copy it anew`,
    );
  }
  // The older API version takes a key in a header of its own; the newer one takes both kinds as bearer.
  if (credential.kind === 'apiKey' && endpoint.apiVersion === '2023-06-01') headers['x-api-key'] = credential.value;
  else headers['authorization'] = `Bearer ${credential.value}`;
  return headers;
}

function credentialFromEnv(env: Record<string, string | undefined>): Endpoint['credential'] {
  const authToken = value(env, 'ANTHROPIC_AUTH_TOKEN');
  if (authToken !== undefined) return { kind: 'authToken', value: authToken };
  const apiKey = value(env, 'ANTHROPIC_API_KEY');
  return apiKey === undefined ? undefined : { kind: 'apiKey', value: apiKey };
}

function value(env: Record<string, string | undefined>, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}
