import type { Access, Word } from './command-part.ts';
import { gitSubcommandAt } from './open-git.ts';
import { isPlainSed } from './plain-sed.ts';

/**
 * Commands that are known here: those that only read, and the simple file commands of the mode acceptEdits. A command is one of
 * them only with options that are listed: an option nobody looked at may write.
 */
type Known = {
  /** Letters of options without a value; `all`: none of its options does more than read. */
  flags: string | 'all';
  /** Letters of options with a value. */
  valued?: string;
  long?: readonly string[];
  /** What its operands are: paths, text, or first a pattern and then paths. None: operands are not for it. */
  operands: 'paths' | 'text' | 'pattern, paths' | 'none';
  maxOperands?: number;
};

const READS: Readonly<Record<string, Known>> = {
  arch: { flags: '', operands: 'none' },
  b2sum: { flags: 'all', operands: 'paths' },
  basename: { flags: 'az', valued: 's', operands: 'text' },
  cat: { flags: 'all', operands: 'paths' },
  cd: { flags: 'LPe', operands: 'paths', maxOperands: 1 },
  cksum: { flags: 'all', operands: 'paths' },
  cmp: { flags: 'bls', valued: 'in', operands: 'paths' },
  column: { flags: 'tx', valued: 'cso', operands: 'paths' },
  comm: { flags: '123iz', operands: 'paths' },
  cut: { flags: 'nsz', valued: 'bcdf', long: ['complement', 'delimiter', 'fields'], operands: 'paths' },
  date: { flags: 'uRI', long: ['utc', 'iso-8601', 'rfc-3339'], valued: 'd', operands: 'none' },
  df: { flags: 'ahHiklPT', operands: 'paths' },
  diff: {
    flags: 'abBcdeEinNpqrstTuwyZ',
    valued: 'UCxIW',
    long: ['brief', 'color', 'recursive', 'side-by-side', 'unified', 'width', 'exclude'],
    operands: 'paths',
  },
  dirname: { flags: 'z', operands: 'text' },
  du: {
    flags: 'abchHkLlmPsSxD0',
    valued: 'dBt',
    long: ['max-depth', 'summarize', 'human-readable'],
    operands: 'paths',
  },
  echo: { flags: 'all', operands: 'text' },
  egrep: { flags: 'all', operands: 'pattern, paths' },
  expand: { flags: 'i', valued: 't', operands: 'paths' },
  false: { flags: 'all', operands: 'text' },
  fgrep: { flags: 'all', operands: 'pattern, paths' },
  file: { flags: 'bikLNhprsz0', long: ['brief', 'mime', 'mime-type'], operands: 'paths' },
  fmt: { flags: 'cstu', valued: 'wgp', operands: 'paths' },
  fold: { flags: 'bs', valued: 'w', operands: 'paths' },
  grep: { flags: 'all', operands: 'pattern, paths' },
  groups: { flags: '', operands: 'text' },
  head: { flags: 'qvz', valued: 'nc', long: ['lines', 'bytes', 'quiet'], operands: 'paths' },
  hexdump: { flags: 'bcCdovx', valued: 'ens', operands: 'paths' },
  hostname: { flags: 'fsid', operands: 'none' },
  id: { flags: 'agGnruz', operands: 'text' },
  join: { flags: 'i', valued: 'aejotv12', operands: 'paths' },
  ls: { flags: 'all', operands: 'paths' },
  md5sum: { flags: 'all', operands: 'paths' },
  nl: { flags: 'p', valued: 'bdfhilnsvw', operands: 'paths' },
  nproc: { flags: '', long: ['all'], operands: 'none' },
  od: { flags: 'abcdfiloxsv', valued: 'AjNtwS', operands: 'paths' },
  paste: { flags: 'sz', valued: 'd', operands: 'paths' },
  printf: { flags: '', operands: 'text' },
  ps: { flags: 'AadeflFjHNTLwx', valued: 'CGgopstuU', operands: 'text' },
  pwd: { flags: 'LP', operands: 'none' },
  readlink: { flags: 'efmnqsvz', operands: 'paths' },
  realpath: { flags: 'emLPqsz', long: ['relative-to', 'relative-base'], operands: 'paths' },
  rev: { flags: '', operands: 'paths' },
  rg: {
    flags: 'aceFHhiIlLnNopPqsSuUvVwx.0',
    valued: 'ABCdegjmMrtTE',
    long: ['files', 'glob', 'hidden', 'ignore-case', 'json', 'line-number', 'no-heading', 'no-ignore', 'type', 'count'],
    operands: 'pattern, paths',
  },
  seq: { flags: 'w', valued: 'fs', operands: 'text' },
  sha1sum: { flags: 'all', operands: 'paths' },
  sha256sum: { flags: 'all', operands: 'paths' },
  sha512sum: { flags: 'all', operands: 'paths' },
  sleep: { flags: '', operands: 'text' },
  sort: {
    flags: 'bcCdfghiMmnRrsuVz',
    valued: 'kt',
    long: ['reverse', 'unique', 'numeric-sort', 'key'],
    operands: 'paths',
  },
  stat: { flags: 'Lft', valued: 'c', long: ['format', 'printf', 'terse', 'dereference'], operands: 'paths' },
  strings: { flags: 'afw', valued: 'nte', operands: 'paths' },
  tac: { flags: 'br', valued: 's', operands: 'paths' },
  tail: { flags: 'fFqvz', valued: 'nc', long: ['lines', 'bytes', 'quiet', 'follow'], operands: 'paths' },
  tr: { flags: 'cCdst', operands: 'text' },
  tree: { flags: 'adfilFhpqsugDNQrtCAS', valued: 'LPI', operands: 'paths' },
  true: { flags: 'all', operands: 'text' },
  tty: { flags: 's', operands: 'none' },
  type: { flags: 'afPpt', operands: 'text' },
  uname: { flags: 'amnoprsv', operands: 'none' },
  // A second operand is a file that it writes.
  uniq: { flags: 'cdDiuz', valued: 'fsw', operands: 'paths', maxOperands: 1 },
  uptime: { flags: 'ps', operands: 'none' },
  wc: { flags: 'clLmw', operands: 'paths' },
  which: { flags: 'as', operands: 'text' },
  whoami: { flags: '', operands: 'none' },
};

