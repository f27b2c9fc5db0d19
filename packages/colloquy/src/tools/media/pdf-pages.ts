import { once } from 'node:events';
import { createRequire } from 'node:module';
import { TimeoutError } from '../../errors.ts';
import { Deadline } from '../../helpers/deadline.ts';
import { untilAborted } from '../../helpers/until-aborted.ts';

const MAX_WORK_MS = 30_000;
const MAX_HEAP_MB = 512;

/** A string and not a module: a bundle keeps no file of its own for it. */
const SCRIPT = `
const { parentPort, workerData: { library, bytes, pages } } = require('node:worker_threads');
const { PDFDocument } = require(library);
(async () => {
  const whole = await PDFDocument.load(bytes, { updateMetadata: false, parseSpeed: Infinity });
  const count = whole.getPageCount();
  if (pages === undefined) return { count };
  const part = await PDFDocument.create();
  const wanted = pages.filter((page) => page <= count).map((page) => page - 1);
  for (const page of await part.copyPages(whole, wanted)) part.addPage(page);
  return { count, data: await part.save() };
})().then(
  (done) => parentPort.postMessage(done),
  (error) => parentPort.postMessage({ problem: String(error && error.message || error).slice(0, 300), encrypted: /encrypted/i.test(error && error.message) }),
);
`;

export type PdfAnswer = { count: number; data?: Uint8Array } | { problem: string; encrypted: boolean };

/** Undefined where the optional package is not installed. */
export function pdfLibrary(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('@cantoo/pdf-lib');
  } catch {
    return undefined;
  }
}

/**
 * Counts the pages of a PDF, and takes the given ones out of it. In a thread of its own, which ends with it: a file may be made to
 * take for ever. @throws TimeoutError after half a minute; the signal's reason
 */
export async function takePdfPages(
  library: string,
  bytes: Uint8Array,
  { pages, signal }: { pages?: readonly number[]; signal: AbortSignal },
): Promise<PdfAnswer> {
  const deadline = new Deadline(signal);
  deadline.start(
    MAX_WORK_MS,
    () => new TimeoutError(`The PDF could not be taken apart within ${MAX_WORK_MS / 1000} s.`),
  );
  const { Worker } = await import('node:worker_threads');
  const worker = new Worker(SCRIPT, {
    eval: true,
    workerData: { library, bytes, pages },
    env: {},
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  try {
    const [answer] = await untilAborted(once(worker, 'message'), deadline.signal);
    // What the script above posts.
    return answer as PdfAnswer;
  } finally {
    deadline.close();
    await worker.terminate();
  }
}
