// script/bench server [--seconds N] [--prompts N] [--json]: the server under load: many viewers of many turns, and prompts as fast as they are accepted. The
// emulator and the server are processes of their own; this one is the load.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { parseArgs } from 'node:util';
import { quantile } from '../measures/measure.ts';
import { lagsOf } from '../paced-streams.ts';
import { SERVER_FLAGS } from './flags.ts';

const TURNS = 200;
const VIEWERS = 5;
const GAP_MS = 50;
const SESSIONS = 500;
const AT_ONCE = 64;
const [FRAME_END, DELTA, RESULT] = ['\n\n', '"content_block_delta"', 'data: {"type":"result"'].map((text) =>
  Buffer.from(text),
) as [Buffer, Buffer, Buffer];
const GATES = { lagP99Ms: 100, peakMb: 600, stallMs: 20, acceptedPerSecond: 1_000 };

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    prompts: { type: 'string', default: '5000' },
    json: { type: 'boolean' },
  },
});
const prompts = Number(values.prompts);
const deltas = Math.round((Number(values.seconds) * 1_000) / GAP_MS);
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

type Told = { peakMb: number; stallMs: number; cpuSeconds: number };

class Process {
  readonly #child;
  readonly #lines: AsyncIterator<string>;

  constructor(script: string, args: string[], flags: string[] = []) {
    this.#child = spawn(process.execPath, [...flags, join(import.meta.dirname, script), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines: Interface = createInterface({ input: this.#child.stdout });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
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

/** Reads a session's stream to the first result: when each delta came, in milliseconds. It looks at bytes only, so as to cost little. */
function view(id: string, onOpen: () => void): Promise<number[]> {
  const arrivals: number[] = [];
  const path = `${origin}/v1/sessions/${id}/messages/stream`;
  return new Promise((resolve, reject) => {
    const onResponse = (response: IncomingMessage): void => {
      onOpen();
      let rest: Buffer | undefined;
      response.on('data', (chunk: Buffer) => {
        const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
        const end = bytes.lastIndexOf(FRAME_END);
        rest = end + FRAME_END.length === bytes.length ? undefined : bytes.subarray(end < 0 ? 0 : end);
        if (end < 0) return;
        const nowMs = performance.now();
        for (let at = bytes.indexOf(DELTA); at >= 0 && at < end; at = bytes.indexOf(DELTA, at + 1))
          arrivals.push(nowMs);
        const result = bytes.indexOf(RESULT);
        if (result < 0 || result > end) return;
        response.destroy();
        resolve(arrivals);
      });
      response.on('end', () => reject(new Error('The stream has ended before the result')));
    };
    request(path, { agent, headers }, onResponse).on('error', reject).end();
  });
}

async function measureViewers(): Promise<{ lagP50Ms: number; lagP99Ms: number; frames: number; seconds: number }> {
  const ids = await Promise.all(
    Array.from({ length: TURNS }, async () => String((await post('/v1/native/sessions', {}))['id'])),
  );
  let open = 0;
  const views = ids.flatMap((id) => Array.from({ length: VIEWERS }, () => view(id, () => (open += 1))));
  while (open < TURNS * VIEWERS) await new Promise((resolve) => setTimeout(resolve, 20));
  await server.ask();
  const prompt = { type: 'user', message: { role: 'user', content: `@emit ${deltas} gap=${GAP_MS}` } };
  const startedAt = performance.now();
  await Promise.all(ids.map((id) => post(`/v1/sessions/${id}/messages`, prompt)));
  const arrivals = await Promise.all(views);
  const seconds = (performance.now() - startedAt) / 1_000;
  const short = arrivals.filter(({ length }) => length < deltas).length;
  if (short > 0) console.log(`${short} viewers were told fewer than ${deltas} deltas`);
  const lags = arrivals.flatMap((times) => lagsOf(times, GAP_MS)).toSorted((a, b) => a - b);
  return { lagP50Ms: quantile(lags, 0.5), lagP99Ms: quantile(lags, 0.99), frames: lags.length, seconds };
}

/** Does something so often, `AT_ONCE` at a time: how often a second. */
async function rateOf(times: number, work: (place: number) => Promise<unknown>): Promise<number> {
  let left = times;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, place) => {
      while (left > 0) {
        left -= 1;
        await work(place);
      }
    }),
  );
  return times / ((performance.now() - startedAt) / 1_000);
}

async function measureAccepted(): Promise<number> {
  const ids = await Promise.all(
    Array.from({ length: AT_ONCE }, async () => String((await post('/v1/native/sessions', {}))['id'])),
  );
  // Accepted and durable, as every prompt; no turn begins for it.
  const prompt = { type: 'user', message: { role: 'user', content: 'for later' }, shouldQuery: false };
  return rateOf(prompts, (place) => post(`/v1/sessions/${ids[place]}/messages`, prompt));
}

const folder = await mkdtemp(join(tmpdir(), 'colloquy-bench-'));
const emulator = new Process('../emulator.ts', []);
const server = new Process('./served.ts', [folder, await emulator.line()], SERVER_FLAGS);
const link = new URL(await server.line());
// As if they were other machines: neither the model nor the load is to take the server's place on a core.
for (const pid of [emulator.pid, process.pid]) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
const { origin } = link;
const exchanged = await fetch(`${origin}/auth/exchange`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ token: link.hash.replace('#token=', '') }),
});
const secret = /^colloquy=([^;]+)/.exec(exchanged.headers.get('set-cookie') ?? '')?.[1];
const headers = { authorization: `Bearer ${secret}` };

try {
  const { lagP50Ms, lagP99Ms, frames, seconds } = await measureViewers();
  const { peakMb: peak, stallMs: stall, cpuSeconds } = await server.ask();
  const accepted = await measureAccepted();
  const created = await rateOf(SESSIONS, () => post('/v1/native/sessions', {}));
  const found = { created, accepted, frames: frames / seconds, lagP50: lagP50Ms, lagP99: lagP99Ms, stall, peak };
  if (values.json === true) console.log(JSON.stringify(found));
  else {
    const pace = `${TURNS} turns at ${1_000 / GAP_MS} deltas/s, ${VIEWERS} viewers each`;
    console.log(`${pace}: ${frames} frames; ${cpuSeconds.toFixed(1)} s of CPU`);
    process.exitCode = tellFound(found) ? 0 : 1;
  }
} finally {
  await server.end();
  await emulator.end();
  agent.destroy();
  await rm(folder, { recursive: true, force: true });
}
process.exit();

/** A line for each; whether all gates are met. */
function tellFound(found: Record<string, number>): boolean {
  const lines: [name: string, title: string, gate?: { least?: number; most?: number }][] = [
    ['lagP50', 'lag, p50 (ms)'],
    ['lagP99', 'lag, p99 (ms)', { most: GATES.lagP99Ms }],
    ['stall', 'longest stall of the event loop (ms)', { most: GATES.stallMs }],
    ['peak', 'memory at its peak (MB)', { most: GATES.peakMb }],
    ['accepted', 'prompts accepted durably, a second', { least: GATES.acceptedPerSecond }],
    ['created', 'sessions created, a second'],
  ];
  const missed = lines.filter(([name, title, { least = 0, most = Infinity } = {}]) => {
    const value = found[name] ?? Number.NaN;
    const isMet = value >= least && value <= most;
    const gate = least > 0 ? `at least ${least}` : most < Infinity ? `at most ${most}` : '';
    console.log(`${title.padEnd(64)} ${value.toFixed(1).padStart(9)}  ${gate} ${isMet ? '' : 'MISSED'}`);
    return !isMet;
  });
  return missed.length === 0;
}
