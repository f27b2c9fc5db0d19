import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, opendir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isInside } from '../permissions/paths.ts';
import { realPath, unlessMissing } from './real-path.ts';
import { replaceFile } from './replace-file.ts';
import type { Files, FileStat } from './tool.ts';

const MAX_READ_BYTES = 50 * 1024 * 1024;
const PIECE_BYTES = 256 * 1024;
const MAX_LISTED_NAMES = 1000;
/** A file whose state was forgotten has to be read again before an edit. */
const MAX_SEEN_FILES = 10_000;

/**
 * Files below the session's roots. Every path is followed to what it really is before it is judged, and is opened by that real
 * path. `roots` is asked at each use, so that directories may be added while the session runs.
 */
export function createLocalFiles(o: { cwd: string; roots: () => readonly string[] }): Files {
  return new FilesBelowRoots(o, [], new Map());
}

class FilesBelowRoots implements Files {
  readonly #place: { cwd: string; roots: () => readonly string[] };
  readonly #leave: readonly string[];
  readonly #seen: Map<string, FileStat>;

  constructor(
    place: { cwd: string; roots: () => readonly string[] },
    leave: readonly string[],
    seen: Map<string, FileStat>,
  ) {
    this.#place = place;
    this.#leave = leave;
    this.#seen = seen;
  }

  withLeave(paths: readonly string[]): Files {
    return new FilesBelowRoots(this.#place, [...this.#leave, ...paths], this.#seen);
  }

  resolve(path: string): Promise<string> {
    return realPath(resolve(this.#place.cwd, path));
  }

  async stat(path: string): Promise<FileStat | undefined> {
    const found = await unlessMissing(stat(await this.#reach(path)));
    return found === undefined ? undefined : toFileStat(found);
  }

  async list(path: string, o?: { limit?: number | undefined }): Promise<string[]> {
    const names: string[] = [];
    const limit = o?.limit ?? MAX_LISTED_NAMES;
    // Leaving the loop closes the folder.
    for await (const entry of await opendir(await this.#reach(path))) {
      if (names.length >= limit) break;
      names.push(entry.name);
    }
    return names;
  }

  async read(
    path: string,
    o?: { maxBytes?: number | undefined; signal?: AbortSignal | undefined },
  ): Promise<Uint8Array> {
    const maxBytes = o?.maxBytes ?? MAX_READ_BYTES;
    const pieces: Uint8Array[] = [];
    let size = 0;
    await this.scan(
      path,
      (piece) => {
        size += piece.byteLength;
        if (size > maxBytes)
          throw new Error(`${path} is larger than ${maxBytes} bytes, the most that is read at once.`);
        pieces.push(Buffer.from(piece));
        return true;
      },
      o,
    );
    return Buffer.concat(pieces, size);
  }

  async scan(
    path: string,
    visit: (piece: Uint8Array) => boolean,
    o?: { signal?: AbortSignal | undefined },
  ): Promise<FileStat> {
    const handle = await openRegularFile(path, await this.#reach(path));
    try {
      const opened = toFileStat(await handle.stat());
      const buffer = Buffer.allocUnsafe(PIECE_BYTES);
      for (;;) {
        o?.signal?.throwIfAborted();
        const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES);
        if (bytesRead === 0 || !visit(buffer.subarray(0, bytesRead))) return opened;
      }
    } finally {
      await handle.close();
    }
  }

  async write(
    path: string,
    data: string | Uint8Array,
    o?: { unchangedSince?: FileStat | 'absent' | undefined; signal?: AbortSignal | undefined },
  ): Promise<void> {
    const real = await this.#reach(path);
    const check = async (): Promise<void> => {
      const now = await this.stat(real);
      if (now !== undefined && now.kind !== 'file')
        throw new Error(`${path} is ${describeKind(now.kind)}, not a file to write to.`);
      const then = o?.unchangedSince;
      if (then === undefined || isSameState(then, now)) return;
      throw new Error(`${path} has changed in the meantime and was left as it is; read it again.`);
    };
    await check();
    await replaceFile(real, data, { signal: o?.signal, beforeSwap: check });
  }

  seen(path: string): FileStat | undefined {
    return this.#seen.get(path);
  }

  markSeen(path: string, state: FileStat): void {
    this.#seen.delete(path);
    this.#seen.set(path, state);
    const oldest = this.#seen.keys().next();
    if (this.#seen.size > MAX_SEEN_FILES && oldest.done !== true) this.#seen.delete(oldest.value);
  }

  /** The real path, once it is known to lie where this session may go. */
  async #reach(path: string): Promise<string> {
    const real = await this.resolve(path);
    if (this.#leave.some((allowed) => isInside(allowed, real))) return real;
    for (const root of this.#place.roots()) {
      if (isInside(await this.resolve(root), real)) return real;
    }
    const what = resolve(this.#place.cwd, path) === real ? path : `${path} (really ${real})`;
    throw new Error(`${what} lies outside the folders of this session, and there is no leave to touch it.`);
  }
}

/** Whether a file is still in the state it was in: its size and the time of its last change. */
export function isSameState(then: FileStat | 'absent', now: FileStat | undefined): boolean {
  if (then === 'absent' || now === undefined) return then === 'absent' && now === undefined;
  return then.kind === now.kind && then.size === now.size && then.mtimeMs === now.mtimeMs;
}

// Looked at before it is opened, because opening a device may do something; opened without waiting, because a FIFO put there
// in between would wait for a writer; looked at again, because only what is open can no longer be exchanged.
async function openRegularFile(path: string, real: string): Promise<FileHandle> {
  const found = await unlessMissing(stat(real));
  if (found === undefined) throw Object.assign(new Error(`${path} does not exist.`), { code: 'ENOENT' });
  refuseUnlessFile(path, toFileStat(found));
  const handle = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    refuseUnlessFile(path, toFileStat(await handle.stat()));
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function refuseUnlessFile(path: string, { kind }: FileStat): void {
  if (kind !== 'file') throw new Error(`${path} is ${describeKind(kind)}, not a file that can be read.`);
}

function describeKind(kind: 'directory' | 'other'): string {
  return kind === 'directory' ? 'a directory' : 'a device, pipe or socket';
}

function toFileStat(found: Stats): FileStat {
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other';
  return { kind, size: found.size, mtimeMs: found.mtimeMs };
}
