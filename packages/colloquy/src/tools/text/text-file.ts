import type { Files, FileStat } from '../tool.ts';
import { decodeText, type DecodedText, encodeText } from './text-encoding.ts';

/** Larger originals are not told to the program: they would be kept in the log with every edit. */
const MAX_TOLD_CHARS = 1_000_000;

/** A text file that is about to be changed. */
export type TextFile = DecodedText & {
  /** As the model has seen it, and as it still is. */
  state: FileStat;
};

/**
 * Reads a file in order to change it: as the model has seen it, if it has. The path must be real; `shown` is what messages call it.
 * With `replacing`, damaged text is no error: none of it is written back.
 * @throws Error for a file that has changed since it was seen, was not seen where that is wanted (`mustBeSeen`), is no file, or is damaged.
 */
export async function readSeenText(
  files: Files,
  path: string,
  o: { shown: string; found: FileStat; replacing: boolean; mustBeSeen?: boolean; signal: AbortSignal },
): Promise<TextFile> {
  const state = requireSeen(files, path, o);
  const decoded = decodeText(await files.read(path, { signal: o.signal }));
  if (decoded.damaged && !o.replacing) {
    throw new Error(
      `${o.shown} is not valid ${decoded.encoding.toUpperCase()}, so that changing it here would damage it. Use a command instead.`,
    );
  }
  return { ...decoded, state };
}

/** The state of a file from which it may be changed. @throws Error which tells the model to read it. */
function requireSeen(
  files: Files,
  path: string,
  { shown, found, mustBeSeen }: { shown: string; found: FileStat; mustBeSeen?: boolean },
): FileStat {
  if (found.kind === 'directory') throw new Error(`${shown} is a directory, not a file.`);
  if (found.kind === 'other') throw new Error(`${shown} is a device, pipe or socket, not a file that can be changed.`);
  const seen = files.seen(path);
  if (seen === undefined && mustBeSeen !== true) return found;
  if (seen === undefined)
    throw new Error(`${shown} exists and has not been read in this session. Read it first, then change it.`);
  if (seen.size === found.size && seen.mtimeMs === found.mtimeMs) return seen;
  throw new Error(`${shown} has changed since it was read. Read it again, then change it.`);
}

/** A new text in the encoding of the file that it replaces; in UTF-8 if that lacks some of its characters. */
export function encodeAnew(text: string, original: TextFile): Uint8Array {
  if (original.damaged) return Buffer.from(text);
  try {
    return encodeText(text, original);
  } catch {
    return Buffer.from(text);
  }
}

/** Writes a changed or new file in one step and notes that the model knows it. @throws Error if the file changed meanwhile. */
export async function writeSeen(
  files: Files,
  path: string,
  bytes: Uint8Array,
  o: { unchangedSince: FileStat | 'absent'; signal: AbortSignal },
): Promise<void> {
  await files.write(path, bytes, o);
  const written = await files.stat(path);
  // Another size means that somebody else was faster: their content has not been seen.
  if (written?.size === bytes.byteLength) files.markSeen(path, written);
}

/** An original as the program is told it; null when it is too large for that. */
export function toldOriginal(text: string): string | null {
  return text.length <= MAX_TOLD_CHARS ? text : null;
}
