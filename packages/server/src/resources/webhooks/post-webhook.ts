import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type AllowedHost,
  checkHost,
  hostnameOf,
  ipBytes,
  isAllowedAddress,
  isAllowedHost,
  openConnection,
  resolveHost,
} from 'colloquy/internal';
import { Webhook } from 'standardwebhooks';
import { HttpError } from '../../http/http-error.ts';

const TIMEOUT_MS = 15_000;
const MAX_URL_CHARS = 2_048;
const MAX_HEADER_BYTES = 32_768;
const RULE =
  'Webhooks go to public addresses only, and to what the operator of this server names in the option webhooks.allowedHosts.';

export type Message = { url: string; secret: string; event: string; body: string };
export type PostOptions = { allowed: readonly AllowedHost[]; signal: AbortSignal };
/** `problem` is undefined when the other side has taken it: with a status of 200 to 299. A redirect is not followed. */
export type Posted = { status: number | undefined; problem: string | undefined };

/** Signs a message as Standard Webhooks says, and posts it to the address that was checked. Rejects only when the signal aborts. */
export async function postWebhook(message: Message, { allowed, signal }: PostOptions): Promise<Posted> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  const either = AbortSignal.any([signal, late.signal]);
  try {
    const url = webhookUrl(message.url, allowed);
    const [address = ''] = await checkHost(url, { resolve: resolveHost, allowed, signal: either, rule: RULE });
    const secure = url.protocol === 'https:';
    const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
    const connection = await openConnection({ address, port, hostname: hostnameOf(url), secure, signal: either });
    const status = await send(url, connection, message, either);
    const isTaken = status >= 200 && status < 300;
    return { status, problem: isTaken ? undefined : `it answered ${status}` };
  } catch (error) {
    if (signal.aborted) throw error;
    return { status: undefined, problem: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Whether webhooks may go there, as far as that can be told now. @throws HttpError 400 */
export async function checkWebhookUrl(text: string, { allowed, signal }: PostOptions): Promise<void> {
  const url = webhookUrl(text, allowed);
  try {
    await checkHost(url, { resolve: resolveHost, allowed, signal, rule: RULE });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new HttpError(400, `url: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** @throws HttpError 400 */
function webhookUrl(text: string, allowed: readonly AllowedHost[]): URL {
  const url = text.length <= MAX_URL_CHARS && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new HttpError(
      400,
      'url: must be an address such as https://example.org/hook, without a password or a fragment',
    );
  }
  const isPlain = url.protocol === 'http:' && isNamed(url, allowed);
  if (url.protocol !== 'https:' && !isPlain) {
    throw new HttpError(
      400,
      'url: must be https; http goes only to hosts in the option webhooks.allowedHosts of this server',
    );
  }
  return url;
}

function isNamed(url: URL, allowed: readonly AllowedHost[]): boolean {
  const port = url.port === '' ? 80 : Number(url.port);
  const address = ipBytes(hostnameOf(url));
  return address === undefined
    ? isAllowedHost(allowed, hostnameOf(url), port)
    : isAllowedAddress(allowed, address, port);
}

function send(url: URL, connection: Duplex, { secret, event, body }: Message, signal: AbortSignal): Promise<number> {
  const now = new Date();
  const bytes = Buffer.from(body);
  return new Promise((resolve, reject) => {
    const destroy = (): void => void connection.destroy();
    signal.addEventListener('abort', destroy, { once: true });
    const settle = (work: () => void): void => {
      signal.removeEventListener('abort', destroy);
      connection.destroy();
      work();
    };
    const request = httpRequest({
      method: 'POST',
      path: url.pathname + url.search,
      setHost: false,
      headers: {
        host: url.host,
        'user-agent': 'Colloquy-Webhooks',
        'content-type': 'application/json',
        'content-length': bytes.length,
        'webhook-id': event,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'webhook-signature': new Webhook(secret).sign(event, now, body),
      },
      createConnection: () => connection,
      maxHeaderSize: MAX_HEADER_BYTES,
      insecureHTTPParser: false,
    });
    // What it says besides is nobody's to read.
    request.once('response', (response) => {
      response.on('error', () => undefined);
      settle(() => resolve(response.statusCode ?? 0));
    });
    request.once('close', () => settle(() => reject(new Error('the connection was closed without an answer'))));
    request.on('error', (error) => settle(() => reject(signal.aborted ? signal.reason : error)));
    request.end(bytes);
  });
}
