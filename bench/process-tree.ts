import { readdirSync, readFileSync } from 'node:fs';

/** Of `/proc/<pid>/stat`, as every Linux that Node runs on counts. */
const TICKS_PER_SECOND = 100;

type Status = { parent: number; ticks: number };

/**
 * CPU time of this process and of all that it has started, in seconds. What others have used is known to a hundredth; those that
 * have ended count only where their parent has waited for them.
 */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  const others = below().reduce((sum, { ticks }) => sum + ticks, 0);
  return (user + system) / 1e6 + others / TICKS_PER_SECOND;
}

/** Memory of this process and of all that it has started: the proportional set size, and what is private and dirty; KB. */
export function memoryKb(): { pss: number; privateDirty: number } {
  const sum = { pss: 0, privateDirty: 0 };
  for (const pid of [process.pid, ...below().map((one) => one.pid)]) {
    const text = readOrNothing(`/proc/${pid}/smaps_rollup`);
    sum.pss += Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0);
    sum.privateDirty += Number(/^Private_Dirty:\s+(\d+) kB/m.exec(text)?.[1] ?? 0);
  }
  return sum;
}

/**
 * As `memoryKb`, with the heap of this process compacted and its empty pages given back, as V8 does by itself only when memory gets
 * short: otherwise the figure is mostly what the turns have left behind on half-empty pages. Wants `--expose-gc`.
 */
export function settledMemoryKb(): { pss: number; privateDirty: number } {
  for (let round = 0; round < 4; round += 1)
    globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  return memoryKb();
}

/** Every process below this one. */
function below(): ({ pid: number } & Status)[] {
  const all = new Map<number, Status>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const status = Number.isInteger(pid) ? statusOf(pid) : undefined;
    if (status !== undefined) all.set(pid, status);
  }
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (pid === process.pid || isBelow(all.get(pid)?.parent));
  return [...all].filter(([pid]) => pid !== process.pid && isBelow(pid)).map(([pid, status]) => ({ pid, ...status }));
}

function statusOf(pid: number): Status | undefined {
  // The name of the program stands in brackets, and may hold any character.
  const fields = readOrNothing(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
  if (fields.length < 16) return undefined;
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
  return { parent: Number(fields[1]), ticks };
}

/** Processes may end at any time. */
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
