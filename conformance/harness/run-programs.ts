import { loadSdk } from './load-sdk.ts';
import { type Seen, toSeen } from './judge.ts';
import { type Column, COLUMNS, type Program } from './program.ts';
import { openStage } from './stage.ts';

/** Longer than any program; one that hangs is told as such. */
const MAX_PROGRAM_MS = 90_000;
/** Programs wait for processes more than they compute. */
const AT_ONCE = 6;

export type SeenById = Map<string, Partial<Record<Column, Seen>>>;
type Job = { program: Program; column: Column };

/** Runs programs, each in its columns, several side by side. `onDone` hears of each: what it took, and how it failed. */
export async function runPrograms(
  programs: readonly Program[],
  onDone: (program: Program, column: Column, ms: number, error: string | undefined) => void,
  { atOnce = AT_ONCE }: { atOnce?: number } = {},
): Promise<SeenById> {
  const seen: SeenById = new Map();
  const jobs: Job[] = programs.flatMap((program) =>
    (program.columns ?? COLUMNS).map((column) => ({ program, column })),
  );
  const work = async (): Promise<void> => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const begun = performance.now();
      const of = await runOne(job);
      for (const [id, one] of of.seen) seen.set(id, { ...seen.get(id), [job.column]: one });
      onDone(job.program, job.column, performance.now() - begun, of.error);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return seen;
}

async function runOne({ program, column }: Job): Promise<{ seen: Map<string, Seen>; error?: string }> {
  const stage = openStage(column, await loadSdk(column));
  try {
    const observed = await within(MAX_PROGRAM_MS, program.run(stage));
    const unknown = Object.keys(observed).filter((id) => !program.ids.includes(id));
    if (unknown.length > 0) throw new Error(`It observed what it does not list: ${unknown.join(', ')}`);
    return { seen: new Map(program.ids.map((id) => [id, toSeen(observed[id])])) };
  } catch (error) {
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { seen: new Map(program.ids.map((id) => [id, { error: told }])), error: told };
  } finally {
    await within(MAX_PROGRAM_MS, Promise.resolve(stage[Symbol.asyncDispose]())).catch(() => undefined);
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`It has not ended within ${ms / 1000} s`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
