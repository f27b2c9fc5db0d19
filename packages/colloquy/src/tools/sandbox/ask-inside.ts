import { readdir, readFile } from 'node:fs/promises';

/**
 * Asks the processes of a command in the sandbox to end. Those that make the sandbox are left alone: with them, all would be killed
 * at once. `depth` is in how many process namespaces, ours counted, a command stands.
 */
export async function askInside(group: number, depth: number): Promise<void> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  await Promise.all(
    numbers.map(async (number) => {
      if (await isOfCommand(number, group, depth)) sendTerm(Number(number));
    }),
  );
}

async function isOfCommand(number: string, group: number, depth: number): Promise<boolean> {
  try {
    const status = await readFile(`/proc/${number}/status`, 'latin1');
    const inside = fieldOf(status, 'NSpid');
    return fieldOf(status, 'NSpgid')[0] === String(group) && inside.length >= depth && inside.at(-1) !== '1';
  } catch {
    // Ended meanwhile, or of another user.
    return false;
  }
}

function fieldOf(status: string, name: string): string[] {
  const line = status.split('\n').find((one) => one.startsWith(`${name}:`));
  return (
    line
      ?.split(/\s+/)
      .slice(1)
      .filter((word) => word !== '') ?? []
  );
}

function sendTerm(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // Ended meanwhile.
  }
}
