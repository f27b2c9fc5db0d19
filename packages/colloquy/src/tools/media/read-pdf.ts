import { TimeoutError } from '../../errors.ts';
import { messageOf } from '../../helpers/message-of.ts';
import type { ToolContext, ToolOutcome } from '../tool.ts';
import { MAX_PAGES, pagesOf, parsePages } from './page-ranges.ts';
import { pdfLibrary, PdfThread } from './pdf-thread.ts';

/** As base64 a quarter less than the 32 MB that a request may have. */
const MAX_SENT_BYTES = 18 * 1024 * 1024;
const MAX_FILE_BYTES = 100 * 1024 * 1024;
/** The most pages that the API takes in one document. @see docs/internals/facts/messages-api.md, section 9 */
const MAX_API_PAGES = 100;
const INSTALL =
  'To read a part of a PDF, install the package @cantoo/pdf-lib (npm install @cantoo/pdf-lib); or take pages out with a command.';

export type PdfOutput = { type: 'pdf'; file: { filePath: string; base64: string; originalSize: number } };

/** Shows a PDF to the model, whole or some of its pages. The path is real; `shown` is what messages call it. */
export async function readPdf(
  path: string,
  shown: string,
  o: { pages: string | undefined; context: ToolContext; library?: string | undefined },
): Promise<ToolOutcome<PdfOutput>> {
  const { files, signal } = o.context;
  const library = 'library' in o ? o.library : pdfLibrary();
  const maxBytes = library === undefined ? MAX_SENT_BYTES : MAX_FILE_BYTES;
  const bytes = await files.read(path, { maxBytes, signal });
  const { data, note } =
    library === undefined
      ? wholeUnread(bytes, shown, o.pages)
      : await choosePages(library, bytes, shown, { pages: o.pages, signal });
  if (data.byteLength > MAX_SENT_BYTES) {
    throw new Error(
      `${shown} is too large to be sent: ${data.byteLength} bytes, and at most ${MAX_SENT_BYTES} can be. Ask for fewer pages.`,
    );
  }
  const base64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
  return {
    content: [
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: base64 } },
      { type: 'text', text: note },
    ],
    structured: { type: 'pdf', file: { filePath: path, base64, originalSize: bytes.byteLength } },
  };
}

type Chosen = { data: Uint8Array; note: string };

async function choosePages(
  library: string,
  bytes: Uint8Array,
  shown: string,
  { pages, signal }: { pages: string | undefined; signal: AbortSignal },
): Promise<Chosen> {
  await using pdf = await PdfThread.start(library, bytes, signal);
  const count = await pdf.count().catch((problem: unknown) => refuse(shown, problem, signal));
  if (pages === undefined && count > MAX_PAGES)
    throw new Error(`${shown} has ${pagesOf(count)}. Ask for some of them with pages, at most ${MAX_PAGES} at once.`);
  const wanted = pages === undefined ? undefined : parsePages(pages, count);
  if (wanted === undefined || wanted.length === count) return { data: bytes, note: `[${shown}: ${pagesOf(count)}.]` };
  const data = await pdf.take(wanted).catch((problem: unknown) => refuse(shown, problem, signal));
  return { data, note: `[${shown}: pages ${wanted.join(', ')} of ${count}.]` };
}

function refuse(shown: string, problem: unknown, signal: AbortSignal): never {
  signal.throwIfAborted();
  if (problem instanceof TimeoutError) throw problem;
  const why = messageOf(problem);
  if (/encrypted/i.test(why)) throw new Error(`${shown} is protected by a password, and cannot be read.`);
  throw new Error(`${shown} is a damaged PDF, and cannot be read (${why}).`, { cause: problem });
}

/** Without a library nobody can take a PDF apart; what the API would surely refuse is refused here, because all that follows would be too. */
function wholeUnread(bytes: Uint8Array, shown: string, pages: string | undefined): Chosen {
  if (pages !== undefined) throw new Error(`Some pages of ${shown} cannot be shown. ${INSTALL}`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (!text.includes('%%EOF', text.length - 2048)) throw new Error(`${shown} is a damaged PDF: its end is missing.`);
  if (/\/Encrypt\b/.test(text)) throw new Error(`${shown} is protected by a password, and cannot be read.`);
  const count = text.match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;
  if (count > MAX_API_PAGES)
    throw new Error(`${shown} has about ${count} pages, and at most ${MAX_API_PAGES} can be sent. ${INSTALL}`);
  return { data: bytes, note: `[${shown}, whole.]` };
}
