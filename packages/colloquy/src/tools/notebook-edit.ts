import { randomUUID } from 'node:crypto';
import { type FromSchema, inputParser } from './from-schema.ts';
import {
  type Cell,
  cellId,
  findCell,
  hasCellIds,
  joinText,
  type Notebook,
  notebookLanguage,
  parseNotebook,
} from './media/notebook.ts';
import { missingFileError } from './missing-file.ts';
import { encodeText } from './text/text-encoding.ts';
import { readSeenText, toldOriginal, writeSeen } from './text/text-file.ts';
import type { Tool, ToolContext, ToolOutcome } from './tool.ts';

const ID_CHARS = 8;

const SCHEMA = {
  type: 'object',
  properties: {
    notebook_path: {
      type: 'string',
      minLength: 1,
      description: 'The notebook (.ipynb): an absolute path, or one relative to the working directory.',
    },
    new_source: { type: 'string', description: 'The whole new text of the cell. With delete it does not matter.' },
    cell_id: {
      type: 'string',
      minLength: 1,
      description:
        'The cell, by the id that reading shows. With insert, the new cell comes after it; without it, first.',
    },
    cell_type: {
      type: 'string',
      enum: ['code', 'markdown'],
      description: 'The kind of cell. Needed with insert; with replace, the default is the kind it has.',
    },
    edit_mode: {
      type: 'string',
      enum: ['replace', 'insert', 'delete'],
      description: 'What to do. Default replace.',
    },
  },
  required: ['notebook_path', 'new_source'],
  additionalProperties: false,
} as const;

export type NotebookEditInput = FromSchema<typeof SCHEMA>;
export type NotebookEditOutput = {
  notebook_path: string;
  edit_mode: 'replace' | 'insert' | 'delete';
  cell_id: string;
  cell_type: string;
  language: string;
  new_source: string;
  /** Empty: what went wrong is an error of the call. */
  error: string;
  /** Of a cell that was there before. */
  old_source?: string;
  /** Null for files of more than a million characters, as `updated_file`. */
  original_file: string | null;
  updated_file: string | null;
};

/** Changes, adds or removes one cell of a notebook that the model has seen. */
export const notebookEditTool: Tool<NotebookEditInput, NotebookEditOutput> = {
  name: 'NotebookEdit',
  description: [
    'Changes one cell of a Jupyter notebook: replace its text, insert a new cell after it, or delete it.',
    'The notebook must have been read in this session, and must not have changed since.',
    'A code cell that is replaced loses its outputs, which were those of the old code.',
  ].join('\n'),
  inputSchema: SCHEMA,
  effect: 'write',
  parse: inputParser(SCHEMA),
  target: ({ notebook_path }) => ({ paths: [{ path: notebook_path, access: 'write' }] }),
  run: editNotebook,
};

type Change = { cell: Cell; id: string; oldSource: string | undefined; told: string };

async function editNotebook(
  input: NotebookEditInput,
  { files, signal, cwd }: ToolContext,
): Promise<ToolOutcome<NotebookEditOutput>> {
  const { notebook_path: shown, new_source, edit_mode = 'replace' } = input;
  if (!/\.ipynb$/i.test(shown)) throw new Error(`${shown} is not a notebook (.ipynb). Change it with Edit.`);
  const path = await files.resolve(shown);
  const found = await files.stat(path);
  if (found === undefined) throw await missingFileError(files, shown, cwd);
  const original = await readSeenText(files, path, { shown, found, replacing: false, mustBeSeen: true, signal });
  const notebook = parseNotebook(original.text, shown);
  const change = changeCell(notebook, input, shown);
  const updated = writeLike(notebook, original.text);
  await writeSeen(files, path, encodeText(updated, original), { unchangedSince: original.state, signal });
  return {
    content: `${change.told} ${shown}.`,
    structured: {
      notebook_path: path,
      edit_mode,
      cell_id: change.id,
      cell_type: change.cell.cell_type,
      language: notebookLanguage(notebook),
      new_source: edit_mode === 'delete' ? '' : new_source,
      error: '',
      ...(change.oldSource === undefined ? {} : { old_source: change.oldSource }),
      original_file: toldOriginal(original.text),
      updated_file: toldOriginal(updated),
    },
  };
}

