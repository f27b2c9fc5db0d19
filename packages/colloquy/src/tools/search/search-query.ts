import { plainNames } from './glob-match.ts';

/** What is searched for below a place. */
export type SearchQuery = FilesQuery | MatchQuery;

/** Paths of files, those changed last first. */
export type FilesQuery = {
  kind: 'files';
  /** Only files whose name fits one of these plain globs, if the search can tell; it may find others too. */
  names: readonly string[] | undefined;
};

export type MatchMode = 'content' | 'files_with_matches' | 'count';

export type MatchQuery = {
  kind: 'matches';
  mode: MatchMode;
  /** A regular expression in the dialect of ripgrep. */
  pattern: string;
  ignoreCase: boolean;
  /** A match may span lines. */
  multiline: boolean;
  /** Only files whose path fits one of these; those that begin with `!` leave files out. */
  globs: readonly string[];
  /** Only files of a kind that ripgrep knows. */
  type: string | undefined;
  linesBefore: number;
  linesAfter: number;
  lineNumbers: boolean;
  /** Only what matches, each on a line of its own. */
  onlyMatching: boolean;
};

/** Longer lines are cut when they are shown. */
export const MAX_LINE_BYTES = 1000;

/** Version control's own folders, which no search enters. */
export const LEFT_OUT: readonly string[] = ['.git', '.hg', '.svn', '.jj'];

/**
 * Every search: no configuration of the user's, nothing printed about files that cannot be read, hidden files too, links not
 * followed, and no list of what to leave out but those of the folders themselves.
 */
const COMMON_ARGUMENTS = [
  '--no-config',
  '--no-messages',
  '--color=never',
  '--hidden',
  '--no-require-git',
  '--no-ignore-global',
  '--no-follow',
  '--null',
];

/** What stands after each record of ripgrep's answer. A name may hold line ends, a count is always 1. */
export function recordEnd(query: SearchQuery): string {
  if (query.kind === 'files') return '\0';
  return query.mode === 'files_with_matches' ? '\0' + '1\n' : '\n';
}

/** The arguments with which ripgrep answers a query, without the path. `sorted`: by path, which takes all speed of its threads. */
export function ripgrepArguments(query: SearchQuery, { sorted }: { sorted: boolean }): string[] {
  return [
    ...COMMON_ARGUMENTS,
    ...(sorted ? ['--sort=path'] : []),
    ...(query.kind === 'files' ? filesArguments(query) : matchArguments(query)),
    ...LEFT_OUT.map((name) => `--glob=!**/${name}`),
  ];
}

function filesArguments({ names }: FilesQuery): string[] {
  return ['--files', '--sortr=modified', ...(names === undefined ? [] : wantedArguments(names))];
}

// A type of file of our own, because --glob would also bring in what .gitignore leaves out.
function wantedArguments(names: readonly string[]): string[] {
  return [...names.map((name) => `--type-add=wanted:${name}`), '--type=wanted'];
}

function matchArguments(query: MatchQuery): string[] {
  return [
    `--regexp=${query.pattern}`,
    '--with-filename',
    ...modeArguments(query),
    ...(query.ignoreCase ? ['--ignore-case'] : []),
    ...(query.multiline ? ['--multiline', '--multiline-dotall'] : []),
    ...globArguments(query),
    ...(query.type === undefined ? [] : [`--type=${query.type}`]),
  ];
}

function globArguments({ globs, type }: MatchQuery): string[] {
  const wanted = globs.filter((glob) => !glob.startsWith('!'));
  const names = wanted.map((glob) => (glob.includes('/') ? undefined : plainNames(glob)));
  const isPlain = wanted.length > 0 && type === undefined && names.every((name) => name !== undefined);
  const rest = isPlain ? globs.filter((glob) => glob.startsWith('!')) : globs;
  return [...(isPlain ? wantedArguments(names.flat()) : []), ...rest.map((glob) => `--glob=${glob}`)];
}

function modeArguments(query: MatchQuery): string[] {
  switch (query.mode) {
    case 'content':
      return contentArguments(query);
    case 'count':
      return ['--count'];
    case 'files_with_matches':
      // Not --files-with-matches: with --null, ripgrep 15 takes twice as long for that where processors are busy.
      return ['--count', '--max-count=1'];
    default:
      return query.mode satisfies never;
  }
}

function contentArguments(query: MatchQuery): string[] {
  return [
    '--no-heading',
    query.lineNumbers ? '--line-number' : '--no-line-number',
    ...(query.onlyMatching ? ['--only-matching'] : []),
    `--max-columns=${MAX_LINE_BYTES}`,
    '--max-columns-preview',
    `--before-context=${query.linesBefore}`,
    `--after-context=${query.linesAfter}`,
  ];
}
