import { extname } from 'node:path';
import { type FromSchema, inputParser } from './from-schema.ts';
import { imageType } from './media/image-size.ts';
import type { ImageOutput } from './media/read-image.ts';
import type { NotebookOutput } from './media/read-notebook.ts';
import type { PdfOutput } from './media/read-pdf.ts';
import { missingFileError } from './missing-file.ts';
import { LINE_LIMITS, LineReader, type LinesOutput } from './text/read-lines.ts';
import type { FileStat, Tool, ToolContext, ToolOutcome } from './tool.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    file_path: {
      type: 'string',
      minLength: 1,
      description: 'The file: an absolute path, or one relative to the working directory.',
    },
    offset: {
      type: 'integer',
      minimum: 1,
      description: 'The first line to show, counted from 1 (of a notebook: the first cell). Default 1.',
    },
    limit: {
      type: 'integer',
      minimum: 1,
      description: `How many lines to show (of a notebook: cells). Default ${LINE_LIMITS.DEFAULT_LINES}.`,
    },
    pages: {
      type: 'string',
      minLength: 1,
      description: 'Of a PDF, the pages to show, such as 3, 1-5, 2,4,7-9 or 10-; at most 20.',
    },
    allow_large: {
      type: 'boolean',
      description: `Show up to ${LINE_LIMITS.MAX_LARGE_CHARS} characters instead of ${LINE_LIMITS.MAX_CHARS}.`,
    },
  },
  required: ['file_path'],
  additionalProperties: false,
} as const;

export type ReadInput = FromSchema<typeof SCHEMA>;
export type ReadOutput = LinesOutput | ImageOutput | NotebookOutput | PdfOutput;

/** Shows a file: lines of text with their numbers, an image, pages of a PDF, cells of a notebook. */
export const readTool: Tool<ReadInput, ReadOutput> = {
  name: 'Read',
  aliases: ['read'],
  description: [
    'Shows a file. Text comes with the number of each line and a tab before it; neither is part of the file.',
    `Without offset and limit it shows the first ${LINE_LIMITS.DEFAULT_LINES} lines. Ask for a part of a long file with both; what was left out is said at the end.`,
    `Lines of more than ${LINE_LIMITS.MAX_LINE_CHARS} characters are cut.`,
    'Images (PNG, JPEG, GIF, WebP) are shown as pictures, PDFs as documents (a long one by pages), notebooks (.ipynb) as cells with their outputs. Folders and other binary files are refused.',
    'Read a file before it is edited or replaced, unless you know what it holds.',
  ].join('\n'),
  inputSchema: SCHEMA,
  effect: 'read',
  parse: inputParser(SCHEMA),
  target: ({ file_path }) => ({ paths: [{ path: file_path, access: 'read' }] }),
  run: readFile,
};

async function readFile(input: ReadInput, context: ToolContext): Promise<ToolOutcome<ReadOutput>> {
  const { file_path } = input;
  const { files } = context;
  const real = await files.resolve(file_path);
  const found = await files.stat(real);
  if (found === undefined) throw await missingFileError(files, file_path, context.cwd);
  if (found.kind === 'directory') {
    throw new Error(`${file_path} is a directory. List files with a glob pattern, or read one of its files.`);
  }
  const { outcome, state } = await readByKind(real, input, context);
  files.markSeen(real, state);
  return outcome;
}

type FileKind = 'image' | 'pdf' | 'notebook' | 'text';

async function readByKind(
  real: string,
  input: ReadInput,
  context: ToolContext,
): Promise<{ outcome: ToolOutcome<ReadOutput>; state: FileStat }> {
  const { file_path, offset = 1, limit, pages } = input;
  const lines = new LineReader(input);
  let kind: FileKind | undefined;
  const state = await context.files.scan(
    real,
    (piece) => {
      kind ??= kindOf(piece, real);
      return kind === 'text' && lines.add(piece);
    },
    { signal: context.signal },
  );
  if (pages !== undefined && kind !== 'pdf') throw new Error(`${file_path} is no PDF, so that it has no pages.`);
  switch (kind) {
    case 'image': {
      const { readImage } = await import('./media/read-image.ts');
      return { outcome: await readImage(real, file_path, context), state };
    }
    case 'pdf': {
      const { readPdf } = await import('./media/read-pdf.ts');
      // A range of lines, for those who ask for all files alike, is one of pages.
      const range = limit === undefined ? `${offset}-` : `${offset}-${offset + limit - 1}`;
      const wanted = pages ?? (offset === 1 && limit === undefined ? undefined : range);
      return { outcome: await readPdf(real, file_path, { pages: wanted, context }), state };
    }
    case 'notebook': {
      const { readNotebook } = await import('./media/read-notebook.ts');
      return { outcome: await readNotebook(real, file_path, { first: offset, count: limit, context }), state };
    }
    default:
      if (lines.binary)
        throw new Error(`${file_path} is not a text file: it is binary, and no image or PDF that could be shown.`);
      return { outcome: lines.end(file_path), state };
  }
}

function kindOf(head: Uint8Array, path: string): FileKind {
  if (imageType(head) !== undefined) return 'image';
  const extension = extname(path).toLowerCase();
  const beginning = Buffer.from(head.subarray(0, 1024)).toString('latin1');
  // Some programs put something before a PDF's own beginning.
  if (beginning.startsWith('%PDF-') || (extension === '.pdf' && beginning.includes('%PDF-'))) return 'pdf';
  return extension === '.ipynb' ? 'notebook' : 'text';
}
