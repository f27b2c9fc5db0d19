import type { FileHandle } from 'node:fs/promises';
import type { StreamChunk } from '../direct/stream-chunk.ts';
import { ConfigurationError } from '../errors.ts';
import { atBorder } from '../helpers/abort-error.ts';
import type { SDKMessage } from '../messages.ts';
import { pullUntil } from '../helpers/pull-until.ts';
import { TextOfStream } from './text-of-stream.ts';

/** Small pieces are written together, so that a stream of deltas is not a system call for each. */
const MAX_HELD_BYTES = 64 * 1024;

/**
 * Writes a stream to a file as it comes: bytes, text, chunks of a direct client, or what the model says in the messages of a session.
 * It is read no faster than the disk takes it, so memory does not grow with its length. The file is there when it is whole, in place
 * of an older one, whose mode it keeps; until then, and after a kill, there is only `<name>.<uuid>.tmp` beside it. A failure removes that
 * and leaves the older file. Gives the length in bytes.
 * ```ts
 * const { bytes } = await streamToFile(conversation.askStream('Tell me a long story'), 'story.txt');
 * ```
 * @throws what the stream throws; an error of the file system; AbortError when the signal aborts; ConfigurationError for a folder, a
 * device, or what else is no file
 */
export async function streamToFile(
  source: AsyncIterable<Piece>,
  path: string,
  o: { signal?: AbortSignal | undefined } = {},
): Promise<{ bytes: number }> {
  const [{ open, realpath, rename, rm, stat }, { randomUUID }] = await Promise.all([
    import('node:fs/promises'),
    import('node:crypto'),
  ]);
  // What a link leads to is replaced, not the link.
  const target = await realpath(path).catch(() => path);
  const temporary = `${target}.${randomUUID()}.tmp`;
  const opened = async (): Promise<{ handle: FileHandle; mode: number | undefined }> => {
    const existing = await stat(target).catch(() => undefined);
    // A device or a pipe would be replaced by a file.
    if (existing?.isFile() === false) {
      throw new ConfigurationError(`${path} is there, and is no file that could be replaced; give another path`);
    }
    return { handle: await open(temporary, 'wx'), mode: existing?.mode };
  };
  const { handle, mode } = await opened().catch(async (error: unknown) => {
    // Nobody will read it: what is behind it is to be released.
    await source[Symbol.asyncIterator]().return?.();
    throw error;
  });
  try {
    let bytes: number;
    try {
      bytes = await write(source, handle, o.signal);
      if (mode !== undefined) await handle.chmod(mode & 0o777);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
    return { bytes };
  } catch (error) {
    await rm(temporary, { force: true });
    throw atBorder(error, o.signal);
  }
}

type Piece = string | Uint8Array | StreamChunk | SDKMessage;

/** The bytes of each piece. A character may be cut between two of them. */
class Encoder {
  readonly #text = new TextOfStream();
  /** The first half of a character. */
  #half = '';

  bytesOf(item: Piece): Uint8Array {
    if (item instanceof Uint8Array) return this.#half === '' ? item : Buffer.concat([this.rest(), item]);
    const said = this.#half + this.#text.of(item);
    const last = said.charCodeAt(said.length - 1);
    this.#half = last >= 0xd800 && last <= 0xdbff ? said.slice(-1) : '';
    return Buffer.from(this.#half === '' ? said : said.slice(0, -1));
  }

  rest(): Uint8Array {
    const rest = Buffer.from(this.#half);
    this.#half = '';
    return rest;
  }
}

async function write(
  source: AsyncIterable<Piece>,
  handle: FileHandle,
  signal: AbortSignal | undefined,
): Promise<number> {
  const encoder = new Encoder();
  // One for all pieces: what would be left of so many would be collected late.
  const held = Buffer.allocUnsafe(MAX_HELD_BYTES);
  let used = 0;
  let bytes = 0;
  const writeAll = async (piece: Uint8Array): Promise<void> => {
    for (let rest = piece; rest.length > 0;) rest = rest.subarray((await handle.write(rest)).bytesWritten);
    bytes += piece.length;
  };
  const add = async (piece: Uint8Array): Promise<void> => {
    if (used + piece.length > held.length) {
      await writeAll(held.subarray(0, used));
      used = 0;
    }
    if (piece.length > held.length) await writeAll(piece);
    else {
      held.set(piece, used);
      used += piece.length;
    }
  };
  for await (const item of pullUntil(source, signal)) await add(encoder.bytesOf(item));
  await add(encoder.rest());
  await writeAll(held.subarray(0, used));
  return bytes;
}