/** Subcommands of git that only read, with the options they may have. */
const GIT_READS: Readonly<Record<string, Known>> = {
  blame: { flags: 'bcefklnpstw', valued: 'LMC', long: ['porcelain', 'date'], operands: 'text' },
  branch: { flags: 'alrv', long: ['all', 'list', 'remotes', 'show-current', 'verbose'], operands: 'none' },
  describe: { flags: '', long: ['tags', 'always', 'all', 'dirty', 'long', 'abbrev'], operands: 'text' },
  diff: {
    flags: 'abpuwzMCRs',
    valued: 'UGSl',
    long: [
      'cached',
      'check',
      'color',
      'exit-code',
      'name-only',
      'name-status',
      'no-color',
      'numstat',
      'quiet',
      'shortstat',
      'staged',
      'stat',
      'unified',
      'word-diff',
    ],
    operands: 'text',
  },
  log: {
    flags: 'abgipuwz0123456789',
    valued: 'nLSGU',
    long: [
      'abbrev-commit',
      'all',
      'author',
      'color',
      'date',
      'decorate',
      'first-parent',
      'follow',
      'format',
      'graph',
      'grep',
      'max-count',
      'merges',
      'name-only',
      'name-status',
      'no-color',
      'no-merges',
      'numstat',
      'oneline',
      'patch',
      'pretty',
      'reverse',
      'shortstat',
      'since',
      'stat',
      'until',
    ],
    operands: 'text',
  },
  'ls-files': {
    flags: 'cdmosuzt',
    long: ['cached', 'deleted', 'modified', 'others', 'exclude-standard', 'stage'],
    operands: 'text',
  },
  'rev-parse': {
    flags: '',
    long: ['abbrev-ref', 'git-dir', 'is-inside-work-tree', 'short', 'show-toplevel', 'verify'],
    operands: 'text',
  },
  shortlog: { flags: 'nse', operands: 'text' },
  show: {
    flags: 'abpuwz',
    valued: 'U',
    long: ['color', 'format', 'name-only', 'name-status', 'no-color', 'no-patch', 'oneline', 'pretty', 'stat'],
    operands: 'text',
  },
  status: {
    flags: 'sbvuz',
    long: ['branch', 'ignored', 'long', 'porcelain', 'short', 'show-stash', 'untracked-files'],
    operands: 'text',
  },
};

