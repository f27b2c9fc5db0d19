import { relative, resolve } from 'node:path';
import type { PermissionCall, PermissionWorld, ResolvedPaths } from './call.ts';
import { isInside } from './paths.ts';
import { protectedPart } from './protected-paths.ts';
import type { PermissionState } from './state.ts';

/** Where the paths of a call really lie. */
export async function resolvePaths(
  call: PermissionCall,
  state: PermissionState,
  world: PermissionWorld,
): Promise<ResolvedPaths> {
  const paths = call.target.paths ?? [];
  if (paths.length === 0) return { inside: false, outside: [], protected: undefined, isRoot: false };
  const roots = await Promise.all([world.cwd, ...state.directories].map((root) => realOrUndefined(root, world)));
  const outside: string[] = [];
  let guarded: string | undefined;
  let isRoot = false;
  for (const { path } of paths) {
    const real = await realOrUndefined(path, world);
    const root =
      real === undefined ? undefined : roots.find((folder) => folder !== undefined && isInside(folder, real));
    if (root === undefined) outside.push(real ?? path);
    isRoot ||= root === real;
    // Only below the root: where the folders themselves lie is not the model's choice. A link may have any name, so both count.
    guarded ??=
      protectedPart(relative(root ?? '/', real ?? path)) ??
      protectedPart(relative(world.cwd, resolve(world.cwd, path)));
  }
  return { inside: outside.length === 0, outside, protected: guarded, isRoot };
}

/** Undefined: it cannot be told. */
export async function realOrUndefined(path: string, world: PermissionWorld): Promise<string | undefined> {
  try {
    return await world.resolve(path);
  } catch {
    // Links in a circle, a folder that may not be entered: nobody knows what it is, so it is inside of nothing.
    return undefined;
  }
}
