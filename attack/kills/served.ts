import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Entry } from 'colloquy/internal';

const SCRIPT = fileURLToPath(new URL('./served-child.ts', import.meta.url));
const REQUEST_WITHIN_MS = 20_000;

/** What answers may hold. */
export type Told = { id?: string; requests?: { request: number }[]; data?: Entry[]; error?: { message: string } };

/** A server that may die at any moment, and what it is asked. */
export class Served {
  readonly #child: ChildProcess;
  readonly #origin: string;
  readonly #headers: Record<string, string>;
  /** Resolves when it has died. */
  readonly died: Promise<unknown>;

  private constructor(child: ChildProcess, origin: string, secret: string) {
    this.#child = child;
    this.#origin = origin;
    this.#headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
    this.died = child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit');
  }

  /** @param secret of an earlier life of it; undefined: signs in by its link. */
  static async start(
    o: { folder: string; modelUrl: string; killAt: number },
    secret?: string,
  ): Promise<{ served: Served; secret: string }> {
    const child = spawn(
      process.execPath,
      ['--conditions=colloquy-source', SCRIPT, o.folder, o.modelUrl, String(o.killAt)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [link] = (await Promise.race([
      once(createInterface({ input: child.stdout }), 'line'),
      once(child, 'exit'),
    ])) as unknown[];
    // It died while it took up what the one before had left.
    if (typeof link !== 'string')
      return { served: new Served(child, 'http://127.0.0.1:9', secret ?? ''), secret: secret ?? '' };
    const { origin, hash } = new URL(link);
    const own = secret ?? (await signIn(origin, hash.replace('#token=', '')));
    return { served: new Served(child, origin, own), secret: own };
  }

  /** The answer; undefined when the server died before it came. */
  async ask(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    key?: string,
  ): Promise<{ status: number; body: Told } | undefined> {
    try {
      const response = await fetch(this.#origin + path, {
        method,
        headers: { ...this.#headers, ...(key === undefined ? {} : { 'idempotency-key': key }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(REQUEST_WITHIN_MS),
      });
      // The fields of the answers that the drill asks for.
      return { status: response.status, body: (await response.json()) as Told };
    } catch (error) {
      if (error instanceof Error && error.name === 'TimeoutError')
        throw new Error(`${method} ${path} was not answered`, { cause: error });
      return undefined;
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.died;
  }
}

async function signIn(origin: string, token: string): Promise<string> {
  const response = await fetch(`${origin}/auth/exchange`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  const secret = /^colloquy=([^;]+)/.exec(response.headers.get('set-cookie') ?? '')?.[1];
  if (secret === undefined) throw new Error(`The link was not taken: ${response.status}`);
  return secret;
}
