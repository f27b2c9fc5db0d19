// script/bench server [--seconds N]: the server under load: many viewers of many turns, and prompts as fast as they are accepted. The
// emulator and the server are processes of their own; this one is the load.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createParser } from 'eventsource-parser';

const TURNS = 200;
const VIEWERS = 5;
const GAP_MS = 50;
const PROMPTS = 5_000;
const AT_ONCE = 64;
const GATES = { lagP99Ms: 100, peakMb: 600, stallMs: 20, acceptedPerSecond: 1_000 };

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } });
const deltas = Math.round((Number(values.seconds) * 1_000) / GAP_MS);
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

type Told = { peakMb: number; stallMs: number; cpuSeconds: number };

class Process {
  readonly #child;
  readonly #lines: AsyncIterator<string>;

  constructor(script: string, args: string[]) {
    this.#child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines: Interface = createInterface({ input: this.#child.stdout });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('The process ended');
    return value;
  }

  async ask(): Promise<Told> {
    this.#child.stdin.write('\n');
    return JSON.parse(await this.line()) as Told;
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }
}

function post(path: string, body: unknown): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const sent = request(
      origin + path,
      { method: 'POST', agent, headers: { ...headers, 'content-type': 'application/json' } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          if ((response.statusCode ?? 500) >= 300) reject(new Error(`${path}: ${response.statusCode} ${text}`));
          else resolve(text === '' ? {} : (JSON.parse(text) as Record<string, unknown>));
        });
      },
    );
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}

/** Reads a session's stream to the first result: when each delta came, in milliseconds. */
async function view(id: string, onOpen: () => void): Promise<number[]> {
  const arrivals: number[] = [];
  const path = `${origin}/v1/sessions/${id}/messages/stream`;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(path, { agent, headers }, resolve).on('error', reject).end();
  });
  onOpen();
  let isOver = false;
  const parser = createParser({
    onEvent({ data }) {
      if (data.includes('"content_block_delta"')) arrivals.push(performance.now());
      else if (data.startsWith('{"type":"result"')) isOver = true;
    },
  });
  for await (const chunk of response.setEncoding('utf8')) {
    parser.feed(chunk as string);
    if (isOver) break;
  }
  response.destroy();
  return arrivals;
}

/** How late each delta came, against the stream's own pace as the quickest of its deltas tells it. */
function lagsOf(arrivals: readonly number[]): number[] {
  const early = Math.min(...arrivals.map((at, index) => at - index * GAP_MS));
  return arrivals.map((at, index) => at - index * GAP_MS - early);
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

async function measureViewers(): Promise<{ lagP50Ms: number; lagP99Ms: number; frames: number }> {
  const ids = await Promise.all(
    Array.from({ length: TURNS }, async () => String((await post('/v1/native/sessions', {}))['id'])),
  );
  let open = 0;
  const views = ids.flatMap((id) => Array.from({ length: VIEWERS }, () => view(id, () => (open += 1))));
  while (open < TURNS * VIEWERS) await new Promise((resolve) => setTimeout(resolve, 20));
  await server.ask();
  const prompt = { type: 'user', message: { role: 'user', content: `@emit ${deltas} gap=${GAP_MS}` } };
  await Promise.all(ids.map((id) => post(`/v1/sessions/${id}/messages`, prompt)));
  const arrivals = await Promise.all(views);
  const short = arrivals.filter(({ length }) => length < deltas).length;
  if (short > 0) console.log(`${short} viewers were told fewer than ${deltas} deltas`);
  const lags = arrivals.flatMap(lagsOf).toSorted((a, b) => a - b);
  return { lagP50Ms: percentile(lags, 0.5), lagP99Ms: percentile(lags, 0.99), frames: lags.length };
}

async function measureAccepted(): Promise<number> {
  const ids = await Promise.all(
    Array.from({ length: AT_ONCE }, async () => String((await post('/v1/native/sessions', {}))['id'])),
  );
  // Accepted and durable, as every prompt; no turn begins for it.
  const prompt = { type: 'user', message: { role: 'user', content: 'for later' }, shouldQuery: false };
  let left = PROMPTS;
  const startedAt = performance.now();
  await Promise.all(
    ids.map(async (id) => {
      while (left > 0) {
        left -= 1;
        await post(`/v1/sessions/${id}/messages`, prompt);
      }
    }),
  );
  return PROMPTS / ((performance.now() - startedAt) / 1_000);
}

const folder = await mkdtemp(join(tmpdir(), 'colloquy-bench-'));
const emulator = new Process('../emulator.ts', []);
const server = new Process('./served.ts', [folder, await emulator.line()]);
const link = new URL(await server.line());
const { origin } = link;
const exchanged = await fetch(`${origin}/auth/exchange`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ token: link.hash.replace('#token=', '') }),
});
const secret = /^colloquy=([^;]+)/.exec(exchanged.headers.get('set-cookie') ?? '')?.[1];
const headers = { authorization: `Bearer ${secret}` };

let failed = 0;
const tell = (what: string, value: number, met: boolean, gate: string): void => {
  if (!met) failed += 1;
  console.log(`${what.padEnd(64)} ${value.toFixed(1).padStart(9)}  ${gate} ${met ? '' : 'MISSED'}`);
};
try {
  const { lagP50Ms, lagP99Ms, frames } = await measureViewers();
  const { peakMb, stallMs, cpuSeconds } = await server.ask();
  console.log(
    `${TURNS} turns at ${1_000 / GAP_MS} deltas/s, ${VIEWERS} viewers each: ${frames} frames; ${cpuSeconds.toFixed(1)} s of CPU`,
  );
  tell('lag, p50 (ms)', lagP50Ms, true, '');
  tell('lag, p99 (ms)', lagP99Ms, lagP99Ms < GATES.lagP99Ms, `gate ${GATES.lagP99Ms}`);
  tell('longest stall of the event loop (ms)', stallMs, stallMs < GATES.stallMs, `gate ${GATES.stallMs}`);
  tell('memory at its peak (MB)', peakMb, peakMb < GATES.peakMb, `gate ${GATES.peakMb}`);
  const accepted = await measureAccepted();
  tell(
    'prompts accepted durably, a second',
    accepted,
    accepted >= GATES.acceptedPerSecond,
    `gate ${GATES.acceptedPerSecond}`,
  );
} finally {
  await server.end();
  await emulator.end();
  agent.destroy();
  await rm(folder, { recursive: true, force: true });
}
process.exit(failed === 0 ? 0 : 1);
