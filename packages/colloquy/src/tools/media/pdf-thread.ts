import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Worker } from 'node:worker_threads';
import { TimeoutError } from '../../errors.ts';
import { Deadline } from '../../helpers/deadline.ts';
import { isRecord } from '../../helpers/is-record.ts';
import { untilAborted } from '../../helpers/until-aborted.ts';

const MAX_WORK_MS = 30_000;
const MAX_HEAP_MB = 512;
/** Of what is packed in a file. The bounds of a thread do not count the memory of arrays. */
const MAX_UNPACKED_MB = 64;

/** A string and not a module: a bundle keeps no file of its own for it. */
const SCRIPT = `
const { parentPort, workerData: { library, bytes, maxUnpackedMb } } = require('node:worker_threads');
const bounded = {
  construct(Plain, args, made) {
    if (typeof args[0] === 'number' && args[0] > maxUnpackedMb * 1024 * 1024)
      throw new RangeError('something in it is larger than ' + maxUnpackedMb + ' MB when it is unpacked');
    return Reflect.construct(Plain, args, made);
  },
};
for (const name of ['Uint8Array', 'Uint8ClampedArray', 'ArrayBuffer']) globalThis[name] = new Proxy(globalThis[name], bounded);
const { PDFDocument } = require(library);
const tell = (work) => work.then(
  (done) => parentPort.postMessage(done),
  (error) => parentPort.postMessage({ problem: String(error && error.message || error).slice(0, 300) }),
);
const opening = PDFDocument.load(bytes, { updateMetadata: false, parseSpeed: Infinity });
tell(opening.then((whole) => ({ count: whole.getPageCount() })));
parentPort.on('message', (pages) => tell((async () => {
  const part = await PDFDocument.create();
  for (const page of await part.copyPages(await opening, pages.map((page) => page - 1))) part.addPage(page);
  return { data: await part.save() };
})()));
`;

/** Undefined where the optional package is not installed. */
export function pdfLibrary(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('@cantoo/pdf-lib');
  } catch {
    return undefined;
  }
}

/** A PDF taken apart in a thread of its own, which can be ended: a file may be made to take for ever. At most half a minute. */
export class PdfThread implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #deadline: Deadline;

  private constructor(worker: Worker, deadline: Deadline) {
    this.#worker = worker;
    this.#deadline = deadline;
  }

  static async start(library: string, bytes: Uint8Array, signal: AbortSignal): Promise<PdfThread> {
    const { Worker } = await import('node:worker_threads');
    const deadline = new Deadline(signal);
    deadline.start(
      MAX_WORK_MS,
      () => new TimeoutError(`The PDF could not be taken apart within ${MAX_WORK_MS / 1000} s.`),
    );
    const worker = new Worker(SCRIPT, {
      eval: true,
      workerData: { library, bytes, maxUnpackedMb: MAX_UNPACKED_MB },
      env: {},
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
    return new PdfThread(worker, deadline);
  }

  /** To be asked first, and once. @throws Error which says what is wrong with the file; TimeoutError; the signal's reason */
  async count(): Promise<number> {
    return Number((await this.#answer()).count);
  }

  /** A PDF of these pages, counted from 1. @throws Error like `count` */
  async take(pages: readonly number[]): Promise<Uint8Array> {
    const answer = this.#answer();
    this.#worker.postMessage(pages);
    const { data } = await answer;
    if (!(data instanceof Uint8Array)) throw new Error('no pages came of it');
    return data;
  }

  async #answer(): Promise<{ count?: unknown; data?: unknown }> {
    const [answer]: unknown[] = await untilAborted(once(this.#worker, 'message'), this.#deadline.signal);
    if (!isRecord(answer)) throw new Error('no answer came of it');
    if (typeof answer['problem'] === 'string') throw new Error(answer['problem']);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#deadline.close();
    await this.#worker.terminate();
  }
}
