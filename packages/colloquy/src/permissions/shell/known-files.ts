import type { CommandPart } from './command-part.ts';
import { namesPaths } from './known-commands.ts';

/** Programs that read all that lies below a folder, always or with a flag. */
const WHOLE_FOLDERS: ReadonlyMap<string, 'always' | readonly string[]> = new Map<string, 'always' | readonly string[]>([
  ['ag', 'always'],
  ['cp', ['a', 'R', 'r']],
  ['diff', ['r']],
  ['egrep', ['r', 'R']],
  ['fgrep', ['r', 'R']],
  ['grep', ['r', 'R']],
  ['rg', 'always'],
  ['rsync', 'always'],
  ['scp', 'always'],
  ['tar', 'always'],
  ['zip', 'always'],
]);

/** Programs that change files that they are given, besides those that are known with all their flags. */
const WRITERS: ReadonlySet<string> = new Set([
  'chgrp',
  'chmod',
  'chown',
  'cp',
  'dd',
  'install',
  'ln',
  'mv',
  'patch',
  'perl',
  'rm',
  'rsync',
  'sed',
  'shred',
  'tee',
  'touch',
  'truncate',
  'unlink',
]);

/** Programs that show, pack or send the files that they are given. */
const READERS: ReadonlySet<string> = new Set(
  (
    'ag awk base32 base64 basenc bat batcat bunzip2 bzcat bzip2 code csplit emacs gawk gpg gunzip gzip hd iconv jq less mawk more most ' +
    'nano nl open openssl pr sdiff shuf source split tsort view vi vim xdg-open xxd xz xzcat yq zcat zstdcat .'
  ).split(' '),
);

/** Whether a part reads whatever lies below the folders that it names. */
export function readsWholeFolders({ name, words }: CommandPart): boolean {
  const letters = WHOLE_FOLDERS.get(name ?? '');
  if (letters === undefined || letters === 'always') return letters === 'always';
  return words
    .slice(1)
    .some(
      (word) =>
        word === undefined ||
        word === '--recursive' ||
        word === '--archive' ||
        (/^-[^-]/.test(word) && letters.some((letter) => word.includes(letter))),
    );
}

const SEARCHERS: ReadonlySet<string> = new Set(['egrep', 'fgrep', 'grep', 'rg']);

/** Whether a search takes what it searches for, or leaves out, from a file that an option names. */
export function readsPatternFile({ name, words }: CommandPart): boolean {
  const names = (word: string): boolean =>
    word.startsWith('--') ? word.startsWith('--file') || word.startsWith('--ex') : word.includes('f');
  return SEARCHERS.has(name ?? '') && words.slice(1).some((word) => word?.startsWith('-') === true && names(word));
}

/** Whether a part packs or sends whatever its many options name. */
export function archives({ name }: CommandPart): boolean {
  return name === 'tar' || name === 'zip' || name === 'rsync' || name === 'scp';
}

/** Whether the operands of a part are files that it may change. */
export function writesOperands({ name }: CommandPart): boolean {
  return WRITERS.has(name ?? '');
}

/** Whether the operands of a part are files, even where its flags are not known. */
export function namesFiles({ name }: CommandPart): boolean {
  return namesPaths(name ?? '') || WHOLE_FOLDERS.has(name ?? '') || READERS.has(name ?? '');
}
