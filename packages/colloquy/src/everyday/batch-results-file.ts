import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import { isRecord } from '../helpers/is-record.ts';
import { jsonCopy } from '../helpers/json-copy.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { messageOf } from '../helpers/message-of.ts';

const LINE_BEGINS = '{"key":"';

/** The results of a batch, one JSON object a line: `{ key, ok: true, value }` or `{ key, ok: false, error }`. */
export interface ResultsFile {
  /** What was kept for a key by an earlier run. */
  get(key: string): { value: unknown } | undefined;
  /** Resolves with the value as it is kept, once it is with the system: a kill of the process does not lose it. */
  add(key: string, value: unknown): Promise<unknown>;
  addError(key: string, error: unknown): Promise<void>;
  close(): Promise<void>;
}

/** Opens the file, or makes it. A last line that a kill has torn counts as not there. @throws ConfigurationError for a file of something else */
export async function openResultsFile(path: string): Promise<ResultsFile> {
  await makeFolder(dirname(path));
  const handle = await open(path, 'a+', 0o600);
  try {
    const kept = await readKept(handle, path);
    return new OpenResultsFile(handle, kept);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readKept(handle: FileHandle, path: string): Promise<Map<string, unknown>> {
  // A device may give bytes without end.
  if (!(await handle.stat()).isFile()) throw isNone(path);
  const kept = new Map<string, unknown>();
  let isOurs = true;
  let last = '';
  for await (const line of linesOf(handle)) {
    last = line;
    const result = parsed(line);
    if (result?.ok === true) kept.set(result.key, result.value);
    else if (result !== undefined) kept.delete(result.key);
    else if (!LINE_BEGINS.startsWith(line.slice(0, LINE_BEGINS.length))) isOurs = false;
  }
  // Lines that a kill has torn begin as ours do; others, and none of ours, are somebody's file.
  if (!isOurs && kept.size === 0) throw isNone(path);
  // What follows a torn line must not become a part of it.
  if (last !== '') await handle.appendFile('\n');
  return kept;
}

function isNone(path: string): ConfigurationError {
  return new ConfigurationError(`${path} is no results file of a batch; give \`resultsFile\` another name`);
}

/** The lines of the file, and what is behind the last line end. The whole file may be more than fits into one text. */
async function* linesOf(handle: FileHandle): AsyncGenerator<string, void, void> {
  let parts: string[] = [];
  for await (const chunk of handle.createReadStream({ start: 0, autoClose: false, encoding: 'utf8' })) {
    const [first = '', ...lines] = String(chunk).split('\n');
    parts.push(first);
    if (lines.length === 0) continue;
    yield parts.join('');
    parts = [lines.pop() ?? ''];
    yield* lines;
  }
  yield parts.join('');
}

function parsed(line: string): { key: string; ok: boolean; value: unknown } | undefined {
  try {
    const result: unknown = JSON.parse(line);
    if (!isRecord(result) || typeof result['key'] !== 'string' || typeof result['ok'] !== 'boolean') return undefined;
    return { key: result['key'], ok: result['ok'], value: result['value'] };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class OpenResultsFile implements ResultsFile {
  readonly #handle: FileHandle;
  readonly #kept: ReadonlyMap<string, unknown>;
  /** Lines are written one after the other. */
  #written: Promise<void> = Promise.resolve();

  constructor(handle: FileHandle, kept: ReadonlyMap<string, unknown>) {
    this.#handle = handle;
    this.#kept = kept;
  }

  get(key: string): { value: unknown } | undefined {
    const digest = digestOf(key);
    return this.#kept.has(digest) ? { value: this.#kept.get(digest) } : undefined;
  }

  async add(key: string, value: unknown): Promise<unknown> {
    const copy = jsonCopy(value);
    if (!copy.ok) throw new ConfigurationError(`A result cannot be kept in the results file: ${copy.problem}`);
    await this.#write({ key: digestOf(key), ok: true, value: copy.value });
    return copy.value;
  }

  async addError(key: string, error: unknown): Promise<void> {
    await this.#write({ key: digestOf(key), ok: false, error: messageOf(error) });
  }

  async close(): Promise<void> {
    await this.#written.catch(() => {});
    await this.#handle.close();
  }

  #write(line: Record<string, unknown>): Promise<void> {
    this.#written = this.#written.then(() => this.#handle.appendFile(`${JSON.stringify(line)}\n`));
    return this.#written;
  }
}

/** Inputs may be long, and say what is nobody else's concern. */
function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}
