import { join } from 'node:path';
import { type FromSchema, inputParser } from './from-schema.ts';
import { missingFileError } from './missing-file.ts';
import { globMatcher } from './search/glob-match.ts';
import type { Files, Tool, ToolContext, ToolOutcome } from './tool.ts';

const MAX_SHOWN = 1000;
const MAX_COUNTED = 100_000;

const SCHEMA = {
  type: 'object',
  properties: {
    path: {
      type: 'string',
      minLength: 1,
      description: 'The folder: an absolute path, or one relative to the working directory.',
    },
    ignore: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      maxItems: 100,
      description: 'Glob patterns of names to leave out, such as *.log or node_modules.',
    },
  },
  required: ['path'],
  additionalProperties: false,
} as const;

export type LsInput = FromSchema<typeof SCHEMA>;
export type LsOutput = { path: string; entries: LsEntry[]; numEntries: number; truncated: boolean };
/** `other`: a device, pipe or socket; `unknown`: a link that leads out of the folders of the session, or nowhere. */
export type LsEntry = { name: string; type: 'file' | 'directory' | 'other' | 'unknown'; size?: number };

/** Lists what a folder holds. */
export const lsTool: Tool<LsInput, LsOutput> = {
  name: 'LS',
  onRequest: true,
  description: [
    'Lists what one folder holds: folders first, with a / after their names, then files with their size in bytes.',
    `Hidden files are listed too, and so is what .gitignore leaves out. At most ${MAX_SHOWN} names are shown.`,
    'To find files by a pattern, or in the folders below, use Glob.',
  ].join('\n'),
  inputSchema: SCHEMA,
  effect: 'read',
  parse: inputParser(SCHEMA),
  target: ({ path }) => ({ paths: [{ path, access: 'read' }] }),
  run: listFolder,
};

async function listFolder({ path, ignore = [] }: LsInput, context: ToolContext): Promise<ToolOutcome<LsOutput>> {
  const { files, signal } = context;
  const isIgnored = ignore.map((pattern) => globMatcher(pattern.replace(/\/$/, '')));
  const real = await files.resolve(path);
  const found = await files.stat(real);
  if (found === undefined) throw await missingFileError(files, path, context.cwd);
  if (found.kind !== 'directory') throw new Error(`${path} is a file, not a folder. Read it instead.`);
  const names = (await files.list(real, { limit: MAX_COUNTED }))
    .filter((name) => !isIgnored.some((matches) => matches(name)) && context.hides?.(join(real, name)) !== true)
    .toSorted();
  const entries: LsEntry[] = [];
  for (const name of names.slice(0, MAX_SHOWN)) {
    signal.throwIfAborted();
    entries.push(await toEntry(files, real, name));
  }
  const sorted = [...entries.filter(isFolder), ...entries.filter((entry) => !isFolder(entry))];
  return {
    content: toModelText(sorted, names.length),
    structured: { path: real, entries: sorted, numEntries: names.length, truncated: names.length > MAX_SHOWN },
  };
}

async function toEntry(files: Files, folder: string, name: string): Promise<LsEntry> {
  try {
    const found = await files.stat(join(folder, name));
    if (found === undefined) return { name, type: 'unknown' };
    return found.kind === 'file' ? { name, type: 'file', size: found.size } : { name, type: found.kind };
  } catch {
    // A link that may not be followed is named all the same.
    return { name, type: 'unknown' };
  }
}

const isFolder = ({ type }: LsEntry): boolean => type === 'directory';

function toModelText(entries: readonly LsEntry[], total: number): string {
  if (total === 0) return '[The folder is empty, or all in it is left out.]';
  const lines = entries.map((entry) => describe(entry));
  if (total > entries.length)
    lines.push(`[${entries.length} of ${total === MAX_COUNTED ? `more than ${total}` : total} names are shown.]`);
  return lines.join('\n');
}

function describe({ name, type, size }: LsEntry): string {
  switch (type) {
    case 'directory':
      return `${name}/`;
    case 'file':
      return `${name} (${size ?? 0})`;
    case 'other':
      return `${name} (device, pipe or socket)`;
    case 'unknown':
      return `${name} (a link that leads nowhere, or outside)`;
    default:
      return type satisfies never;
  }
}
