// Runs in a process of its own: exchanges each path with what is called `<path>.other`, again and again, until it is killed.
import { renameSync, rmSync } from 'node:fs';

/** How long a path may stay what it is. */
const MAX_PAUSE_MS = 0.3;

const paths = process.argv.slice(2);
process.stdout.write('swapping\n');
for (;;) {
  for (const path of paths) {
    exchange(path);
    const until = performance.now() + Math.random() * MAX_PAUSE_MS;
    while (performance.now() < until);
  }
}

function exchange(path: string): void {
  renameSync(path, `${path}.moved`);
  while (!isRenamed(`${path}.other`, path));
  renameSync(`${path}.moved`, `${path}.other`);
}

/** Whoever writes may have made a folder of that name in between, and be making files in it. */
function isRenamed(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    try {
      rmSync(to, { recursive: true, force: true });
    } catch {
      // Filled again meanwhile.
    }
    return false;
  }
}
