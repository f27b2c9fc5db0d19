import { lstat, opendir, unlink } from 'node:fs/promises';
import { basename, dirname, isAbsolute, parse } from 'node:path';
import { isInside, isSystemPath } from '../permissions/paths.ts';
import { toFileError } from './file-error.ts';
import { describeKind, isSameState, openRegularFile, refuseLinked, toStat } from './file-state.ts';
import { type HeldFolder, holdFolder, replacedError } from './held-folder.ts';
import { realPath, unlessMissing } from './real-path.ts';
import { replaceFile } from './replace-file.ts';
import type { Files, FileStat, Leave, Located } from './tool.ts';

const MAX_READ_BYTES = 50 * 1024 * 1024;
const PIECE_BYTES = 256 * 1024;
const SMALL_PIECE_BYTES = 4 * 1024;
const MAX_LISTED_NAMES = 1000;
/** A file whose state was forgotten has to be read again before an edit. */
const MAX_SEEN_FILES = 10_000;

type Place = {
  cwd: string;
  roots: () => readonly string[];
  /** Open by names, as where the system has no names for what is open. For tests. */
  byName?: boolean | undefined;
};

/** What the files of all calls share. */
type Kept = { seen: Map<string, FileStat>; realRoots: Map<string, Promise<string>> };

/** A real path where this session may go. */
type Reached = { real: string; base: string; mayBeLinked: boolean };

/**
 * Files below the session's roots. Every path is followed to what it really is, judged, and opened from its root on without
 * following any link. `roots` is asked at each use, so that directories may be added while the session runs; what a root really is
 * does not change any more once it is known.
 */
export function createLocalFiles(place: Place): Files {
  const files = new FilesBelowRoots(place, { seen: new Map(), realRoots: new Map() }, []);
  // Before the first command runs, which may put links where the folders were.
  void files.realRoots();
  return files;
}

class FilesBelowRoots implements Files {
  readonly #place: Place;
  readonly #kept: Kept;
  readonly #leave: readonly Leave[];
  /** What a path that was judged leads to, whatever it would lead to now. */
  readonly #judged: ReadonlyMap<string, string>;

