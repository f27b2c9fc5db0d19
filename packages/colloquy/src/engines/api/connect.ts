import { ConfigurationError } from '../../errors.ts';
import { endpointFromEnv } from '../../messages-api/endpoint.ts';
import { fromAnthropicClient } from '../../messages-api/from-anthropic-client.ts';
import type { HttpSend } from '../../messages-api/http-send.ts';
import { createMessagesClient, type MessagesClient } from '../../messages-api/messages-client.ts';
import { nodeHttpSend } from '../../messages-api/node-http-send.ts';
import type { Options } from '../../options/options.ts';
import { environmentOf } from '../../options/resolve-options.ts';

const HOSTED_API = 'https://api.anthropic.com';

/**
 * The way to the model that the options describe, and where its credential comes from.
 * @throws ConfigurationError when the hosted API is meant and there is no credential for it.
 */
export function connect(
  options: Options,
  engineSend: HttpSend | undefined,
): { client: MessagesClient; apiKeySource: string } {
  if (options.client !== undefined) return { client: fromAnthropicClient(options.client), apiKeySource: 'client' };
  const env = environmentOf(options);
  const endpoint = endpointFromEnv(env);
  const send = options.send ?? engineSend;
  if (endpoint.credential === undefined && send === undefined && endpoint.baseUrl === HOSTED_API) {
    throw new ConfigurationError(
      'There is no credential for the Messages API: set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN, in the environment or in `options.env`. ' +
        'To try things out without one, run `colloquy emulate` and set ANTHROPIC_BASE_URL to the address it prints',
    );
  }
  return {
    client: createMessagesClient({ send: send ?? nodeHttpSend, endpoint }),
    apiKeySource: sourceOf(endpoint.credential?.kind),
  };
}

function sourceOf(kind: 'apiKey' | 'authToken' | undefined): string {
  if (kind === undefined) return 'none';
  return kind === 'apiKey' ? 'ANTHROPIC_API_KEY' : 'ANTHROPIC_AUTH_TOKEN';
}
