import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What has become of a watched file. */
export type FileEvent = 'change' | 'add' | 'unlink';

const MAX_PATHS = 1_000;
const MAX_FOLDERS = 100;
const MAX_ENTRIES = 10_000;
/** Writers come in bursts: what happens to a file within this time is told as one. */
const SETTLE_MS = 50;

type Folder = { watcher: FSWatcher; names: Set<string> | 'all' };

/**
 * Watches files, and the entries of folders (not what lies below them), until it is closed. Each path counts by what it is at the
 * end of a burst: a file that is written anew in its place has changed. Holds no process open.
 */
export class FileWatcher {
  readonly #tell: (path: string, event: FileEvent) => void;
  readonly #folders = new Map<string, Folder>();
  readonly #known = new Map<string, string>();
  readonly #pending = new Map<string, NodeJS.Timeout>();
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(tell: (path: string, event: FileEvent) => void) {
    this.#tell = tell;
  }

  /** Watches these absolute paths and no others. Resolves when they are watched; what cannot be watched is passed over. */
  watch(paths: readonly string[]): Promise<void> {
    this.#turn = this.#turn.then(() => this.#replace(paths));
    return this.#turn;
  }

  close(): void {
    this.#isClosed = true;
    this.#letGo();
  }

  #letGo(): void {
    for (const { watcher } of this.#folders.values()) watcher.close();
    for (const timer of this.#pending.values()) clearTimeout(timer);
    this.#folders.clear();
    this.#pending.clear();
    this.#known.clear();
  }

  async #replace(paths: readonly string[]): Promise<void> {
    if (this.#isClosed) return;
    this.#letGo();
    for (const path of new Set(paths.slice(0, MAX_PATHS))) {
      const entry = await stampOf(path);
      if (this.#isClosed) return;
      if (entry === FOLDER) await this.#addFolder(path);
      else {
        this.#known.set(path, entry);
        this.#open(dirname(path), basename(path));
      }
    }
  }

  async #addFolder(path: string): Promise<void> {
    this.#open(path, undefined);
    const names = await readdir(path).catch(() => []);
    for (const name of names.slice(0, MAX_ENTRIES)) {
      if (!this.#isClosed) this.#known.set(join(path, name), await stampOf(join(path, name)));
    }
  }

  #open(path: string, name: string | undefined): void {
    const open = this.#folders.get(path);
    if (open !== undefined) {
      if (name === undefined) open.names = 'all';
      else if (open.names !== 'all') open.names.add(name);
      return;
    }
    if (this.#isClosed || this.#folders.size >= MAX_FOLDERS) return;
    try {
      const names = name === undefined ? ('all' as const) : new Set([name]);
      const watcher = watch(path, { persistent: false }, (_, changed) => this.#onEvent(path, changed));
      watcher.on('error', () => watcher.close());
      this.#folders.set(path, { watcher, names });
    } catch {
      // The folder is not there, or may not be watched: nothing in it is told.
    }
  }

  #onEvent(folder: string, name: string | null): void {
    const names = this.#folders.get(folder)?.names;
    if (names === undefined) return;
    // Some systems do not say which file it was.
    const changed = name === null ? (names === 'all' ? [] : [...names]) : [name];
    for (const each of changed) if (names === 'all' || names.has(each)) this.#lookSoon(join(folder, each));
  }

  #lookSoon(path: string): void {
    if (this.#isClosed || this.#pending.has(path) || this.#pending.size >= MAX_PATHS) return;
    this.#pending.set(path, setTimeout(() => void this.#look(path), SETTLE_MS).unref());
  }

  async #look(path: string): Promise<void> {
    this.#pending.delete(path);
    const now = await stampOf(path);
    const before = this.#known.get(path) ?? ABSENT;
    if (this.#isClosed || now === before) return;
    this.#known.set(path, now);
    this.#tell(path, before === ABSENT ? 'add' : now === ABSENT ? 'unlink' : 'change');
  }
}

const ABSENT = 'absent';
const FOLDER = 'folder';

/** What tells one state of a file from another. */
async function stampOf(path: string): Promise<string> {
  try {
    const found = await stat(path, { bigint: true });
    return found.isDirectory() ? FOLDER : `${found.ino} ${found.size} ${found.mtimeNs}`;
  } catch {
    // Not there, or not to be looked at.
    return ABSENT;
  }
}
