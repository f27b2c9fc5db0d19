import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { TimeoutError } from '../../errors.ts';
import { Deadline } from '../../helpers/deadline.ts';

const MAX_SEARCH_MS = 60_000;
const MAX_ERROR_CHARS = 2000;
/** A piece of output without any end is not waited for beyond this. */
const MAX_RECORD_CHARS = 1_000_000;
/** ripgrep's exit code when something went wrong, even if other files were searched. */
const EXIT_ERROR = 2;

export type SearchEnd = {
  /** `take` wanted no more, or a bound was reached. */
  cut: boolean;
  /** Some files or folders could not be read. */
  incomplete: boolean;
};

/** There is no ripgrep for this machine. */
export class RipgrepMissingError extends Error {
  override readonly name = 'RipgrepMissingError';
}

/**
 * Runs ripgrep and hands out its output record by record, until `take` answers false. The process is gone when this settles.
 * @throws Error for what ripgrep refuses, such as a pattern that is none; RipgrepMissingError; the signal's reason when it
 * aborts; TimeoutError after a minute.
 */
export async function runRipgrep(
  args: readonly string[],
  o: {
    cwd: string;
    /** What to search: `.`, or `./` and a file's name. */
    path: string;
    /** What stands after each record. */
    separator: string;
    take: (record: string) => boolean;
    signal: AbortSignal;
  },
): Promise<SearchEnd> {
  o.signal.throwIfAborted();
  const deadline = new Deadline(o.signal);
  const timedOut = (): Error =>
    new TimeoutError(`The search took longer than ${MAX_SEARCH_MS / 1000} s and was ended; search a smaller folder.`);
  deadline.start(MAX_SEARCH_MS, timedOut);
  try {
    return await searchUntil(deadline.signal, await startRipgrep([...args, '--', o.path], o.cwd), o);
  } finally {
    deadline.close();
  }
}

async function searchUntil(
  signal: AbortSignal,
  child: ChildProcessByStdio<null, Readable, Readable>,
  o: { separator: string; take: (record: string) => boolean },
): Promise<SearchEnd> {
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  // Listened for before the output is read: both may end at any moment.
  const closed = once(child, 'close');
  try {
    const complaints = collectText(child.stderr);
    const cut = await readRecords(child.stdout, o.separator, o.take);
    if (cut) kill();
    await closed;
    signal.throwIfAborted();
    const complaint = (await complaints).trim();
    // Trouble with files is not printed (--no-messages), so this is about the arguments.
    if (complaint !== '' && !cut) throw new Error(`The search could not be made: ${complaint.replace(/^rg: /, '')}`);
    return { cut, incomplete: child.exitCode === EXIT_ERROR };
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
    await closed;
  }
}

async function startRipgrep(
  args: readonly string[],
  cwd: string,
): Promise<ChildProcessByStdio<null, Readable, Readable>> {
  const { spawn } = await import('node:child_process');
  const child = spawn(await ripgrepPath(), args, { cwd, env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new RipgrepMissingError('ripgrep could not be started', { cause });
  }
  return child;
}

/** `COLLOQUY_RIPGREP` names another ripgrep than the one that came with this package. */
export async function ripgrepPath(): Promise<string> {
  const named = process.env['COLLOQUY_RIPGREP'];
  if (named !== undefined && named !== '') return named;
  try {
    return (await import('@vscode/ripgrep')).rgPath;
  } catch (cause) {
    throw new RipgrepMissingError('@vscode/ripgrep has no ripgrep for this platform', { cause });
  }
}

/** @returns whether the records were cut, by `take` or by a record without end. */
async function readRecords(output: Readable, separator: string, take: (record: string) => boolean): Promise<boolean> {
  let open = '';
  output.setEncoding('utf8');
  for await (const chunk of output) {
    const records = (open + String(chunk)).split(separator);
    open = records.pop() ?? '';
    for (const record of records) if (!take(record)) return true;
    if (open.length > MAX_RECORD_CHARS) return true;
  }
  return open !== '' && !take(open);
}

async function collectText(stream: Readable): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) if (text.length < MAX_ERROR_CHARS) text += String(chunk);
  return text.slice(0, MAX_ERROR_CHARS);
}
