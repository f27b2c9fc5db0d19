import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

// Beside this file in the source, and beside the bundle in what is published: script/build copies it there.
const FOLDER = new URL('./browser/', import.meta.url);
const NAME = /^[a-z]+(?:-[a-z]+)*\.(html|js|css|svg)$/;
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** A file of the page, or undefined when there is none of this name. */
export async function readPageFile(name: string): Promise<{ type: string; bytes: Uint8Array } | undefined> {
  const type = TYPES[NAME.exec(name)?.[1] ?? ''];
  if (type === undefined) return undefined;
  try {
    return { type, bytes: await readFile(fileURLToPath(new URL(name, FOLDER))) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
