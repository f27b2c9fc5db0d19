import { basename, dirname } from 'node:path';
import { type FromSchema, inputParser } from './from-schema.ts';
import type { SearchOutcome } from './search/run-search.ts';
import { searchInOrder } from './search/search-in-order.ts';
import { openSearchPlace, type SearchPlace } from './search/search-place.ts';
import type { MatchMode, MatchQuery } from './search/search-query.ts';
import type { Tool, ToolContext, ToolOutcome } from './tool.ts';

const DEFAULT_LIMIT = 250;
const MAX_CHARS = 50_000;
const MAX_CONTEXT = 10_000;
/** Globs that any file matches; given to ripgrep, they would also bring in what .gitignore leaves out. */
const MATCHES_ALL: ReadonlySet<string> = new Set(['*', '**', '**/*']);

const WITHOUT_RIPGREP =
  '[There is no ripgrep here: this was searched by regular expressions of JavaScript, without files over 10 MB.]';

const SCHEMA = {
  type: 'object',
  properties: {
    pattern: { type: 'string', minLength: 1, description: 'A regular expression in the dialect of ripgrep.' },
    path: {
      type: 'string',
      minLength: 1,
      description: 'A file, or a folder to search with all below it. Default: the working directory.',
    },
    glob: {
      type: 'string',
      minLength: 1,
      description:
        'Search only files whose name or path matches, such as *.ts, src/** or !*.test.ts; several with spaces between.',
    },
    type: {
      type: 'string',
      minLength: 1,
      description: 'Search only files of a kind that ripgrep knows, such as ts, py or rust.',
    },
    output_mode: {
      type: 'string',
      enum: ['content', 'files_with_matches', 'count'],
      description: 'Matching lines, names of files (default), or the number of matching lines of each file.',
    },
    '-A': {
      type: 'integer',
      minimum: 0,
      maximum: MAX_CONTEXT,
      description: 'Lines to show after each match. Only with content, as -B, -C, -n and -o.',
    },
    '-B': { type: 'integer', minimum: 0, maximum: MAX_CONTEXT, description: 'Lines to show before each match.' },
    '-C': {
      type: 'integer',
      minimum: 0,
      maximum: MAX_CONTEXT,
      description: 'Lines to show before and after each match.',
    },
    context: { type: 'integer', minimum: 0, maximum: MAX_CONTEXT, description: 'The same as -C.' },
    '-n': { type: 'boolean', description: 'Show line numbers. Default true.' },
    '-i': { type: 'boolean', description: 'Take upper and lower case as the same.' },
    '-o': { type: 'boolean', description: 'Show only what matches, each match on a line of its own.' },
    head_limit: {
      type: 'integer',
      minimum: 0,
      description: `Lines or files to show at most. Default ${DEFAULT_LIMIT}; 0 for as many as fit.`,
    },
    offset: { type: 'integer', minimum: 0, description: 'Lines or files to skip first. Default 0.' },
    multiline: { type: 'boolean', description: 'Let a match span lines, and let . match line ends.' },
  },
  required: ['pattern'],
  additionalProperties: false,
} as const;

export type GrepInput = FromSchema<typeof SCHEMA>;
export type GrepOutput = {
  mode: MatchMode;
  numFiles: number;
  filenames: string[];
  content?: string | undefined;
  numLines?: number | undefined;
  numMatches?: number | undefined;
  totalFiles?: number | undefined;
  totalLines?: number | undefined;
};

/** Finds files by what stands in them. */
export const grepTool: Tool<GrepInput, GrepOutput> = {
  name: 'Grep',
  aliases: ['grep'],
  description: [
    'Searches the content of files for a regular expression, with ripgrep. Results are in the order of their paths.',
    'Brackets and other special characters that are meant literally need a backslash.',
    'Files that .gitignore leaves out are not searched, nor are .git and binary files; links are not followed.',
  ].join('\n'),
  inputSchema: SCHEMA,
  effect: 'read',
  parse: inputParser(SCHEMA),
  target: ({ path = '.' }) => ({ paths: [{ path, access: 'read' }] }),
  run: search,
};

async function search(input: GrepInput, context: ToolContext): Promise<ToolOutcome<GrepOutput>> {
  const place = await openSearchPlace(input.path ?? '.', context);
  const query = toQuery(input);
  const found = new Findings(query.mode, place, input);
  const isFile = place.kind === 'file';
  const end = await searchInOrder(query, {
    cwd: isFile ? dirname(place.path) : place.path,
    path: isFile ? `./${basename(place.path)}` : '.',
    hides: context.hides,
    take: (record) => found.take(record),
    signal: context.signal,
  });
  return { content: found.toModelText(end), structured: found.toOutput(end) };
}

