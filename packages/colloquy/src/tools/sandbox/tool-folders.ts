import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';
import { words } from './words.ts';

/** What programs need beside the folder they lie in. */
const SIBLINGS = ['lib', 'lib64', 'libexec', 'share', 'include', 'versions', 'plugins', 'tools', 'toolchains'];
const FURTHER = ['registry', 'git', 'pkg', 'install', 'conf', 'jmods', 'legal', 'completions'];

/** Where version managers keep programs that PATH leads to by way of a small one. */
const MANAGED_AT_HOME = words(`
  .rustup .asdf .volta/tools .nvm/versions .pyenv/versions .rbenv/versions .sdkman/candidates .local/share/mise
  .local/share/uv .local/share/fnm .local/share/pnpm .local/share/pipx .local/pipx .m2/repository
`);

/**
 * Folders that commands need to read so that the programs on PATH run: the folders on it, and what belongs to an installation
 * around them. Of the home folder itself nothing but these is shown.
 */
export function toolFolders(o: { path: string | undefined; home: string }): string[] {
  const folders = (o.path ?? '').split(delimiter).filter((folder) => isAbsolute(folder) && folder !== '/');
  const around = folders.flatMap((folder) => {
    const prefix = dirname(folder);
    const isInstallation = ['bin', 'sbin', 'shims'].includes(basename(folder)) && prefix !== '/' && prefix !== o.home;
    // `~/.local/share` is where programs keep data of all kinds.
    if (prefix === join(o.home, '.local')) return [join(prefix, 'lib')];
    return isInstallation ? [...SIBLINGS, ...FURTHER].map((name) => join(prefix, name)) : [];
  });
  return [
    ...folders.filter((folder) => folder !== o.home),
    ...around,
    ...MANAGED_AT_HOME.map((name) => join(o.home, name)),
  ];
}
