import { BrokenBodyError, HttpError } from './http-error.ts';

const MAX_BOUNDARY_CHARS = 200;
const MAX_HEAD_BYTES = 16_384;
const MAX_PARTS = 20;
const END_OF_HEAD = '\r\n\r\n';

/** One part of a form. Its body must be read, as far as it is wanted, before the next part is asked for. */
export type FormPart = {
  name: string;
  /** Undefined for a plain field. */
  filename: string | undefined;
  contentType: string | undefined;
  body: AsyncIterable<Uint8Array>;
};

/** Is told of a form what it says, however its parts are divided. */
export interface FormWitness {
  beginPart(part: Omit<FormPart, 'body'>): void;
  piece(bytes: Uint8Array): void;
  end(): void;
}

/**
 * The parts of a `multipart/form-data` body as they come, in bounded memory.
 * @param witness told all of it, whatever of it is wanted
 * @throws HttpError 415 for another type, 400 for a body that is none or breaks off
 * @see https://www.rfc-editor.org/rfc/rfc7578
 */
export async function* readForm(request: Request, witness?: FormWitness): AsyncGenerator<FormPart, void, void> {
  const boundary = boundaryOf(request.headers.get('content-type') ?? '');
  if (boundary === undefined) throw new HttpError(415, 'Send the body as multipart/form-data');
  const source = new Pieces(request, `\r\n--${boundary}`, witness);
  // What comes before the first boundary means nothing.
  await source.skip();
  for (let count = 0; await source.hasPart(); count += 1) {
    if (count === MAX_PARTS) throw new HttpError(400, `The form has more than ${MAX_PARTS} parts`);
    const part = headerFields(await source.head());
    witness?.beginPart(part);
    yield { ...part, body: source.untilBoundary() };
    // Whatever of it nobody wanted.
    await source.skip();
  }
  witness?.end();
}

class Pieces {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #boundary: Buffer;
  readonly #witness: FormWitness | undefined;
  // The first boundary may stand at the very beginning, without the line end that belongs to it.
  #buffer: Buffer = Buffer.from('\r\n');
  #isBeforeBoundary = true;

  constructor(request: Request, boundary: string, witness: FormWitness | undefined) {
    // The types of the platform leave the chunks open; the body of a request is bytes.
    this.#reader = (request.body as ReadableStream<Uint8Array> | null)?.getReader();
    this.#boundary = Buffer.from(boundary);
    this.#witness = witness;
  }

  /** What comes before the next boundary, which is passed over. */
  async *untilBoundary(): AsyncGenerator<Uint8Array, void, void> {
    while (this.#isBeforeBoundary) {
      const at = this.#buffer.indexOf(this.#boundary);
      if (at !== -1) {
        const piece = this.#take(at);
        this.#take(this.#boundary.length);
        this.#isBeforeBoundary = false;
        this.#witness?.piece(piece);
        if (piece.length > 0) yield piece;
        return;
      }
      // The end of what has come may be the beginning of a boundary.
      const sure = this.#buffer.length - this.#boundary.length + 1;
      if (sure > 0) {
        const piece = this.#take(sure);
        this.#witness?.piece(piece);
        yield piece;
      }
      await this.#more();
    }
  }

  async skip(): Promise<void> {
    for await (const piece of this.untilBoundary()) void piece;
  }

  /** After a boundary: whether a part follows, or the end of the form. */
  async hasPart(): Promise<boolean> {
    for (;;) {
      while (this.#buffer.length < 2) await this.#more();
      const next = this.#take(2).toString('latin1');
      if (next === '\r\n') return true;
      if (next === '--') return false;
      throw new HttpError(400, 'The form is not well-formed: after a boundary there must be a line end');
    }
  }

  /** The lines that describe a part. */
  async head(): Promise<string> {
    // A part without any has its empty line at once.
    this.#buffer = Buffer.concat([Buffer.from('\r\n'), this.#buffer]);
    for (;;) {
      const at = this.#buffer.indexOf(END_OF_HEAD);
      if (at > MAX_HEAD_BYTES || (at === -1 && this.#buffer.length > MAX_HEAD_BYTES + END_OF_HEAD.length)) {
        throw new HttpError(400, `The form is not well-formed: a part's head has more than ${MAX_HEAD_BYTES} bytes`);
      }
      if (at !== -1) {
        const head = this.#take(at).toString('utf8');
        this.#take(END_OF_HEAD.length);
        this.#isBeforeBoundary = true;
        return head;
      }
      await this.#more();
    }
  }

  #take(length: number): Buffer {
    const taken = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return taken;
  }

  async #more(): Promise<void> {
    let next;
    try {
      next = await this.#reader?.read();
    } catch (cause) {
      throw new BrokenBodyError({ cause });
    }
    if (next === undefined || next.done)
      throw new HttpError(400, 'The form is not whole: its last boundary is missing');
    this.#buffer = this.#buffer.length === 0 ? Buffer.from(next.value) : Buffer.concat([this.#buffer, next.value]);
  }
}

function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/form-data *;/i.test(contentType)) return undefined;
  const found = /; *boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType);
  const boundary = found?.[1] ?? found?.[2];
  return boundary !== undefined && boundary.length <= MAX_BOUNDARY_CHARS ? boundary : undefined;
}

function headerFields(head: string): Pick<FormPart, 'name' | 'filename' | 'contentType'> {
  const fields = new Map(
    head
      .split('\r\n')
      .filter((line) => line !== '')
      .map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
      }),
  );
  const disposition = fields.get('content-disposition') ?? '';
  const name = parameter(disposition, 'name');
  if (!/^form-data\b/i.test(disposition) || name === undefined) {
    throw new HttpError(400, 'The form is not well-formed: a part has no name');
  }
  return { name, filename: parameter(disposition, 'filename'), contentType: fields.get('content-type') };
}

/** A quoted text, in which clients write quotes and line ends as percent signs with digits. */
function parameter(disposition: string, name: string): string | undefined {
  const found = new RegExp(`; *${name}=(?:"([^"]*)"|([^\\s;"]+))`, 'i').exec(disposition);
  return (found?.[1] ?? found?.[2])?.replaceAll(/%(22|0D|0A)/gi, (escaped) => decodeURIComponent(escaped));
}
