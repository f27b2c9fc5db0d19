import { basename, dirname } from 'node:path';
import { type FromSchema, inputParser } from './from-schema.ts';
import { runRipgrep } from './search/ripgrep.ts';
import { openSearchPlace, type SearchPlace } from './search/search-place.ts';
import type { Tool, ToolContext, ToolOutcome } from './tool.ts';

const DEFAULT_LIMIT = 250;
const MAX_CHARS = 50_000;
const MAX_LINE_BYTES = 1000;
/** Globs that any file matches; given to ripgrep, they would also bring in what .gitignore leaves out. */
const MATCHES_ALL: ReadonlySet<string> = new Set(['*', '**', '**/*']);

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
      description: 'Search only files whose name or path matches, such as *.ts or src/**.',
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
      description: 'Lines to show after each match. Only with content, as -B and -C.',
    },
    '-B': { type: 'integer', minimum: 0, description: 'Lines to show before each match.' },
    '-C': { type: 'integer', minimum: 0, description: 'Lines to show before and after each match.' },
    '-n': { type: 'boolean', description: 'Show line numbers. Default true.' },
    '-i': { type: 'boolean', description: 'Take upper and lower case as the same.' },
    head_limit: {
      type: 'integer',
      minimum: 1,
      description: `Lines or files to show at most. Default ${DEFAULT_LIMIT}.`,
    },
    offset: { type: 'integer', minimum: 0, description: 'Lines or files to skip first. Default 0.' },
    multiline: { type: 'boolean', description: 'Let a match span lines, and let . match line ends.' },
  },
  required: ['pattern'],
  additionalProperties: false,
} as const;

export type GrepInput = FromSchema<typeof SCHEMA>;
export type GrepMode = 'content' | 'files_with_matches' | 'count';
export type GrepOutput = {
  mode: GrepMode;
  numFiles: number;
  filenames: string[];
  content?: string | undefined;
  numLines?: number | undefined;
  numMatches?: number | undefined;
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
  const mode = input.output_mode ?? 'files_with_matches';
  const place = await openSearchPlace(input.path ?? '.', context);
  const found = new Findings(mode, place, input);
  const isFile = place.kind === 'file';
  const end = await runRipgrep(toArguments(input, mode), {
    cwd: isFile ? dirname(place.path) : place.path,
    path: isFile ? `./${basename(place.path)}` : '.',
    separator: mode === 'files_with_matches' ? '\0' : '\n',
    take: (record) => found.take(record),
    signal: context.signal,
  });
  return { content: found.toModelText(end), structured: found.toOutput() };
}

function toArguments(input: GrepInput, mode: GrepMode): string[] {
  const { glob, type } = input;
  return [
    '--sort=path',
    '--null',
    `--regexp=${input.pattern}`,
    ...(mode === 'content'
      ? contentArguments(input)
      : [mode === 'count' ? '--count' : '--files-with-matches', '--with-filename']),
    ...(input['-i'] === true ? ['--ignore-case'] : []),
    ...(input.multiline === true ? ['--multiline', '--multiline-dotall'] : []),
    ...(glob === undefined || MATCHES_ALL.has(glob) ? [] : [`--glob=${glob}`]),
    ...(type === undefined ? [] : [`--type=${type}`]),
  ];
}

function contentArguments(input: GrepInput): string[] {
  const { '-A': after, '-B': before, '-C': around } = input;
  return [
    '--no-heading',
    '--with-filename',
    input['-n'] === false ? '--no-line-number' : '--line-number',
    `--max-columns=${MAX_LINE_BYTES}`,
    '--max-columns-preview',
    ...(around === undefined ? [] : [`--context=${around}`]),
    ...(after === undefined ? [] : [`--after-context=${after}`]),
    ...(before === undefined ? [] : [`--before-context=${before}`]),
  ];
}

/** What a search found, as far as it is shown. */
class Findings {
  readonly #mode: GrepMode;
  readonly #place: SearchPlace;
  readonly #skip: number;
  readonly #limit: number;
  readonly #isNumbered: boolean;
  readonly #lines: string[] = [];
  readonly #files = new Set<string>();
  #seen = 0;
  #chars = 0;
  #matches = 0;

  constructor(mode: GrepMode, place: SearchPlace, input: GrepInput) {
    this.#mode = mode;
    this.#place = place;
    this.#skip = input.offset ?? 0;
    this.#limit = input.head_limit ?? DEFAULT_LIMIT;
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

  toModelText({ cut, incomplete }: { cut: boolean; incomplete: boolean }): string {
    const notes = [
      ...(cut
        ? [
            `[Cut here; there is more. To go on, use offset ${this.#skip + this.#lines.length}, or search more narrowly.]`,
          ]
        : []),
      ...(incomplete ? ['[Some files or folders could not be read.]'] : []),
    ];
    if (this.#lines.length > 0) return [...this.#lines, ...notes].join('\n');
    return ['[Nothing found.]', ...notes].join('\n');
  }

  toOutput(): GrepOutput {
    const common = { mode: this.#mode, numFiles: this.#files.size, filenames: [...this.#files] };
    switch (this.#mode) {
      case 'content':
        return { ...common, content: this.#lines.join('\n'), numLines: this.#lines.length };
      case 'count':
        return { ...common, content: this.#lines.join('\n'), numMatches: this.#matches };
      case 'files_with_matches':
        return common;
      default:
        return this.#mode satisfies never;
    }
  }

  // A record is a path, a NUL and the rest. In content, `--` alone stands between passages, and the second line of a match that
  // spans lines has a path as well.
  #toLine(record: string): string {
    const end = record.indexOf('\0');
    if (end === -1 && this.#mode !== 'files_with_matches') return record;
    const path = end === -1 ? record : record.slice(0, end);
    const shown = this.#place.kind === 'file' ? this.#place.show('') : this.#place.show(path.replace(/^\.\//, ''));
    this.#files.add(shown);
    if (this.#mode === 'files_with_matches') return shown;
    const rest = record.slice(end + 1);
    if (this.#mode === 'count') this.#matches += Number(rest);
    // Lines around a match have a - after their number, and so get one after their path.
    return `${shown}${this.#isNumbered && /^\d+-/.test(rest) ? '-' : ':'}${rest}`;
  }
}