function toQuery(input: GrepInput): MatchQuery {
  const around = input['-C'] ?? input.context ?? 0;
  return {
    kind: 'matches',
    mode: input.output_mode ?? 'files_with_matches',
    pattern: input.pattern,
    ignoreCase: input['-i'] === true,
    multiline: input.multiline === true,
    globs: splitGlobs(input.glob ?? ''),
    type: input.type,
    linesBefore: input['-B'] ?? around,
    linesAfter: input['-A'] ?? around,
    lineNumbers: input['-n'] !== false,
    onlyMatching: input['-o'] === true,
  };
}

/** One glob a word, and a word with commas outside of braces holds several. */
function splitGlobs(text: string): string[] {
  return text
    .split(/\s+/)
    .flatMap((word) => (word.includes('{') ? [word] : word.split(',')))
    .filter((glob) => glob !== '' && !MATCHES_ALL.has(glob));
}

/** What a search found, as far as it is shown. */
class Findings {
  readonly #mode: MatchMode;
  readonly #place: SearchPlace;
  readonly #skip: number;
  #limit: number;
  readonly #isNumbered: boolean;
  readonly #lines: string[] = [];
  readonly #files = new Set<string>();
  #seen = 0;
  #chars = 0;
  #matches = 0;

  constructor(mode: MatchMode, place: SearchPlace, input: GrepInput) {
    this.#mode = mode;
    this.#place = place;
    this.#skip = input.offset ?? 0;
    this.#limit = input.head_limit ?? DEFAULT_LIMIT;
    if (this.#limit === 0) this.#limit = Number.POSITIVE_INFINITY;
    this.#isNumbered = mode === 'content' && input['-n'] !== false;
  }

  /** @returns false when no more is wanted. */
  take(record: string): boolean {
    if (this.#seen++ < this.#skip) return true;
    if (this.#lines.length >= this.#limit || this.#chars > MAX_CHARS) return false;
    const line = this.#toLine(record);
    this.#lines.push(line);
    this.#chars += line.length;
    return true;
  }

  toModelText({ cut, incomplete, withheld, withoutRipgrep }: SearchOutcome): string {
    const notes = [
      ...(cut
        ? [
            `[Cut here; there is more. To go on, use offset ${this.#skip + this.#lines.length}, or search more narrowly.]`,
          ]
        : []),
      ...(incomplete ? ['[Some files or folders could not be read.]'] : []),
      ...(withheld > 0
        ? [`[${withheld} more with matches, but keys in them or several hard links: search each by its path.]`]
        : []),
      ...(withoutRipgrep ? [WITHOUT_RIPGREP] : []),
    ];
    if (this.#lines.length > 0) return [...this.#lines, ...notes].join('\n');
    return ['[Nothing found.]', ...notes].join('\n');
  }

  toOutput({ cut: isCut }: SearchOutcome): GrepOutput {
    const mode = this.#mode;
    const filenames = [...this.#files];
    const lines = { content: this.#lines.join('\n'), filenames: [] };
    switch (mode) {
      case 'content':
        return {
          mode,
          ...lines,
          numFiles: 0,
          numLines: this.#lines.length,
          ...(isCut ? {} : { totalLines: this.#seen }),
        };
      case 'count':
        return { mode, ...lines, numFiles: filenames.length, numMatches: this.#matches };
      case 'files_with_matches':
        return { mode, filenames, numFiles: filenames.length, ...(isCut ? {} : { totalFiles: this.#seen }) };
      default:
        return mode satisfies never;
    }
  }

  // A record is a path, a NUL and the rest. In content, `--` alone stands between passages, and the second line of a match that
  // spans lines has a path as well.
  #toLine(record: string): string {
    const end = record.indexOf('\0');
    if (end === -1 && this.#mode !== 'files_with_matches') return record;
    const path = end === -1 ? record : record.slice(0, end);
    const shown = this.#place.kind === 'file' ? this.#place.show('') : this.#place.show(path);
    this.#files.add(shown);
    if (this.#mode === 'files_with_matches') return shown;
    const rest = record.slice(end + 1);
    if (this.#mode === 'count') this.#matches += Number(rest);
    // Lines around a match have a - after their number, and so get one after their path.
    // Of one file the lines alone are shown.
    if (this.#mode === 'content' && this.#place.kind === 'file') return rest;
    return `${shown}${this.#isNumbered && /^\d+-/.test(rest) ? '-' : ':'}${rest}`;
  }
}
