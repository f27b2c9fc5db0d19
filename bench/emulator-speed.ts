// script/bench emulator: how much of a core the emulator takes, and how fast it serves; the emulator in a process of its own.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { contestant } from './contestants/node-http.ts';
import { HEADERS } from './contestants/by-hand.ts';
import { MODEL } from './contestants/contestant.ts';
import { median } from './measures/measure.ts';

const STREAMS = 200;
const GAP_MS = 20;
const DELTAS = 250;
const LONG = 20_000;
const RUNS = 20;
/** Of `/proc/<pid>/stat`, as every Linux that Node runs on counts. */
const TICKS_PER_SECOND = 100;
const agent = new Agent({ keepAlive: true, maxSockets: STREAMS });

/** Reads an answer and looks at nothing but its length. */
function drain(url: string, prompt: string): Promise<number> {
  const body = JSON.stringify({
    model: MODEL,
    max_tokens: 100_000,
    stream: true,
    messages: [{ role: 'user', content: prompt }],
  });
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/v1/messages`, { method: 'POST', agent, headers: HEADERS }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('end', () =>
        response.statusCode === 200 ? resolve(bytes) : reject(new Error(`Status ${response.statusCode}`)),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function cpuSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const emulator = spawn(process.execPath, [join(import.meta.dirname, 'emulator.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
let met = true;
try {
  let url = '';
  for await (const line of createInterface({ input: emulator.stdout })) {
    url = line;
    break;
  }
  await Promise.all(Array.from({ length: STREAMS }, () => drain(url, '@emit 5')));
  const before = cpuSeconds(emulator.pid);
  const ms = await timed(() =>
    Promise.all(Array.from({ length: STREAMS }, () => drain(url, `@emit ${DELTAS} gap=${GAP_MS}`))),
  );
  const cores = (cpuSeconds(emulator.pid) - before) / (ms / 1000);
  const rate = (STREAMS * DELTAS) / (ms / 1000);
  console.log(`${STREAMS} paced streams: ${rate.toFixed(0)} deltas/s in ${cores.toFixed(2)} of a core (gate: 0.5)`);

  const served: number[] = [];
  const read: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    served.push(await timed(() => drain(url, `@emit ${LONG}`)));
    const talk = await contestant.open({ url, onDelta: () => {} });
    read.push(await timed(() => talk.turn(`@emit ${LONG}`)));
  }
  const [serve, parse] = [median(served.slice(5)), median(read.slice(5))];
  console.log(
    `${LONG} deltas at once: served in ${serve.toFixed(1)} ms; node:http by hand reads them in ${parse.toFixed(1)} ms`,
  );
  const passed = Number(cores <= 0.5) + Number(serve < parse);
  met = passed === 2;
  console.log(`${passed} passed, ${2 - passed} failed`);
} finally {
  emulator.stdin.end();
}
process.exit(met ? 0 : 1);
