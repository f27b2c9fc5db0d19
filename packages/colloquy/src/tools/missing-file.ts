import { basename, dirname, extname, join } from 'node:path';
import { nearestName } from '../helpers/nearest-name.ts';
import type { Files } from './tool.ts';

const MAX_SUGGESTIONS = 3;

/** The error for a file that is not there: names files of the same folder that may have been meant, and where paths begin. */
export async function missingFileError(files: Files, path: string, cwd: string): Promise<Error> {
  const similar = await similarFiles(files, path);
  const hint = similar.length > 0 ? ` Did you mean ${similar.join(' or ')}?` : ` Relative paths begin at ${cwd}.`;
  return new Error(`${path} does not exist.${hint}`);
}

async function similarFiles(files: Files, path: string): Promise<string[]> {
  const names = await namesBeside(files, path);
  const wanted = basename(path);
  const stem = basename(wanted, extname(wanted)).toLowerCase();
  const alike = names.filter((name) => basename(name, extname(name)).toLowerCase() === stem);
  const nearest = nearestName(wanted, names);
  const all = nearest === undefined ? alike : [nearest, ...alike];
  return [...new Set(all)].slice(0, MAX_SUGGESTIONS).map((name) => join(dirname(path), name));
}

async function namesBeside(files: Files, path: string): Promise<string[]> {
  try {
    return (await files.list(dirname(path))).toSorted();
  } catch {
    // A hint is all that is lost, whether the folder is missing, unreadable or out of bounds.
    return [];
  }
}