  constructor(place: Place, kept: Kept, leave: readonly Leave[]) {
    this.#place = place;
    this.#kept = kept;
    this.#leave = leave;
    this.#judged = new Map(
      leave.flatMap(({ path, real }) =>
        path === undefined
          ? []
          : [
              [path, real],
              [real, real],
            ],
      ),
    );
  }

  withLeave(leave: readonly (string | Leave)[]): Files {
    const more = leave.map((each) => (typeof each === 'string' ? { real: each, mayBeLinked: true } : each));
    return new FilesBelowRoots(this.#place, this.#kept, [...this.#leave, ...more]);
  }

  async resolve(path: string): Promise<string> {
    const judged = this.#judged.get(path);
    if (judged !== undefined) return judged;
    if (this.#place.roots().includes(path)) return this.#realRoot(path);
    try {
      return await realPath(isAbsolute(path) ? path : `${await this.#realRoot(this.#place.cwd)}/${path}`);
    } catch (error) {
      throw toFileError(path, error);
    }
  }

  async locate(path: string): Promise<Located> {
    const real = await this.resolve(path);
    try {
      const found = await unlessMissing(lstat(real));
      return { real, links: found?.isFile() === true ? found.nlink : 1 };
    } catch (error) {
      throw toFileError(path, error);
    }
  }

  stat(path: string): Promise<FileStat | undefined> {
    return this.#beside(path, async (folder, name) => toStat(path, await folder?.look(name)));
  }

  async list(path: string, o?: { limit?: number | undefined }): Promise<string[]> {
    const names: string[] = [];
    const limit = o?.limit ?? MAX_LISTED_NAMES;
    const { base, real } = await this.#reach(path);
    try {
      await using folder = await holdFolder(base, real, this.#place);
      if (folder === undefined) throw new Error(`${path} is no folder that exists.`);
      // Leaving the loop closes the folder.
      for await (const entry of await opendir(folder.at('.'))) {
        if (names.length >= limit) break;
        names.push(entry.name);
      }
      return names;
    } catch (error) {
      throw toFileError(path, error);
    }
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

  scan(
    path: string,
    visit: (piece: Uint8Array) => boolean,
    o: { from?: number | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<FileStat> {
    return this.#beside(path, async (folder, name, reached) => {
      const { handle: file, opened } = await openRegularFile(path, folder, name, reached);
      await using handle = file;
      // One byte more than there is, so that a small file is read at once. Files of the system tell no size.
      const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, Math.max(opened.size + 1, SMALL_PIECE_BYTES)));
      // Without a position it reads on, which also works where there are none.
      for (let position = o.from ?? null; ;) {
        o.signal?.throwIfAborted();
        const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength, position);
        if (bytesRead === 0 || !visit(buffer.subarray(0, bytesRead))) return opened;
        if (position !== null) position += bytesRead;
      }
    });
  }

  async write(
    path: string,
    data: string | Uint8Array,
    o?: { unchangedSince?: FileStat | 'absent' | undefined; signal?: AbortSignal | undefined },
  ): Promise<void> {
    const check = async (folder: HeldFolder | undefined, name: string, { mayBeLinked }: Reached): Promise<void> => {
      const now = toStat(path, await folder?.look(name));
      if (now !== undefined && now.kind !== 'file')
        throw new Error(`${path} is ${describeKind(now.kind)}, not a file to write to.`);
      if (now !== undefined && !mayBeLinked) refuseLinked(path, now);
      const then = o?.unchangedSince;
      if (then === undefined || isSameState(then, now)) return;
      throw new Error(`${path} has changed in the meantime and was left as it is; read it again.`);
    };
    // Before any folder is made for it.
    await this.#beside(path, check);
    await this.#beside(
      path,
      async (folder, name, reached) => {
        if (folder === undefined) throw replacedError(path);
        const beforeSwap = (): Promise<void> => check(folder, name, reached);
        await replaceFile(folder, name, data, { signal: o?.signal, beforeSwap });
      },
      { make: true },
    );
  }

  remove(path: string): Promise<void> {
    return this.#beside(path, async (folder, name, { mayBeLinked }) => {
      const now = toStat(path, await folder?.look(name));
      if (folder === undefined || now === undefined) return;
      if (now.kind !== 'file') throw new Error(`${path} is ${describeKind(now.kind)}, not a file to take away.`);
      if (!mayBeLinked) refuseLinked(path, now);
      await unlink(folder.at(name));
    });
  }

  seen(path: string): FileStat | undefined {
    return this.#kept.seen.get(path);
  }

  markSeen(path: string, state: FileStat): void {
    const { seen } = this.#kept;
    seen.delete(path);
    seen.set(path, state);
    const oldest = seen.keys().next();
    if (seen.size > MAX_SEEN_FILES && oldest.done !== true) seen.delete(oldest.value);
  }

  /** Those that can be told: one that is out of reach does not keep the others from being used. */
  async realRoots(): Promise<string[]> {
    const found = await Promise.allSettled(this.#place.roots().map((root) => this.#realRoot(root)));
    return found.flatMap((root) => (root.status === 'fulfilled' ? [root.value] : []));
  }

  #realRoot(root: string): Promise<string> {
    const known = this.#kept.realRoots.get(root);
    if (known !== undefined) return known;
    const real = realPath(root);
    this.#kept.realRoots.set(root, real);
    // Tried again when it was in the way of something that has gone since.
    real.catch(() => this.#kept.realRoots.delete(root));
    return real;
  }

  /** Goes to the folder that holds what a path names, and tells failures in the words of that path. */
  async #beside<T>(
    path: string,
    use: (folder: HeldFolder | undefined, name: string, reached: Reached) => Promise<T>,
    o?: { make: true },
  ): Promise<T> {
    const reached = await this.#reach(path);
    const parent = dirname(reached.real);
    // A root itself lies in a folder that is none of ours.
    const base = isInside(reached.base, parent) ? reached.base : parent;
    try {
      await using folder = await holdFolder(base, parent, { ...this.#place, ...o });
      return await use(folder, basename(reached.real) || '.', reached);
    } catch (error) {
      throw toFileError(path, error);
    }
  }

  /** The real path, once it is known to lie where this session may go. */
  async #reach(path: string): Promise<Reached> {
    const real = await this.resolve(path);
    const leave = this.#leave.filter((allowed) => isInside(allowed.real, real));
    const mayBeLinked = leave.some((allowed) => allowed.mayBeLinked === true);
    const around = (await this.realRoots()).filter((root) => isInside(root, real) && !isSystemPath(real));
    // From the outermost on: what lies above it cannot be changed from within.
    const [base] = around.toSorted((a, b) => a.length - b.length);
    if (base !== undefined) return { real, base, mayBeLinked };
    if (leave.length > 0) return { real, base: parse(real).root, mayBeLinked };
    throw new Error(`${path} lies outside the folders of this session, and there is no leave to touch it.`);
  }
}
