import { relative, resolve } from 'node:path';
import type { PermissionCall, PermissionWorld, ResolvedPaths } from './call.ts';
import { isInside, isSystemPath } from './paths.ts';
import { protectedPart, secretPart } from './protected-paths.ts';
import type { PermissionState } from './state.ts';
import { tellText } from './tell-rule.ts';

/** Where the paths of a call really lie, and what speaks against touching them unasked. */
export async function resolvePaths(
  call: PermissionCall,
  state: PermissionState,
  world: PermissionWorld,
): Promise<ResolvedPaths> {
  const paths = call.target.paths ?? [];
  const found: ResolvedPaths = {
    inside: false,
    outside: [],
    blocked: undefined,
    protected: undefined,
    caution: undefined,
    isRoot: false,
  };
  if (paths.length === 0) return found;
  const resolved = await Promise.all([world.cwd, ...state.directories].map((root) => realOrUndefined(root, world)));
  const roots = resolved.filter((root) => root !== undefined);
  const outside: string[] = [];
  for (const { path, access } of paths) {
    const real = await realOrUndefined(path, world);
    const open = access === 'read' ? [...roots, ...(world.readable ?? [])] : roots;
    const root = real === undefined ? undefined : open.find((folder) => isInside(folder, real));
    if (root === undefined) outside.push(real ?? path);
    if (root === undefined) found.blocked ??= path;
    found.isRoot ||= root === real;
    // Only below the root: where the folders themselves lie is not the model's choice. A link may have any name, so both count.
    const names = [relative(root ?? '/', real ?? path), relative(world.cwd, resolve(world.cwd, path))];
    found.protected ??= firstPart(names, protectedPart);
    found.caution ??= cautionOfNames(path, names) ?? (await cautionOfPlace(path, { real, root }, world));
  }
  return { ...found, inside: outside.length === 0 && found.caution === undefined, outside };
}

function cautionOfNames(path: string, names: readonly string[]): string | undefined {
  const secret = firstPart(names, secretPart);
  if (secret === undefined) return undefined;
  return `${tellText(path)} is asked for, because ${tellText(secret)} holds keys or passwords.`;
}

async function cautionOfPlace(
  path: string,
  { real, root }: { real: string | undefined; root: string | undefined },
  world: PermissionWorld,
): Promise<string | undefined> {
  if (real === undefined || root === undefined) return undefined;
  if (isSystemPath(real) && !isSystemPath(root))
    return `${tellText(path)} is asked for, because it shows the insides of the system or of its processes.`;
  for (const folder of world.ownFolders ?? []) {
    const own = await realOrUndefined(folder, world);
    if (own !== undefined && isInside(root, own) && isInside(own, real))
      return `${tellText(path)} is asked for, because this program keeps its sessions and settings there.`;
  }
  if (((await world.links?.(path)) ?? 1) > 1)
    return `${tellText(path)} is asked for, because it has several hard links: another name of the same file may lie outside the working folders.`;
  return undefined;
}

function firstPart(names: readonly string[], part: (path: string) => string | undefined): string | undefined {
  for (const name of names) {
    const found = part(name);
    if (found !== undefined) return found;
  }
  return undefined;
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
