import { rmSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../helpers/message-of.ts';

/** The most of one output that is kept on disk. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** Outputs of ended commands that are kept; beyond, the oldest goes. */
const MAX_ENDED_FILES = 64;
const MAX_ENDED_BYTES = 256 * 1024 * 1024;

/**
 * Where a session keeps output that is too long to be told, or still grows: a folder for this user alone, among the system's
 * temporary ones. Made when it is first needed, gone when the session is closed or the process ends by itself.
 */
export class OutputFolder implements AsyncDisposable {
  readonly #maxFileBytes: number;
  #made: Promise<string> | undefined;
  #path: string | undefined;
  readonly #ended: OutputFile[] = [];
  readonly #open = new Set<OutputFile>();
  #closed = false;
  #unnamed = 0;

  constructor(o: { maxFileBytes?: number | undefined } = {}) {
    this.#maxFileBytes = o.maxFileBytes ?? MAX_FILE_BYTES;
  }

  /** Its real path, once it is made. */
  get path(): string | undefined {
    return this.#path;
  }

  /** A new, empty file, of this name or of one that is not taken. @throws Error when the disk refuses it, or the session is closed */
  async create(name?: string): Promise<OutputFile> {
    const folder = await (this.#made ??= this.#make());
    if (this.#closed) throw new Error('The session is closed, so that no output can be kept.');
    const path = join(folder, name ?? `call-${++this.#unnamed}.output`);
    const handle = await open(path, 'wx', 0o600);
    const file = new OutputFile(path, handle, this.#maxFileBytes, () => this.#onEnd(file));
    this.#open.add(file);
    return file;
  }

  /** Removes the folder with all that is in it. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#open].map((file) => file.end()));
    const made = await this.#made?.catch(() => undefined);
    if (made === undefined) return;
    await rm(made, { recursive: true, force: true, maxRetries: 2 });
    forget(made);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #make(): Promise<string> {
    // Readable, writable and enterable for its owner alone.
    const path = await mkdtemp(join(await realpath(tmpdir()), 'colloquy-output-'));
    remember(path);
    this.#path = path;
    return path;
  }

  #onEnd(file: OutputFile): void {
    this.#open.delete(file);
    this.#ended.push(file);
    let bytes = this.#ended.reduce((sum, { size }) => sum + size, 0);
    while (this.#ended.length > MAX_ENDED_FILES || bytes > MAX_ENDED_BYTES) {
      const oldest = this.#ended.shift();
      if (oldest === undefined) return;
      bytes -= oldest.size;
      // It goes with the folder at the latest.
      rm(oldest.path, { force: true }).catch(() => {});
    }
  }
}

/** A file that grows up to a bound. What cannot be written is dropped, and `problem` says why. */
export class OutputFile {
  readonly path: string;
  /** Bytes written. */
  size = 0;
  /** Why the file does not hold everything. */
  problem: 'full' | { message: string } | undefined;
  readonly #maxBytes: number;
  readonly #handle: FileHandle;
  readonly #onEnd: () => void;
  #writing: Promise<void> = Promise.resolve();
  #ending: Promise<void> | undefined;

  constructor(path: string, handle: FileHandle, maxBytes: number, onEnd: () => void) {
    this.path = path;
    this.#handle = handle;
    this.#maxBytes = maxBytes;
    this.#onEnd = onEnd;
  }

  /** Appends; resolves when it is written, or dropped. Pieces are written in the order given. */
  write(piece: Uint8Array): Promise<void> {
    if (this.#ending !== undefined) return Promise.resolve();
    this.#writing = this.#writing.then(() => this.#write(piece));
    return this.#writing;
  }

  /** Nothing is written after that; the file stays. */
  end(): Promise<void> {
    return (this.#ending ??= this.#writing.then(async () => {
      try {
        await this.#handle.close();
      } finally {
        this.#onEnd();
      }
    }));
  }

  async #write(piece: Uint8Array): Promise<void> {
    if (this.problem !== undefined) return;
    const fits = piece.subarray(0, this.#maxBytes - this.size);
    try {
      await this.#handle.appendFile(fits);
      this.size += fits.byteLength;
    } catch (error) {
      this.problem = { message: messageOf(error) };
      return;
    }
    if (fits.byteLength < piece.byteLength) this.problem = 'full';
  }
}

/** Folders that are left if the process exits without closing its sessions. */
const remembered = new Set<string>();

function remember(path: string): void {
  if (remembered.size === 0) process.on('exit', removeAll);
  remembered.add(path);
}

function forget(path: string): void {
  remembered.delete(path);
  if (remembered.size === 0) process.off('exit', removeAll);
}

function removeAll(): void {
  for (const path of remembered) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // The process is going; the system clears its temporary files.
    }
  }
}
