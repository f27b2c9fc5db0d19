import { lstat, rename } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A file with which a repository takes its settings and hooks from elsewhere. Only work trees beside a repository have one; in a
 * repository itself a command may have made it to get around what is protected there. It cannot be kept from being made: git gives
 * up on a repository where something else has that name.
 */
const REDIRECT = 'commondir';

/** The repositories at these roots that have no such file. To be called before a command, with its roots. */
export async function plainRepositories(roots: readonly string[]): Promise<string[]> {
  const folders = roots.map((root) => join(root, '.git'));
  const isPlain = await Promise.all(
    folders.map(
      async (folder) => (await kindOf(folder)) === 'folder' && (await kindOf(join(folder, REDIRECT))) === 'none',
    ),
  );
  return folders.filter((_, index) => isPlain[index]);
}

/** Puts away what a command has made of the kind. @returns what the model is told of it */
export async function withdrawRedirects(repositories: readonly string[]): Promise<string[]> {
  const notes = await Promise.all(
    repositories.map(async (folder) => {
      const path = join(folder, REDIRECT);
      if ((await kindOf(path)) === 'none') return [];
      await rename(path, `${path}.refused`);
      return [`${path} would make git take hooks and settings from elsewhere; it was renamed to ${REDIRECT}.refused.`];
    }),
  );
  return notes.flat();
}

async function kindOf(path: string): Promise<'folder' | 'other' | 'none'> {
  try {
    return (await lstat(path)).isDirectory() ? 'folder' : 'other';
  } catch {
    return 'none';
  }
}
