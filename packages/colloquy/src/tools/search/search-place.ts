import { join, relative } from 'node:path';
import { isInside } from '../../permissions/paths.ts';
import type { ToolContext } from '../tool.ts';

/** Where a search begins. */
export type SearchPlace = {
  /** Real path. */
  path: string;
  kind: 'file' | 'directory';
  /** How to name something below it: relative to the working directory if it lies there, else by its full path. */
  show(below: string): string;
};

/** Follows a path to what it really is. @throws Error for what does not exist, cannot be searched, or lies out of bounds. */
export async function openSearchPlace(path: string, { files, cwd }: ToolContext): Promise<SearchPlace> {
  const real = await files.resolve(path);
  const found = await files.stat(real);
  if (found === undefined) throw new Error(`${path} does not exist. Relative paths begin at ${cwd}.`);
  if (found.kind === 'other') throw new Error(`${path} is a device, pipe or socket, which cannot be searched.`);
  const base = await files.resolve(cwd);
  const prefix = isInside(base, real) ? relative(base, real) : real;
  return { path: real, kind: found.kind, show: (below) => join(prefix, below) };
}
