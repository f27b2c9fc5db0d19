import { isRecord } from '../../helpers/is-record.ts';

export type CellType = 'code' | 'markdown' | 'raw';

/** A cell of a notebook, as far as it is read here; everything else in it stays as it is. */
export type Cell = Record<string, unknown> & { cell_type: CellType; source: string | string[] };

/** Of what names something: an id, a language, a kind of output. The format gives ids at most 64. */
export const MAX_NAME_CHARS = 100;

/** A Jupyter notebook of format 4. @see https://nbformat.readthedocs.io */
export type Notebook = Record<string, unknown> & { cells: Cell[] };

/** @throws Error for what is no notebook. */
export function parseNotebook(text: string, shown: string): Notebook {
  const value = parseJson(text, shown);
  if (!isRecord(value)) throw new Error(`${shown} is not a notebook: it holds no JSON object.`);
  if (Array.isArray(value['worksheets']))
    throw new Error(
      `${shown} is a notebook of an older format. Turn it into format 4 with: jupyter nbconvert --to notebook`,
    );
  const { cells } = value;
  if (!Array.isArray(cells)) throw new Error(`${shown} is not a notebook: it has no list of cells.`);
  const wrong = cells.findIndex((cell) => !isCell(cell));
  if (wrong !== -1) throw new Error(`${shown} is not a notebook that can be read: its cell ${wrong + 1} is damaged.`);
  // All cells have been looked at.
  return value as Notebook;
}

function parseJson(text: string, shown: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${shown} is not a notebook: it is not valid JSON.`, { cause });
  }
}

function isCell(value: unknown): value is Cell {
  if (!isRecord(value)) return false;
  const { cell_type, source } = value;
  if (cell_type !== 'code' && cell_type !== 'markdown' && cell_type !== 'raw') return false;
  return typeof source === 'string' || isStrings(source);
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Text that may be written as a list of lines; empty for anything else. */
export function joinText(value: unknown): string {
  if (typeof value === 'string') return value;
  return isStrings(value) ? value.join('') : '';
}

/** What the model calls a cell: its id, or where it has none that can be told, its place. */
export function cellId(cell: Cell, index: number): string {
  const { id } = cell;
  return typeof id === 'string' && id !== '' && id.length <= MAX_NAME_CHARS ? id : `cell-${index}`;
}

/** The place of a cell; -1 when there is none. */
export function findCell({ cells }: Notebook, id: string): number {
  return cells.findIndex((cell, index) => cellId(cell, index) === id);
}

/** The language of the code cells. */
export function notebookLanguage({ metadata }: Notebook): string {
  const { language_info, kernelspec } = isRecord(metadata) ? metadata : {};
  const name = isRecord(language_info) ? language_info['name'] : undefined;
  const language = isRecord(kernelspec) ? kernelspec['language'] : undefined;
  const found = typeof name === 'string' ? name : typeof language === 'string' ? language : 'python';
  return found.slice(0, MAX_NAME_CHARS);
}

/** Whether cells have ids of their own, as they do since format 4.5. */
export function hasCellIds({ nbformat, nbformat_minor, cells }: Notebook): boolean {
  if (cells.some(({ id }) => typeof id === 'string')) return true;
  return typeof nbformat === 'number' && typeof nbformat_minor === 'number' && nbformat + nbformat_minor / 10 >= 4.5;
}
