import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Deadline } from '../../helpers/deadline.ts';
import { messageOf } from '../../helpers/message-of.ts';
import { untilAborted } from '../../helpers/until-aborted.ts';
import { type AllowedHost, hostnameOf, type WebConnection } from '../../options/web-fetch.ts';
import { checkHost, type Resolve } from './check-host.ts';
import { isReadable } from './content-type.ts';
import { type HttpAnswer, httpGet } from './http-get.ts';
import { compareHosts, pageUrl, portOf } from './page-url.ts';

const MAX_REDIRECTS = 10;
/** Addresses of one host that are tried, one after another. */
const MAX_ATTEMPTS = 3;
const CONNECT_TIMEOUT_MS = 10_000;
/** Nothing comes for so long: the page is given up. */
const IDLE_TIMEOUT_MS = 10_000;

/** What a fetch is bound to. */
export type FetchWorld = {
  resolve: Resolve;
  connect(to: WebConnection): Promise<Duplex> | Duplex;
  allowed: readonly AllowedHost[];
  maxBytes: number;
  timeoutMs: number;
  /** Asked about a redirect to the same host under another name. Absent: it is not followed. */
  mayFollow?: ((url: URL) => Promise<boolean>) | undefined;
};

export type Fetched =
  | ({ kind: 'answer'; url: URL } & HttpAnswer)
  /** A redirect to another place, which has not been followed. Its address has passed the same checks. */
  | { kind: 'moved'; from: URL; to: URL; status: number; statusText: string };

/**
 * Fetches a page. At every hop the name is looked up, every address of it checked, and the connection made to one of these very
 * addresses. Redirects within a place are followed; one that leads elsewhere is told instead.
 * @throws Error, in a sentence for the model, when there is no page to be had
 */
export async function fetchPage(start: URL, world: FetchWorld, signal: AbortSignal): Promise<Fetched> {
  const timer = new PageTimer(world.timeoutMs, signal);
  try {
    let url = start;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
      const answer = await getFrom(url, world, timer);
      const to = redirectOf(url, answer);
      if (to === undefined) return { kind: 'answer', url, ...answer };
      if (!(await isFollowed(url, to, world))) {
        await checkHost(to, { ...world, signal: timer.signal });
        return { kind: 'moved', from: url, to, status: answer.status, statusText: answer.statusText };
      }
      url = to;
    }
    throw new Error(`${start.href} redirects more than ${MAX_REDIRECTS} times.`);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error;
  } finally {
    timer.close();
  }
}

async function isFollowed(from: URL, to: URL, { mayFollow }: FetchWorld): Promise<boolean> {
  const found = compareHosts(from, to);
  return found === 'same' || (found === 'other-name' && mayFollow !== undefined && (await mayFollow(to)));
}

async function getFrom(url: URL, world: FetchWorld, timer: PageTimer): Promise<HttpAnswer> {
  const addresses = await checkHost(url, { ...world, signal: timer.signal });
  const connection = await connectToAny(addresses.slice(0, MAX_ATTEMPTS), url, world, timer);
  timer.restart(IDLE_TIMEOUT_MS);
  return httpGet(url, connection, wantsBody, {
    maxBytes: world.maxBytes,
    signal: timer.signal,
    onPiece: () => timer.restart(IDLE_TIMEOUT_MS),
    isTimeUp: () => timer.isUp,
  });
}

async function connectToAny(
  addresses: readonly string[],
  url: URL,
  world: FetchWorld,
  timer: PageTimer,
): Promise<Duplex> {
  const hostname = hostnameOf(url);
  const secure = url.protocol === 'https:';
  let failure: unknown;
  for (const address of addresses) {
    const attempt = new Deadline(timer.signal);
    attempt.start(
      CONNECT_TIMEOUT_MS,
      () => new Error(`it did not take the connection within ${CONNECT_TIMEOUT_MS} ms`),
    );
    const opening = (async () =>
      world.connect({ address, port: portOf(url), hostname, secure, signal: attempt.signal }))();
    try {
      return await untilAborted(opening, attempt.signal);
    } catch (error) {
      // A connector that does not heed its signal may still open one: it is closed again.
      void opening.then(
        (late) => late.destroy(),
        () => undefined,
      );
      if (timer.signal.aborted) throw timer.signal.reason;
      failure = error;
    } finally {
      attempt.close();
    }
  }
  throw new Error(`${url.host} could not be reached: ${messageOf(failure)}`, { cause: failure });
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function redirectOf(from: URL, { status, headers }: HttpAnswer): URL | undefined {
  if (!REDIRECTS.has(status) || headers.location === undefined) return undefined;
  try {
    return pageUrl(headers.location, from);
  } catch (cause) {
    throw new Error(`${from.href} redirects to where nothing is fetched: ${messageOf(cause)}`, { cause });
  }
}

const wantsBody = (status: number, headers: IncomingMessage['headers']): boolean =>
  !REDIRECTS.has(status) && isReadable(headers['content-type']);

/** The bounds in time: on the whole, and on silence. */
class PageTimer {
  readonly #total: Deadline;
  readonly #silence: Deadline;
  #isUp = false;

  constructor(timeoutMs: number, signal: AbortSignal) {
    this.#total = new Deadline(signal);
    this.#total.start(timeoutMs, () => this.#timeUp(`The page did not come within ${timeoutMs} ms.`));
    this.#silence = new Deadline(this.#total.signal);
  }

  get signal(): AbortSignal {
    return this.#silence.signal;
  }

  /** It was a bound that ended the fetch, not an interrupt. */
  get isUp(): boolean {
    return this.#isUp;
  }

  restart(silenceMs: number): void {
    this.#silence.start(silenceMs, () => this.#timeUp(`Nothing of the page came for ${silenceMs} ms.`));
  }

  close(): void {
    this.#silence.close();
    this.#total.close();
  }

  #timeUp(message: string): Error {
    this.#isUp = true;
    return new Error(message);
  }
}
