import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { makeFolder } from '../helpers/make-folder.ts';
import { unlessMissing } from './real-path.ts';

/** Linux: a descriptor that only names a place, for which no right to read is needed. Node has no name for it. */
const O_PATH = 0x20_0000;
/** macOS: no link in any part of the path. */
const O_NOFOLLOW_ANY = 0x2000_0000;
const FOLDER = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Follows no link, and does not wait for the other end of a pipe. Windows has neither flag. */
const CAREFUL =
  process.platform === 'win32'
    ? 0
    : constants.O_NONBLOCK | constants.O_NOFOLLOW | (process.platform === 'darwin' ? O_NOFOLLOW_ANY : 0);

export type HoldOptions = {
  /** Make folders that are missing. */
  make?: boolean | undefined;
  /** Do without descriptors even where there are some. */
  byName?: boolean | undefined;
};

/**
 * A folder that stays the same whatever becomes of its name: what is opened in it lies in it. Linux holds it open; elsewhere it is
 * only a name, and what was opened by it is compared with what the name leads to afterwards.
 */
export class HeldFolder implements AsyncDisposable {
  readonly #path: string;
  readonly #handle: FileHandle | undefined;

  constructor(path: string, handle: FileHandle | undefined) {
    this.#path = path;
    this.#handle = handle;
  }

  /** What the system's calls call something in this folder; `.` is the folder itself. */
  at(name: string): string {
    return this.#handle === undefined ? join(this.#path, name) : `/proc/self/fd/${this.#handle.fd}/${name}`;
  }

  /** Undefined when there is nothing of that name. A link is told as a link. */
  look(name: string): Promise<Stats | undefined> {
    return unlessMissing(lstat(this.at(name)));
  }

  /** Opens something that is no link, without waiting. @throws Error of the file system, or that the folder is another now */
  async open(name: string, flags: number, mode?: number): Promise<FileHandle> {
    const handle = await open(this.at(name), flags | CAREFUL, mode);
    try {
      await this.confirm(name, handle);
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** @throws Error when the folder is only a name, and by that name another file is found now than the one that is open */
  async confirm(name: string, opened: FileHandle): Promise<void> {
    if (this.#handle !== undefined) return;
    const [now, named, file] = await Promise.all([realpath(this.#path), this.look(name), opened.stat()]);
    if (now !== this.#path || named?.ino !== file.ino || named.dev !== file.dev) throw replacedError(this.#path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle?.close();
  }
}

/**
 * Holds a folder by its real path, name by name from `base` on, which is that folder or one above it. Nothing on the way may be a
 * link: it would have been put there after the path was judged.
 * @returns undefined when there is no such folder and none was to be made
 * @throws Error for a link on the way, and for a file where a folder was to be made; Error of the file system
 */
export async function holdFolder(base: string, path: string, o: HoldOptions = {}): Promise<HeldFolder | undefined> {
  const byName = o.byName === true || !(await hasDescriptors());
  if (o.make === true) await makeFolder(base);
  let held = await openFolder(base, base, { ...o, byName });
  let place = base;
  for (const name of relative(base, path).split(sep)) {
    if (held === undefined) return undefined;
    if (name === '') continue;
    await using above: HeldFolder = held;
    place = join(place, name);
    held = await openFolder(above.at(name), place, { ...o, byName });
  }
  return held;
}

/** `at` is what the system's calls call it, `place` what errors call it. */
async function openFolder(at: string, place: string, o: HoldOptions): Promise<HeldFolder | undefined> {
  for (let mayMake = o.make === true; ; mayMake = false) {
    try {
      if (o.byName !== true) return new HeldFolder(place, await open(at, FOLDER));
      if ((await lstat(at)).isDirectory()) return new HeldFolder(place, undefined);
      return await refuseInTheWay(at, place, o);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'ENOTDIR' || code === 'ELOOP') return refuseInTheWay(at, place, o);
      if (code !== 'ENOENT') throw error;
      if (!mayMake) return undefined;
      await makeOne(at);
    }
  }
}

async function refuseInTheWay(at: string, place: string, { make = false }: HoldOptions): Promise<undefined> {
  const found = await unlessMissing(lstat(at));
  if (found?.isSymbolicLink() === true) throw replacedError(place);
  if (make) throw new Error(`${place} cannot be made a folder: a file of this name is in the way.`);
}

/** A folder that somebody else has just made is as good. */
async function makeOne(at: string): Promise<void> {
  try {
    await mkdir(at);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

export function replacedError(place: string): Error {
  return new Error(`${place} is no longer what it was when this call was judged. Nothing was done.`);
}

let descriptors: Promise<boolean> | undefined;

/** Whether open files have names. In a changed root there may be no /proc. */
function hasDescriptors(): Promise<boolean> {
  descriptors ??=
    process.platform === 'linux'
      ? lstat('/proc/self/fd').then(
          (found) => found.isDirectory(),
          () => false,
        )
      : Promise.resolve(false);
  return descriptors;
}
