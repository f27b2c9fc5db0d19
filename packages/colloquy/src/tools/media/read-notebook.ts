import { stripVTControlCharacters } from 'node:util';
import { isRecord } from '../../helpers/is-record.ts';
import type { Json } from '../../log/entries.ts';
import { decodeText } from '../text/text-encoding.ts';
import type { ToolContext, ToolOutcome } from '../tool.ts';
import { fitImage } from './fit-image.ts';
import {
  type Cell,
  cellId,
  type CellType,
  joinText,
  MAX_NAME_CHARS,
  notebookLanguage,
  parseNotebook,
} from './notebook.ts';

const MAX_FILE_BYTES = 50 * 1024 * 1024;
const MAX_CHARS = 100_000;
const MAX_OUTPUT_CHARS = 10_000;
const MAX_IMAGES = 10;
/** Of one cell; a loop may have printed without end. */
const MAX_OUTPUTS = 50;

export type NotebookOutput = { type: 'notebook'; file: { filePath: string; cells: ShownCell[] } };
export type ShownCell = {
  cellType: CellType;
  source: string;
  cell_id: string;
  language?: string;
  execution_count?: number;
  outputs?: ShownOutput[];
};
export type ShownOutput = {
  output_type: string;
  text?: string;
  image?: { image_data: string; media_type: string };
};

/**
 * Shows the cells of a notebook with their outputs; `first` (from 1) and `count` choose some of them. The path is real; `shown` is
 * what messages call it.
 */
export async function readNotebook(
  path: string,
  shown: string,
  o: { first: number; count: number | undefined; context: ToolContext },
): Promise<ToolOutcome<NotebookOutput>> {
  const { files, signal } = o.context;
  const { text } = decodeText(await files.read(path, { maxBytes: MAX_FILE_BYTES, signal }));
  const notebook = parseNotebook(text, shown);
  const language = notebookLanguage(notebook);
  const content: Json[] = [];
  const cells: ShownCell[] = [];
  let chars = 0;
  let images = 0;
  const end = Math.min(notebook.cells.length, o.first - 1 + (o.count ?? notebook.cells.length));
  let at = o.first - 1;
  for (; at < end && chars < MAX_CHARS; at++) {
    const cell = notebook.cells[at];
    if (cell === undefined) break;
    const seen = await toShownCell(cell, at, { language, imagesLeft: MAX_IMAGES - images, signal });
    const told = toBlocks(seen);
    images += told.filter(({ type }) => type === 'image').length;
    chars += told.reduce((sum, block) => sum + (block.type === 'text' ? block.text.length : 0), 0);
    cells.push(seen);
    content.push(...told);
  }
  const total = notebook.cells.length;
  if (cells.length < total || total === 0) content.push({ type: 'text', text: notShown(o.first, at, total) });
  return { content, structured: { type: 'notebook', file: { filePath: path, cells } } };
}

function notShown(first: number, last: number, total: number): string {
  if (total === 0) return '[The notebook has no cells.]';
  if (first > total) return `[The notebook has ${total} cells; there is no cell ${first}.]`;
  const more = last < total ? ` To see more, read with offset ${last + 1}.` : '';
  return `[Cells ${first} to ${last} of ${total}.${more}]`;
}

async function toShownCell(
  cell: Cell,
  index: number,
  o: { language: string; imagesLeft: number; signal: AbortSignal },
): Promise<ShownCell> {
  const source = cutText(joinText(cell.source), MAX_CHARS);
  const common = { cellType: cell.cell_type, source, cell_id: cellId(cell, index) };
  if (cell.cell_type !== 'code') return common;
  const outputs: ShownOutput[] = [];
  let { imagesLeft } = o;
  const all: unknown[] = Array.isArray(cell['outputs']) ? cell['outputs'] : [];
  for (const output of all.slice(0, MAX_OUTPUTS)) {
    const seen = await toShownOutput(output, { ...o, imagesLeft });
    if (seen?.image !== undefined) imagesLeft--;
    if (seen !== undefined) outputs.push(seen);
  }
  if (all.length > MAX_OUTPUTS)
    outputs.push({ output_type: 'note', text: `[${all.length - MAX_OUTPUTS} more outputs were left out]` });
  const count = cell['execution_count'];
  return {
    ...common,
    language: o.language,
    ...(typeof count === 'number' ? { execution_count: count } : {}),
    ...(outputs.length === 0 ? {} : { outputs }),
  };
}

async function toShownOutput(
  output: unknown,
  o: { imagesLeft: number; signal: AbortSignal },
): Promise<ShownOutput | undefined> {
  if (!isRecord(output) || typeof output['output_type'] !== 'string') return undefined;
  const { text, data, ename, evalue, traceback } = output;
  const output_type = output['output_type'].slice(0, MAX_NAME_CHARS);
  if (output_type === 'stream') return { output_type, text: toOutputText(joinText(text)) };
  if (output_type === 'error') {
    const lines = Array.isArray(traceback) ? traceback.map(String).join('\n') : '';
    return { output_type, text: toOutputText(`${String(ename)}: ${String(evalue)}\n${lines}`) };
  }
  if (!isRecord(data)) return { output_type };
  const plain = joinText(data['text/plain']) || joinText(data['text/markdown']) || joinText(data['text/html']);
  const image = await findImage(data, o);
  return {
    output_type,
    ...(plain === '' ? {} : { text: toOutputText(plain) }),
    ...(image === undefined ? {} : { image }),
  };
}

/** An image that the API takes; what is damaged or too large is left out, because the text beside it tells of it. */
async function findImage(
  data: Record<string, unknown>,
  { imagesLeft, signal }: { imagesLeft: number; signal: AbortSignal },
): Promise<ShownOutput['image']> {
  const base64 = joinText(data['image/png']) || joinText(data['image/jpeg']);
  if (base64 === '' || imagesLeft <= 0) return undefined;
  try {
    const image = await fitImage(Buffer.from(base64, 'base64'), { name: 'An output', signal });
    return { image_data: Buffer.from(image.data).toString('base64'), media_type: image.type };
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

function toOutputText(text: string): string {
  return cutText(stripVTControlCharacters(text), MAX_OUTPUT_CHARS);
}

function cutText(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)} [cut: ${text.length} characters]`;
}

type ShownBlock = { type: 'text'; text: string } | { type: 'image'; source: Json };

function toBlocks({ cell_id, cellType, language, source, outputs = [] }: ShownCell): ShownBlock[] {
  const kind = cellType === 'code' ? `code, ${language}` : cellType;
  const blocks: ShownBlock[] = [{ type: 'text', text: `[Cell ${cell_id}: ${kind}]\n${source}` }];
  for (const { text, image } of outputs) {
    if (text !== undefined) blocks.push({ type: 'text', text: `[Output of ${cell_id}]\n${text}` });
    if (image !== undefined)
      blocks.push({ type: 'image', source: { type: 'base64', media_type: image.media_type, data: image.image_data } });
  }
  return blocks;
}
