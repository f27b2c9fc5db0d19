import { createHash, type Hash } from 'node:crypto';
import { OtherRequestError } from '../http/http-error.ts';
import { type FormPart, readForm } from '../http/multipart.ts';

/** What the fingerprint of an upload is as long as its bytes have not come. */
export const UNKNOWN_FORM = 'form';

/**
 * Tells one form from another by what is in it, as it streams past: the boundary between the parts is another in every try of a client.
 */
export class FormDigest {
  readonly #hash: Hash;
  #part: Hash | undefined;
  #bytes = 0;
  #whole: string | undefined;

  /** @param request what else of the request counts */
  constructor(request: string) {
    this.#hash = createHash('sha256').update(request);
  }

  /** Of the parts, so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Undefined until the form is whole. */
  get fingerprint(): string | undefined {
    return this.#whole === undefined ? undefined : `${UNKNOWN_FORM} ${this.#bytes} ${this.#whole}`;
  }

  beginPart({ name, filename, contentType }: Omit<FormPart, 'body'>): void {
    this.#endPart();
    this.#hash.update(`${JSON.stringify([name, filename, contentType])}\n`);
    this.#part = createHash('sha256');
  }

  /** What stands before the first part means nothing. */
  piece(bytes: Uint8Array): void {
    if (this.#part === undefined) return;
    this.#part.update(bytes);
    this.#bytes += bytes.byteLength;
  }

  end(): void {
    this.#endPart();
    this.#whole = this.#hash.digest('hex');
  }

  #endPart(): void {
    if (this.#part !== undefined) this.#hash.update(this.#part.digest());
    this.#part = undefined;
  }
}

/**
 * Reads a form to see that it is the one with this fingerprint.
 * @throws OtherRequestError as soon as it is sure to be another; as `readForm`
 */
export async function mustBeForm(request: Request, fingerprint: string, digest: FormDigest): Promise<void> {
  const bytes = Number(fingerprint.split(' ')[1]);
  for await (const { body } of readForm(request, digest)) {
    for await (const piece of body) if (piece.byteLength > 0 && digest.bytes > bytes) throw new OtherRequestError();
  }
  if (digest.fingerprint !== fingerprint) throw new OtherRequestError();
}
