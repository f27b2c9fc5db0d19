import type { Word } from './command-part.ts';
import { nothingOpened, type Opened } from './open-wrapper.ts';

const VALUED: ReadonlySet<string> = new Set([
  '-C',
  '-c',
  '--git-dir',
  '--work-tree',
  '--namespace',
  '--exec-path',
  '--config-env',
  '--super-prefix',
  '--attr-source',
]);
/** Beginnings of settings that only change how things look or are counted. */
const HARMLESS_SETTINGS = [
  'advice.',
  'branch.sort',
  'color.',
  'column.',
  'commit.gpgsign',
  'core.abbrev',
  'core.autocrlf',
  'core.quotepath',
  'diff.algorithm',
  'diff.noprefix',
  'diff.renames',
  'init.defaultbranch',
  'log.',
  'pull.',
  'push.default',
  'user.email',
  'user.name',
];
/** Subcommands with options that name a program, and how these begin: git takes beginnings of long options for the whole. */
const PROGRAM_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  archive: ['--exec', '--exe', '--ex', '--o', '-o'],
  clone: ['--u', '-u', '--c', '-c', '--te'],
  difftool: ['--e', '-x'],
  fetch: ['--upl'],
  'fetch-pack': ['--u', '--e'],
  grep: ['-O', '--o', '--op'],
  init: ['--t'],
  'ls-remote': ['--u', '--e'],
  mergetool: ['--t'],
  pull: ['--upl', '--s'],
  push: ['--r', '--e'],
  rebase: ['-x', '--ex'],
  'send-email': ['--'],
  'send-pack': ['--r', '--e'],
  submodule: [],
};
/** What they show, they can write to any file: a word that cannot be known may be that option. */
const SHOWS_CHANGES: ReadonlySet<string> = new Set([
  'diff',
  'diff-files',
  'diff-index',
  'diff-tree',
  'format-patch',
  'log',
  'range-diff',
  'show',
  'stash',
  'whatchanged',
]);
const ALWAYS_UNCLEAR: ReadonlySet<string> = new Set([
  'filter-branch',
  'daemon',
  'instaweb',
  'shell',
  'credential',
  'remote-ext',
  'p4',
  'svn',
]);

/** Where the subcommand of git stands among its words; undefined when it cannot be told. */
export function gitSubcommandAt(words: readonly Word[]): number | undefined {
  let at = 1;
  for (; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) return undefined;
    if (!word.startsWith('-')) return at;
    if (VALUED.has(word)) at += 1;
  }
  return undefined;
}

/** What git runs: the values of options and settings that name a program. */
export function openGit(words: readonly Word[]): Opened {
  const opened = nothingOpened();
  const at = gitSubcommandAt(words) ?? words.length;
  readSettings(words.slice(1, at), opened);
  const subcommand = words[at];
  const rest = words.slice(at + 1);
  if (subcommand === undefined) return opened;
  if (subcommand === 'bisect' && rest[0] === 'run' && rest.length > 1)
    opened.commands.push({ words: rest.slice(1), at: at + 2 });
  if (subcommand === 'config') openConfig(rest, opened);
  if (subcommand === 'submodule') openForeach(rest, at, opened);
  if (ALWAYS_UNCLEAR.has(subcommand)) opened.unclear = `git ${subcommand} runs other programs`;
  readOptions(subcommand, rest, opened);
  const ends = rest.indexOf('--');
  if (SHOWS_CHANGES.has(subcommand) && rest.slice(0, ends === -1 ? rest.length : ends).includes(undefined))
    opened.unclear ??= `a word of git ${subcommand} that cannot be known may name a file that it writes`;
  // What shows changes can write them to any file, whatever text they hold.
  if (rest.some((word) => word?.startsWith('--ou') === true && !word.startsWith('--output-indicator')))
    opened.unclear ??= `an option of git ${subcommand} names a file that it writes`;
  for (const word of rest)
    if (word?.includes('::') === true)
      names(opened, word.slice(word.indexOf('::') + 2), 'an address of git names a program');
  return opened;
}

function readSettings(options: readonly Word[], opened: Opened): void {
  for (const [index, option] of options.entries()) {
    if (option?.startsWith('--exec-path=') === true) opened.unclear = 'an option of git says where its programs are';
    if (option?.startsWith('--config-env') === true) opened.unclear = 'a setting of git cannot be known';
    if (option !== '-c') continue;
    const setting = options[index + 1];
    if (setting === undefined) {
      opened.unclear = 'a setting of git cannot be known';
      continue;
    }
    const equals = setting.indexOf('=');
    readSetting(
      equals === -1 ? setting : setting.slice(0, equals),
      equals === -1 ? '' : setting.slice(equals + 1),
      opened,
    );
  }
}

function readSetting(name: string, value: Word, opened: Opened): void {
  const key = name.toLowerCase();
  if (HARMLESS_SETTINGS.some((start) => key.startsWith(start))) return;
  const isPager = key === 'core.pager' || key.startsWith('pager.');
  if (isPager && value !== undefined && ['cat', '', 'false', 'less', 'true'].includes(value)) return;
  names(opened, value ?? '', `the setting ${key} of git may name a program`);
}

/** A setting that is kept: what git does later may be what it says. */
function openConfig(rest: readonly Word[], opened: Opened): void {
  for (const [index, word] of rest.entries()) {
    if (word === undefined) opened.unclear = 'a setting of git cannot be known';
    else if (word.includes('.') && !word.startsWith('-') && index < rest.length - 1)
      readSetting(word, rest[index + 1], opened);
  }
}

function openForeach(rest: readonly Word[], at: number, opened: Opened): void {
  const foreach = rest.indexOf('foreach');
  if (foreach === -1) return;
  const inner = rest.slice(foreach + 1).filter((word) => word !== '--recursive' && word !== '--quiet' && word !== '-q');
  if (inner.includes(undefined)) opened.runsUnknown = true;
  else if (inner.length > 0) opened.scripts.push(inner.join(' '));
  if (inner.length > 1) opened.commands.push({ words: inner, at: at + foreach + 2 });
}

function readOptions(subcommand: string, rest: readonly Word[], opened: Opened): void {
  const beginnings = PROGRAM_OPTIONS[subcommand];
  if (beginnings === undefined) return;
  for (const [index, word] of rest.entries()) {
    if (word === undefined) {
      opened.unclear ??= 'a word of git that cannot be known may name a program';
      continue;
    }
    const beginning = beginnings.find((start) => word.startsWith(start));
    if (beginning === undefined) continue;
    const equals = word.indexOf('=');
    const joined = beginning.startsWith('--') ? undefined : word.slice(2);
    const value =
      equals !== -1 && joined === undefined
        ? word.slice(equals + 1)
        : joined === '' || joined === undefined
          ? rest[index + 1]
          : joined;
    names(opened, value ?? '', `an option of git ${subcommand} names a program`);
  }
}

function names(opened: Opened, value: string, why: string): void {
  opened.unclear = why;
  const script = value.startsWith('!') ? value.slice(1) : value;
  if (script !== '') opened.scripts.push(script);
}
