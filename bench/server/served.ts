// The server in a process of its own: `node served.ts FOLDER MODEL_URL`. Prints its link; then, for each line it is sent, what it has
// held and how long its event loop stood still since the line before.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { serve } from '@colloquy/server';
import { openSqliteStore } from 'colloquy/internal';

const [folder = '', modelUrl = ''] = process.argv.slice(2);
const server = await serve({
  store: await openSqliteStore({ path: join(folder, 'sessions.db') }),
  cwd: folder,
  dataFolder: join(folder, 'data'),
  model: 'claude-opus-5-5',
  endpoint: 'a measurement',
  simulated: true,
  maxOpenSessions: 5_000,
  ...(process.env['BENCH_ADMIN_KEY'] === undefined ? {} : { adminKey: process.env['BENCH_ADMIN_KEY'] }),
  sessionDefaults: { env: { ANTHROPIC_BASE_URL: modelUrl, ANTHROPIC_API_KEY: 'sk-bench', PATH: process.env['PATH'] } },
});
const stalls = monitorEventLoopDelay({ resolution: 5 });
stalls.enable();
console.log(server.link);
for await (const _ of createInterface({ input: process.stdin })) {
  const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
  const { user, system } = process.cpuUsage();
  // The histogram holds the time between two of its ticks, which are 5 ms apart when nothing stands in the way.
  const stallMs = Math.max(0, stalls.max / 1e6 - 5);
  stalls.reset();
  console.log(JSON.stringify({ peakMb: peak, stallMs, cpuSeconds: (user + system) / 1e6 }));
}
await server.close();
process.exit(0);
