import { type FromSchema, inputParser } from './from-schema.ts';
import { LineWindow } from './text/line-window.ts';
import { missingFileError } from './missing-file.ts';
import type { Files, FileStat, Tool, ToolContext, ToolOutcome } from './tool.ts';

const DEFAULT_LINES = 2000;
const MAX_LINE_CHARS = 2000;
/** The most text that one call shows, whatever was asked for. */
const MAX_CHARS = 100_000;

const SCHEMA = {
  type: 'object',
  properties: {
    file_path: {
      type: 'string',
      minLength: 1,
      description: 'The file: an absolute path, or one relative to the working directory.',
    },
    offset: { type: 'integer', minimum: 1, description: 'The first line to show, counted from 1. Default 1.' },
    limit: { type: 'integer', minimum: 1, description: `How many lines to show. Default ${DEFAULT_LINES}.` },
  },
  required: ['file_path'],
  additionalProperties: false,
} as const;

export type ReadInput = FromSchema<typeof SCHEMA>;
export type ReadOutput = {
  type: 'text';
  file: { filePath: string; content: string; numLines: number; startLine: number; totalLines: number };
};

/** Shows lines of a text file, each with its number. A file must have been shown before it can be edited. */
export const readTool: Tool<ReadInput, ReadOutput> = {
  name: 'Read',
  aliases: ['read'],
  description: [
    'Shows a text file, each line preceded by its number and a tab; the number and the tab are not part of the file.',
    `Without offset and limit it shows the first ${DEFAULT_LINES} lines. Ask for a part of a long file with both; what was left out is said at the end.`,
    `Lines of more than ${MAX_LINE_CHARS} characters are cut. Folders and binary files are refused.`,
    'Reading a file is required before it is edited or replaced.',
  ].join('\n'),
  inputSchema: SCHEMA,
  effect: 'read',
  parse: inputParser(SCHEMA),
  target: ({ file_path }) => ({ paths: [{ path: file_path, access: 'read' }] }),
  run: readLines,
};

async function readLines(input: ReadInput, context: ToolContext): Promise<ToolOutcome<ReadOutput>> {
  const { file_path, offset = 1, limit = DEFAULT_LINES } = input;
  const { files } = context;
  const real = await files.resolve(file_path);
  const found = await files.stat(real);
  if (found === undefined) throw await missingFileError(files, file_path, context.cwd);
  if (found.kind === 'directory') {
    throw new Error(`${file_path} is a directory. List files with a glob pattern, or read one of its files.`);
  }
  const window = new LineWindow({ first: offset, count: limit, maxLineChars: MAX_LINE_CHARS, maxChars: MAX_CHARS });
  const { state, totalLines } = await scanLines(files, real, window, context.signal);
  if (window.binary) throw new Error(`${file_path} is not a text file: it holds NUL bytes. Only text can be shown.`);
  files.markSeen(real, state);
  const { lines } = window;
  return {
    content: toModelText(lines, { offset, totalLines }),
    structured: {
      type: 'text',
      file: { filePath: real, content: lines.join('\n'), numLines: lines.length, startLine: offset, totalLines },
    },
  };
}

async function scanLines(
  files: Files,
  path: string,
  window: LineWindow,
  signal: AbortSignal,
): Promise<{ state: FileStat; totalLines: number }> {
  const state = await files.scan(
    path,
    (piece) => {
      window.add(piece);
      return !window.binary;
    },
    { signal },
  );
  return { state, totalLines: window.end() };
}

function toModelText(lines: readonly string[], { offset, totalLines }: { offset: number; totalLines: number }): string {
  if (totalLines === 0) return '[The file exists and is empty.]';
  if (lines.length === 0) return `[The file has ${totalLines} lines; there is no line ${offset}.]`;
  const numbered = lines.map((line, index) => `${offset + index}\t${line}`).join('\n');
  const last = offset + lines.length - 1;
  if (last === totalLines) return numbered;
  return `${numbered}\n\n[Lines ${offset} to ${last} of ${totalLines}. To see more, read with offset ${last + 1}.]`;
}