const FIND_TESTS: ReadonlySet<string> = new Set(
  '-name -iname -path -ipath -regex -iregex -type -size -mtime -mmin -ctime -cmin -atime -amin -maxdepth -mindepth -user -group -perm'.split(
    ' ',
  ),
);
const FIND_PLAIN: ReadonlySet<string> = new Set(
  '! ( ) , -a -and -depth -empty -executable -follow -ls -mount -not -o -or -print -print0 -prune -readable -true -writable -xdev -H -L -P'.split(
    ' ',
  ),
);

/** File commands that the mode acceptEdits allows inside the folders. */
const EDITS: Readonly<Record<string, Known>> = {
  cp: { flags: 'finpuv', operands: 'paths' },
  mkdir: { flags: 'pv', valued: 'm', long: ['parents'], operands: 'paths' },
  mv: { flags: 'finuv', operands: 'paths' },
  rm: { flags: 'dfirRv', long: ['force', 'recursive'], operands: 'paths' },
  rmdir: { flags: 'pv', long: ['ignore-fail-on-non-empty', 'parents'], operands: 'paths' },
  touch: { flags: 'acm', valued: 'dt', operands: 'paths' },
};

/** Whether operands of a command are paths, as far as its name tells. */
export function namesPaths(name: string): boolean {
  if (name === 'find' || name === 'sed') return true;
  const known = [READS, EDITS].find((list) => Object.hasOwn(list, name))?.[name];
  return known?.operands === 'paths' || known?.operands === 'pattern, paths';
}

export type Classified = { readOnly: boolean; edits: boolean; paths: { path: Word; access: Access }[] };

/** What kind of command this is, by its name and flags, and the paths it names. */
export function classify(words: readonly Word[]): Classified {
  const [name, ...rest] = words;
  if (name === undefined) return { readOnly: false, edits: false, paths: [] };
  if (name === 'find') return classifyFind(rest);
  if (name === 'git') return classifyGit(words);
  if (name === 'sed') return classifySed(rest);
  const reads = Object.hasOwn(READS, name) ? READS[name] : undefined;
  if (reads !== undefined) {
    const paths = pathsOf(reads, rest, name);
    return { readOnly: paths !== undefined, edits: false, paths: withAccess(paths ?? [], 'read') };
  }
  const edits = Object.hasOwn(EDITS, name) ? EDITS[name] : undefined;
  if (edits === undefined) return { readOnly: false, edits: false, paths: [] };
  const paths = pathsOf(edits, rest, name);
  // Where a file comes from is written to as well when it is moved away; to copy it, it is enough to read it.
  return { readOnly: false, edits: paths !== undefined && paths.length > 0, paths: withAccess(paths ?? [], 'write') };
}

const withAccess = (paths: readonly Word[], access: Access): Classified['paths'] =>
  paths.map((path) => ({ path, access }));

/** The paths among the operands; undefined when an option or operand is not among those that are known. */
function pathsOf(known: Known, rest: readonly Word[], name: string): Word[] | undefined {
  const operands: Word[] = [];
  let patternGiven = false;
  let ended = false;
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at];
    if (word === undefined || ended || !word.startsWith('-') || word === '-') {
      operands.push(word);
      continue;
    }
    if (word === '--') {
      ended = true;
      continue;
    }
    const skip = skipOption(known, word, rest[at + 1]);
    if (skip === undefined) return undefined;
    patternGiven ||= word.startsWith('-e') || word.startsWith('--regexp') || word === '--files';
    at += skip;
  }
  return judgeOperands(known, operands, patternGiven, name);
}

