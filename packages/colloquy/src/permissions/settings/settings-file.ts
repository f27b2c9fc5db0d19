import { randomUUID } from 'node:crypto';
import { constants, statSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ConfigurationError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';
import { messageOf } from '../../helpers/message-of.ts';

/** A settings file of more than this is none. */
const MAX_BYTES = 1024 * 1024;

/** A settings file as it was found. */
export type SettingsText = { text: string; settings: Record<string, unknown>; mode: number };

/**
 * Reads a settings file; undefined when there is none.
 * @throws ConfigurationError which names the file and what is wrong with it, nothing of its content
 */
export async function readSettingsFile(path: string): Promise<SettingsText | undefined> {
  const found = await readText(path);
  if (found === undefined) return undefined;
  const settings = parseSettings(path, found.text);
  return { ...found, settings };
}

async function readText(path: string): Promise<{ text: string; mode: number } | undefined> {
  let handle: FileHandle | undefined;
  try {
    // Most are not there, and a session waits for the answer: a look takes 2 µs, a failed opening beside the program fifty times as long.
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
    // Without waiting: a pipe put there would hold up the session's start.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (!found.isFile()) throw unusable(path, 'it is no regular file');
    if (found.size > MAX_BYTES) throw unusable(path, `it is larger than ${MAX_BYTES} bytes`);
    return { text: decode(path, await handle.readFile()), mode: found.mode & 0o777 };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error instanceof ConfigurationError ? error : unusable(path, messageOf(error));
  } finally {
    await handle?.close();
  }
}

/** With its byte order mark, if it has one: it is written back. */
function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unusable(path, 'it is not UTF-8');
  }
}

function parseSettings(path: string, text: string): Record<string, unknown> {
  let settings: unknown;
  try {
    settings = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw unusable(path, `it is not JSON${lineOf(text, error)}`);
  }
  if (!isRecord(settings)) throw unusable(path, 'it holds no JSON object');
  return settings;
}

/** Where a text stops being JSON. The engine's own message would repeat what stands there. */
function lineOf(text: string, error: unknown): string {
  const position = /at position (\d+)/.exec(messageOf(error))?.[1];
  return position === undefined ? '' : ` (line ${text.slice(0, Number(position)).split('\n').length})`;
}

function unusable(path: string, why: string): ConfigurationError {
  return new ConfigurationError(`${path} cannot be used: ${why}. Mend it or remove it`);
}

/** Gives a file new content in one step, durably: after a crash it holds the old or the new. Its folder must be there. */
export async function replaceDurably(path: string, text: string, mode: number): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders; there the rename is durable by itself.
  const handle = await open(folder, constants.O_RDONLY).catch(() => undefined);
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
