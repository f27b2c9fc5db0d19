import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVER_FLAGS } from '../server/flags.ts';
import { openClient } from './colloquy-client.ts';
import type { Contestant } from './contestant.ts';
import { TOOL_NAME } from './open-query.ts';
import { startProcess } from './start-process.ts';

let server: Promise<{ url: string; key: string }> | undefined;

/** Conversations of a Colloquy server in a process of its own, durable there, through the remote engine here. */
export const contestant: Contestant = {
  title: 'Colloquy server, remote engine',
  kind: 'ours',
  toolName: TOOL_NAME,
  async open(o) {
    server ??= startServer(o.url);
    return openClient(o, { engine: 'remote', server: await server });
  },
};

async function startServer(modelUrl: string): Promise<{ url: string; key: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const key = 'bench-key-0123456789-0123456789-01';
  const script = join(import.meta.dirname, '../server/served.ts');
  const started = await startProcess(process.execPath, [...SERVER_FLAGS, script, folder, modelUrl], {
    env: { BENCH_ADMIN_KEY: key },
  });
  return { url: new URL(await started.line(/^http/)).origin, key };
}