function judgeOperands(known: Known, operands: Word[], patternGiven: boolean, name: string): Word[] | undefined {
  // A word that cannot be known may be an option, unless no option of the command does more than read.
  if (known.flags !== 'all' && operands.includes(undefined)) return undefined;
  if (operands.length > (known.maxOperands ?? Number.POSITIVE_INFINITY)) return undefined;
  switch (known.operands) {
    case 'paths':
      return operands;
    case 'pattern, paths':
      return patternGiven ? operands : operands.slice(1);
    case 'text':
      return [];
    case 'none': {
      const isFormat = name === 'date' && operands.every((word) => word?.startsWith('+') === true);
      return operands.length === 0 || isFormat ? [] : undefined;
    }
    default:
      return known.operands satisfies never;
  }
}

/** How many further words belong to an option; undefined when it is not known. */
function skipOption(known: Known, word: string, next: Word): number | undefined {
  if (word.startsWith('--')) {
    const [name = ''] = word.slice(2).split('=');
    return known.flags === 'all' || known.long?.includes(name) === true ? 0 : undefined;
  }
  for (let index = 1; index < word.length; index += 1) {
    const letter = word.charAt(index);
    if (known.valued?.includes(letter) === true) {
      if (index < word.length - 1) return 0;
      return next === undefined ? undefined : 1;
    }
    if (known.flags === 'all') continue;
    // `head -20`
    if (letter >= '0' && letter <= '9' && known.valued?.includes('n') === true) continue;
    if (!known.flags.includes(letter)) return undefined;
  }
  return 0;
}

function classifyGit(words: readonly Word[]): Classified {
  const unknown: Classified = { readOnly: false, edits: false, paths: [] };
  const at = gitSubcommandAt(words);
  if (at === undefined || words.slice(1, at).some((word) => word !== '--no-pager' && word !== '-P')) return unknown;
  const subcommand = words[at];
  const known = subcommand === undefined || !Object.hasOwn(GIT_READS, subcommand) ? undefined : GIT_READS[subcommand];
  if (known === undefined) return unknown;
  return { ...unknown, readOnly: pathsOf(known, words.slice(at + 1), 'git') !== undefined };
}

function classifyFind(rest: readonly Word[]): Classified {
  const paths: Word[] = [];
  let at = 0;
  for (; at < rest.length; at += 1) {
    const word = rest[at];
    if (word?.startsWith('-') === true || word === '!' || word === '(') break;
    paths.push(word);
  }
  let readOnly = !rest.includes(undefined);
  for (; at < rest.length; at += 1) {
    const word = rest[at] ?? '';
    if (FIND_TESTS.has(word)) at += 1;
    else if (!FIND_PLAIN.has(word)) readOnly = false;
  }
  return { readOnly, edits: false, paths: withAccess(paths, 'read') };
}

function classifySed(rest: readonly Word[]): Classified {
  if (!isPlainSed(rest) || rest.includes(undefined)) return { readOnly: false, edits: false, paths: [] };
  const inPlace = rest.some(
    (word) =>
      word?.startsWith('-i') === true ||
      word?.startsWith('--in-place') === true ||
      (word?.startsWith('-') === true && !word.startsWith('--') && word.includes('i')),
  );
  const operands = rest.filter((word) => word?.startsWith('-') !== true);
  const hasExpression = rest.includes('-e') || rest.includes('--expression');
  const paths = hasExpression ? operands : operands.slice(1);
  return {
    readOnly: !inPlace,
    edits: inPlace && paths.length > 0,
    paths: withAccess(paths, inPlace ? 'write' : 'read'),
  };
}