/** Changes the notebook in place. */
function changeCell(notebook: Notebook, input: NotebookEditInput, shown: string): Change {
  const { cell_id, cell_type, new_source, edit_mode = 'replace' } = input;
  if (edit_mode === 'insert') return insertCell(notebook, input, shown);
  if (cell_id === undefined) throw new Error(`cell_id is missing: it says which cell to ${edit_mode}.`);
  const at = requireCell(notebook, cell_id, shown);
  const cell = notebook.cells[at];
  if (cell === undefined) throw new Error(`${shown} has no cell ${cell_id}.`);
  const oldSource = joinText(cell.source);
  if (edit_mode === 'delete') {
    notebook.cells.splice(at, 1);
    return { cell, id: cell_id, oldSource, told: `Removed the cell ${cell_id} of` };
  }
  const type = cell_type ?? cell.cell_type;
  cell.cell_type = type;
  cell.source = toSource(new_source, Array.isArray(cell.source));
  if (type === 'code') Object.assign(cell, { execution_count: null, outputs: [] });
  else {
    delete cell['execution_count'];
    delete cell['outputs'];
  }
  return { cell, id: cell_id, oldSource, told: `Replaced the cell ${cell_id} of` };
}

function insertCell(notebook: Notebook, { cell_id, cell_type, new_source }: NotebookEditInput, shown: string): Change {
  if (cell_type === undefined) throw new Error('cell_type is missing: a new cell is code or markdown.');
  const at = cell_id === undefined ? 0 : requireCell(notebook, cell_id, shown) + 1;
  const isList = notebook.cells.length === 0 || notebook.cells.some(({ source }) => Array.isArray(source));
  const cell: Cell = {
    cell_type,
    ...(cell_type === 'code' ? { execution_count: null } : {}),
    ...(hasCellIds(notebook) ? { id: newId(notebook) } : {}),
    metadata: {},
    ...(cell_type === 'code' ? { outputs: [] } : {}),
    source: toSource(new_source, isList),
  };
  notebook.cells.splice(at, 0, cell);
  const id = cellId(cell, at);
  return { cell, id, oldSource: undefined, told: `Inserted the cell ${id} into` };
}

function requireCell(notebook: Notebook, id: string, shown: string): number {
  const at = findCell(notebook, id);
  if (at !== -1) return at;
  const ids = notebook.cells.slice(0, 20).map(cellId).join(', ');
  const more = notebook.cells.length > 20 ? ', …' : '';
  throw new Error(`${shown} has no cell ${id}. Its cells are: ${ids === '' ? 'none' : `${ids}${more}`}.`);
}

/** A list of lines, each with its end, is how notebooks are mostly written. */
function toSource(text: string, asList: boolean): string | string[] {
  if (!asList) return text;
  return text === '' ? [] : text.split(/(?<=\n)/);
}

function newId(notebook: Notebook): string {
  const id = randomUUID().replaceAll('-', '').slice(0, ID_CHARS);
  return findCell(notebook, id) === -1 ? id : newId(notebook);
}

/** JSON with the indentation, line ends and final line end of the original. */
function writeLike(notebook: Notebook, original: string): string {
  const indent = /^\s*\{\r?\n([ \t]+)/.exec(original)?.[1] ?? (original.includes('\n') ? ' ' : undefined);
  const json = JSON.stringify(notebook, undefined, indent) + (/\n\s*$/.test(original) ? '\n' : '');
  return original.includes('\r\n') ? json.replaceAll('\n', '\r\n') : json;
}
