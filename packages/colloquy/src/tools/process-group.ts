import { readdir, readFile } from 'node:fs/promises';
import { delay } from '../helpers/delay.ts';

const TERM_GRACE_MS = 1000;
const KILL_GRACE_MS = 2000;
const POLL_MS = 10;
const POLLS_BEFORE_LOOKING = 5;

/** A name in the environment of every process of one command, by which those are found that have left its group. */
export const MARK_NAME = 'SHELL_CALL_ID';

/** The processes that a command started: its group, and on Linux those that moved out of it. */
export type ProcessGroup = { id: number; mark: string };

/** Waits until nothing of the group is alive, at most `boundMs`. @returns whether that came true. */
export async function waitUntilGone({ id }: Pick<ProcessGroup, 'id'>, boundMs: number): Promise<boolean> {
  const endMs = performance.now() + boundMs;
  for (let polls = 0; sendSignal(-id, 0); polls++) {
    if (polls >= POLLS_BEFORE_LOOKING && !(await hasLiving(id))) return true;
    if (performance.now() >= endMs) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** Ends a group: asked first, then killed. Settles when it is gone, or after a few seconds at most. */
export async function endGroup(group: ProcessGroup, termGraceMs = TERM_GRACE_MS): Promise<void> {
  sendSignal(-group.id, 'SIGTERM');
  if (await waitUntilGone(group, termGraceMs)) return;
  sendSignal(-group.id, 'SIGKILL');
  await waitUntilGone(group, KILL_GRACE_MS);
}

/** Whether a process still runs; one that has ended and that nobody collects does not. */
export async function isAlive(pid: number): Promise<boolean> {
  if (!sendSignal(pid, 0)) return false;
  const found = await processState(String(pid));
  return found !== undefined && found.state !== 'Z' && found.state !== 'X';
}

/** Kills a group at once. */
export function killGroup(id: number): void {
  sendSignal(-id, 'SIGKILL');
}

/**
 * Kills what carries the command's mark and has left its group (`setsid`, daemons). What has left its group and cleared its
 * environment as well is not found, nor anything where there is no /proc: only a sandbox holds those.
 */
export async function killEscaped({ mark }: ProcessGroup): Promise<void> {
  if (process.platform !== 'linux') return;
  const wanted = `${MARK_NAME}=${mark}`;
  // One may start another just before it is killed; then there is another round.
  for (let round = 0; round < 10; round++) {
    const found = (await Promise.all((await listProcesses()).map((pid) => hasMark(pid, wanted)))).flatMap(
      (pid) => pid ?? [],
    );
    if (found.length === 0) return;
    for (const pid of found) sendSignal(pid, 'SIGKILL');
    await delay(POLL_MS);
  }
}

// Where nobody collects orphans (a container whose first process does not), the dead stay in their group for ever.
async function hasLiving(groupId: number): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const found = await Promise.all((await listProcesses()).map(processState));
  return found.some((one) => one !== undefined && one.group === groupId && one.state !== 'Z' && one.state !== 'X');
}

/** @returns whether there was anything to send it to. */
function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ESRCH') return false;
    // There, but of another user: it cannot be ended by us.
    if (code === 'EPERM') return true;
    throw error;
  }
}

async function listProcesses(): Promise<string[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
}

async function hasMark(pid: string, wanted: string): Promise<number | undefined> {
  const environment = await readOrUndefined(`/proc/${pid}/environ`);
  return environment?.split('\0').includes(wanted) === true ? Number(pid) : undefined;
}

async function processState(pid: string): Promise<{ state: string; group: number } | undefined> {
  const stat = await readOrUndefined(`/proc/${pid}/stat`);
  // The name, in brackets, may hold anything; what follows it are state, parent and group.
  const [state, , group] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  return state === undefined || group === undefined ? undefined : { state, group: Number(group) };
}

async function readOrUndefined(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1');
  } catch {
    // Ended meanwhile, or of another user.
    return undefined;
  }
}
