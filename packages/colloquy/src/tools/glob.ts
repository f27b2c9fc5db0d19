import { lstatSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type FromSchema, inputParser } from './from-schema.ts';
import { globMatcher, isMagic } from './search/glob-match.ts';
import { runRipgrep } from './search/ripgrep.ts';
import { openSearchPlace } from './search/search-place.ts';
import type { Tool, ToolContext, ToolOutcome } from './tool.ts';

const MAX_SHOWN = 200;
/** Beyond this, the newest of those found so far are shown. */
const MAX_CANDIDATES = 100_000;
/** Files looked at before others get their turn, about 2 ms. */
const FILES_PER_SLICE = 500;

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
export type GlobOutput = { durationMs: number; numFiles: number; filenames: string[]; truncated: boolean };

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
  const found: string[] = [];
  const { cut } = await runRipgrep(['--files', '--null'], {
    cwd: place.path,
    path: '.',
    separator: '\0',
    take: (record) => {
      const path = record.replace(/^\.\//, '');
      if (matches(path)) found.push(path);
      return found.length < MAX_CANDIDATES;
    },
    signal: context.signal,
  });
  const sorted = await newestFirst(found, place.path, context.signal);
  const filenames = sorted.slice(0, MAX_SHOWN).map((path) => place.show(path));
  const truncated = cut || sorted.length > MAX_SHOWN;
  return {
    content: toModelText(filenames, { rest, total: sorted.length, cut }),
    structured: {
      durationMs: Math.round(performance.now() - startedMs),
      numFiles: filenames.length,
      filenames,
      truncated,
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

// Looked at one by one without waiting in between: asking the thread pool takes ten times as long.
async function newestFirst(paths: readonly string[], folder: string, signal: AbortSignal): Promise<string[]> {
  const changed = new Map<string, number>();
  for (let at = 0; at < paths.length; at += FILES_PER_SLICE) {
    signal.throwIfAborted();
    for (const path of paths.slice(at, at + FILES_PER_SLICE)) {
      const state = lstatSync(join(folder, path), { throwIfNoEntry: false });
      // What has gone since is not listed.
      if (state !== undefined) changed.set(path, state.mtimeMs);
    }
    await setImmediate();
  }
  return [...changed].toSorted(([a, aMs], [b, bMs]) => bMs - aMs || (a < b ? -1 : 1)).map(([path]) => path);
}

function toModelText(filenames: readonly string[], o: { rest: string; total: number; cut: boolean }): string {
  if (filenames.length === 0) {
    const hint =
      o.rest.includes('/') || o.rest.startsWith('**')
        ? ''
        : ` ${o.rest} is looked for in that folder only; **/${o.rest} in those below too.`;
    return `[No files match.${hint}]`;
  }
  const listed = filenames.join('\n');
  if (o.cut)
    return `${listed}\n[There are more than ${o.total} matching files; ${filenames.length} are shown. Use a narrower pattern.]`;
  if (o.total === filenames.length) return listed;
  return `${listed}\n[${filenames.length} of ${o.total} matching files, the newest. Use a narrower pattern to see others.]`;
}
