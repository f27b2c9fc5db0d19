import { checkExpiry, type StoredFile } from '../files/file-store.ts';
import { imageFacts } from '../request/image-facts.ts';
import { isRecord } from '../request/messages-request.ts';
import { checkExtra } from './check-fields.ts';
import { refuse } from './refusal.ts';

const MAX_IMAGE_BYTES = 5 * 1024 * 1024;
const MAX_PIXELS = 8000;
/** With more images than this each must be smaller. */
const MANY_IMAGES = 20;
const MAX_PIXELS_OF_MANY = 2000;
const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

const FIELDS = {
  base64: ['type', 'media_type', 'data'],
  text: ['type', 'media_type', 'data'],
  content: ['type', 'content'],
  url: ['type', 'url'],
  file: ['type', 'file_id'],
} as const;
const OF_IMAGES = ['base64', 'url', 'file'];
const OF_DOCUMENTS = ['base64', 'text', 'content', 'url', 'file'];

/** Finds the files that sources name. */
export type FileLookup = { find(id: string): StoredFile | undefined; nowMs: number };

/** The images of one request: their number and sizes are limited together. */
export class ImageTally {
  readonly #maxImages: number;
  #images = 0;
  #largest = { pixels: 0, place: '' };

  /** @param windowTokens of the model: those with a large window take more images. */
  constructor(windowTokens: number) {
    this.#maxImages = windowTokens >= 1_000_000 ? 600 : 100;
  }

  add(pixels: number, place: string): void {
    this.#images += 1;
    if (pixels > this.#largest.pixels) this.#largest = { pixels, place };
    if (this.#images > this.#maxImages) refuse(`${place}: at most ${this.#maxImages} images are allowed in a request`);
    const limit = this.#images > MANY_IMAGES ? MAX_PIXELS_OF_MANY : MAX_PIXELS;
    if (this.#largest.pixels <= limit) return;
    const when = limit === MAX_PIXELS ? '' : ` when there are more than ${MANY_IMAGES} images`;
    refuse(`${this.#largest.place}: the image is larger than ${limit} pixels in one direction, the maximum${when}`);
  }
}

/** Where an image or a document comes from, and what an image holds. */
export function checkSource(
  block: Record<string, unknown>,
  o: { kind: 'image' | 'document'; place: string; images: ImageTally; files: FileLookup | undefined },
): void {
  const place = `${o.place}.${o.kind}.source`;
  const { source } = block;
  if (!isRecord(source)) refuse(`${place}: Field required`);
  const types = o.kind === 'image' ? OF_IMAGES : OF_DOCUMENTS;
  const { type } = source;
  if (!isSourceType(type) || !types.includes(type)) refuse(`${place}.type: Input should be one of ${types.join(', ')}`);
  checkExtra(source, FIELDS[type], `${place}.${type}`);
  for (const field of FIELDS[type]) {
    if (field !== 'content' && typeof source[field] !== 'string') refuse(`${place}.${type}.${field}: Field required`);
  }
  switch (type) {
    case 'base64':
      if (o.kind === 'image') return checkImage(source, `${place}.base64`, o.images);
      return checkPdf(source, `${place}.base64`);
    case 'text':
      if (source.media_type !== 'text/plain') refuse(`${place}.text.media_type: Input should be 'text/plain'`);
      return;
    case 'content':
      if (typeof source.content !== 'string' && !Array.isArray(source.content))
        refuse(`${place}.content.content: Input should be a string or a list of blocks`);
      return;
    case 'url':
      if (!URL.canParse(String(source.url))) refuse(`${place}.url.url: Input should be a valid URL`);
      // What the URL holds is not fetched; it counts as an image of no size.
      if (o.kind === 'image') o.images.add(0, place);
      return;
    case 'file':
      return checkFile(String(source.file_id), { ...o, place: `${place}.file.file_id` });
    default:
      return type satisfies never;
  }
}

function isSourceType(type: unknown): type is keyof typeof FIELDS {
  return typeof type === 'string' && Object.hasOwn(FIELDS, type);
}

function checkImage(source: Record<string, unknown>, place: string, images: ImageTally): void {
  const mediaType = String(source.media_type);
  if (!IMAGE_TYPES.includes(mediaType)) refuse(`${place}.media_type: Input should be one of ${IMAGE_TYPES.join(', ')}`);
  const data = base64Of(source.data, `${place}.data`);
  if (data.length > MAX_IMAGE_BYTES)
    refuse(`${place}: image exceeds 5 MB maximum: ${data.length} bytes > ${MAX_IMAGE_BYTES} bytes`);
  const facts = imageFacts(Buffer.from(data, 'base64')) ?? refuse(`${place}.data: Could not process image`);
  if (facts.mediaType !== mediaType)
    refuse(`${place}.media_type: the image is said to be ${mediaType}, but its bytes are those of ${facts.mediaType}`);
  images.add(Math.max(facts.width, facts.height), place);
}

function checkPdf(source: Record<string, unknown>, place: string): void {
  if (source.media_type !== 'application/pdf') refuse(`${place}.media_type: Input should be 'application/pdf'`);
  const data = base64Of(source.data, `${place}.data`);
  // Readers look for the mark within the first kilobyte; base64 holds three bytes in four characters.
  const start = Buffer.from(data.slice(0, 1368), 'base64').toString('latin1');
  if (!start.includes('%PDF-')) refuse(`${place}.data: The PDF specified was not valid`);
}

function base64Of(data: unknown, place: string): string {
  if (typeof data !== 'string' || data.length % 4 !== 0 || !BASE64.test(data)) refuse(`${place}: Invalid base64 data`);
  return data;
}

function checkFile(
  id: string,
  o: { kind: 'image' | 'document'; place: string; images: ImageTally; files: FileLookup | undefined },
): void {
  const file = o.files?.find(id) ?? refuse(`${o.place}: File not found: ${id}`, { status: 404 });
  checkExpiry(file, o.files?.nowMs ?? 0);
  const allowed = o.kind === 'image' ? IMAGE_TYPES : ['application/pdf', 'text/plain'];
  if (!allowed.includes(file.mimeType))
    refuse(`${o.place}: a file of type ${file.mimeType} cannot be used in a block of type ${o.kind}`);
  if (o.kind === 'image') o.images.add(0, o.place);
}
