import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const SCRIPT = fileURLToPath(new URL('./served-child.ts', import.meta.url));

/**
 * Starts a server in a process of its own, and signs in; `kill` ends it as a power cut would.
 * @param deadly a kind of entry: it is killed instead of appending one
 */
export async function serveInChild(
  folder: string,
  deadly?: string,
): Promise<{ origin: string; secret: string; kill: () => Promise<void> }> {
  const child = spawn(
    process.execPath,
    ['--conditions=colloquy-source', SCRIPT, folder, ...(deadly === undefined ? [] : [deadly])],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const exited = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(kill);
  const [link] = await once(createInterface({ input: child.stdout }), 'line');
  const { origin, hash } = new URL(String(link));
  const exchanged = await fetch(`${origin}/auth/exchange`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: hash.replace('#token=', '') }),
  });
  const secret = /^colloquy=([^;]+)/.exec(exchanged.headers.get('set-cookie') ?? '')?.[1] ?? '';
  return { origin, secret, kill };
}
