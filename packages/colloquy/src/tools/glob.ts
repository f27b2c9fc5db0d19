import { lstatSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { type FromSchema, inputParser } from './from-schema.ts';
import { globMatcher, isMagic, plainNames } from './search/glob-match.ts';
import { runSearch } from './search/run-search.ts';
import { openSearchPlace } from './search/search-place.ts';
import type { Tool, ToolContext, ToolOutcome } from './tool.ts';

const MAX_SHOWN = 200;
/** Of those found first, so many are put in order by name where they were changed at one moment. */
const MAX_LOOKED_AT = 4 * MAX_SHOWN;

const SCHEMA = {
  type: 'object',
  properties: {
    pattern: {
      type: 'string',
      minLength: 1,
      description: 'A glob pattern over paths, such as src/**/*.ts or **/*.{md,txt}.',
    },
    path: {
      type: 'string',
      minLength: 1,
      description: 'The folder in which the pattern begins. Default: the working directory.',
    },
  },
  required: ['pattern'],
  additionalProperties: false,
} as const;

export type GlobInput = FromSchema<typeof SCHEMA>;
export type GlobOutput = { durationMs: number; numFiles: number; filenames: string[]; truncated: boolean } & {
  totalMatches: number;
  countIsComplete: boolean;
};

/** Finds files by the pattern of their path. */
export const globTool: Tool<GlobInput, GlobOutput> = {
  name: 'Glob',
  aliases: ['glob'],
  description: [
    'Lists the files whose path matches a glob pattern, those changed last first.',
    '* and ? stay within one folder, ** spans folders: *.ts finds files of the folder itself, **/*.ts those of all folders below too.',
    `Files that .gitignore leaves out are not listed, nor is .git; links are not followed. At most ${MAX_SHOWN} files are shown.`,
  ].join('\n'),
  inputSchema: SCHEMA,
  effect: 'read',
  parse: inputParser(SCHEMA),
  target: (input) => ({ paths: [{ path: splitPattern(input).folder, access: 'read' }] }),
  run: listFiles,
};

async function listFiles(input: GlobInput, context: ToolContext): Promise<ToolOutcome<GlobOutput>> {
  const startedMs = performance.now();
  const { folder, rest } = splitPattern(input);
  if (rest.split('/').includes('..'))
    throw new Error('.. may only stand at the beginning of a pattern, before any wildcard.');
  const matches = globMatcher(rest);
  const place = await openSearchPlace(folder, context);
  if (place.kind !== 'directory') throw new Error(`${folder} is a file, not a folder in which to look for files.`);
  const newest: { path: string; changedMs: number }[] = [];
  let total = 0;
  const { incomplete } = await runSearch(
    { kind: 'files', names: plainNames(rest) },
    {
      cwd: place.path,
      path: '.',
      sorted: false,
      hides: context.hides,
      take(path) {
        if (!matches(path)) return true;
        total++;
        if (newest.length >= MAX_LOOKED_AT) return true;
        const state = lstatSync(join(place.path, path), { throwIfNoEntry: false });
        // What has gone since is not listed.
        if (state === undefined) total--;
        else newest.push({ path, changedMs: state.mtimeMs });
        return true;
      },
      signal: context.signal,
    },
  );
  const filenames = newest
    .toSorted((a, b) => b.changedMs - a.changedMs || (a.path < b.path ? -1 : 1))
    .slice(0, MAX_SHOWN)
    .map(({ path }) => place.show(path));
  return {
    content: toModelText(filenames, { rest, total, incomplete }),
    structured: {
      durationMs: Math.round(performance.now() - startedMs),
      numFiles: filenames.length,
      filenames,
      truncated: total > filenames.length,
      totalMatches: total,
      countIsComplete: !incomplete,
    },
  };
}

/** The folder that a pattern names before its first wildcard, and what is left of the pattern. */
export function splitPattern({ pattern, path = '.' }: GlobInput): { folder: string; rest: string } {
  const segments = pattern.split('/');
  const magic = segments.findIndex(isMagic);
  const literal = segments.slice(0, magic === -1 ? -1 : magic);
  const rest = segments.slice(literal.length).join('/');
  const prefix = isAbsolute(pattern) ? join('/', ...literal) : join(path, ...literal);
  return { folder: prefix, rest };
}

function toModelText(filenames: readonly string[], o: { rest: string; total: number; incomplete: boolean }): string {
  const lines = [...filenames];
  if (lines.length === 0) lines.push(noneFound(o.rest));
  if (o.total > filenames.length) {
    lines.push(`[${filenames.length} of ${o.total} matching files, the newest. Use a narrower pattern to see others.]`);
  }
  if (o.incomplete) lines.push('[Some folders could not be read.]');
  return lines.join('\n');
}

function noneFound(rest: string): string {
  const isDeep = rest.includes('/') || rest.startsWith('**');
  const hint = isDeep ? '' : ` ${rest} is looked for in that folder only; **/${rest} in those below too.`;
  return `[No files match.${hint}]`;
}
