import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from 'colloquy/internal';

/** What is left of an upload or a deletion that a dead process had begun; a living one takes hours at most. */
const LEFTOVER_MS = 24 * 60 * 60_000;
const PIECE_BYTES = 1024 * 1024;

export type Written = { size: number; sha256: string };

/** The bytes of uploaded files: a file each, by its id, in `files/` of the data folder. Without one: in a temporary folder, until `close`. */
export class FileBlobs {
  readonly #dataFolder: string | undefined;
  #folder: Promise<string> | undefined;

  constructor(dataFolder: string | undefined) {
    this.#dataFolder = dataFolder;
  }

  /**
   * Writes what comes; on the disk when it resolves. A failure leaves nothing behind.
   * @param o.onPiece told the size so far, and may throw
   */
  async write(id: string, source: AsyncIterable<Uint8Array>, o: { onPiece: (size: number) => void }): Promise<Written> {
    const folder = await this.#open();
    const temporary = join(folder, `.${randomUUID()}.part`);
    const handle = await open(temporary, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
    try {
      const written = await copy(source, handle, o.onPiece).finally(() => handle.close());
      await rename(temporary, join(folder, id));
      await syncFolder(folder);
      return written;
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** Opens the bytes of a file to be read. @throws Error of the file system */
  async read(id: string): Promise<FileHandle> {
    return open(join(await this.#open(), id), constants.O_RDONLY);
  }

  /** Writes a file's bytes to an open file; on the disk when it resolves. */
  async copyTo(id: string, target: FileHandle): Promise<void> {
    const source = await this.read(id);
    try {
      const piece = Buffer.alloc(PIECE_BYTES);
      for (;;) {
        const { bytesRead } = await source.read(piece, 0, piece.length);
        if (bytesRead === 0) break;
        await target.writeFile(piece.subarray(0, bytesRead));
      }
      await target.sync();
    } finally {
      await source.close();
    }
  }

  /** One that is not there is no error. */
  async remove(id: string): Promise<void> {
    await rm(join(await this.#open(), id), { force: true });
  }

  /** Removes what belongs to no file and is older than any upload takes. */
  async removeLeftovers(isKnown: (id: string) => Promise<boolean>): Promise<void> {
    const folder = await this.#open();
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined || Date.now() - found.mtimeMs < LEFTOVER_MS) continue;
      if (name.startsWith('.') || !(await isKnown(name))) await rm(path, { force: true });
    }
  }

  async close(): Promise<void> {
    if (this.#dataFolder !== undefined || this.#folder === undefined) return;
    await rm(await this.#folder, { recursive: true, force: true });
  }

  #open(): Promise<string> {
    return (this.#folder ??= this.#make().catch((error: unknown) => {
      this.#folder = undefined;
      throw error;
    }));
  }

  async #make(): Promise<string> {
    if (this.#dataFolder === undefined) return mkdtemp(join(tmpdir(), 'colloquy-files-'));
    const folder = join(this.#dataFolder, 'files');
    await makeFolder(folder, 0o700);
    return folder;
  }
}

async function copy(
  source: AsyncIterable<Uint8Array>,
  handle: FileHandle,
  onPiece: (size: number) => void,
): Promise<Written> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of source) {
    size += piece.byteLength;
    onPiece(size);
    hash.update(piece);
    await handle.writeFile(piece);
  }
  await handle.sync();
  return { size, sha256: hash.digest('hex') };
}

/** A new name is on the disk once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
