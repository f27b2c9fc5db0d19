import type { Sharp, SharpOptions } from 'sharp';
import { untilAborted } from '../../helpers/until-aborted.ts';
import { type ImageFacts, imageFacts, type ImageType } from './image-size.ts';

/** What the Messages API takes: 5 MB of base64, and 8,000 pixels a side. @see docs/internals/facts/messages-api.md, section 9 */
const MAX_BYTES = Math.floor((5 * 1024 * 1024 * 3) / 4);
const MAX_SIDE = 8000;
/** A request of more than 20 images takes no larger ones, and a conversation may come to that. */
const WANTED_SIDE = 2000;
/** About 100 megapixels: what is larger would take gigabytes to scale. */
const MAX_PIXELS = 100_000_000;
const INSTALL = 'install the package sharp (npm install sharp)';

/** An image as it is sent. */
export type FittedImage = {
  data: Uint8Array;
  type: ImageType;
  width: number;
  height: number;
  original: { width: number; height: number };
};

type SharpFactory = (input: Uint8Array, o: SharpOptions) => Sharp;

/**
 * Makes an image one that the API takes: scaled down if it is too large, where the optional package sharp is installed.
 * `name` is what messages call it. @throws Error for what is broken, and for what is too large to be sent as it is without sharp
 */
export async function fitImage(
  data: Uint8Array,
  { name, signal, load = loadSharp }: { name: string; signal: AbortSignal; load?: typeof loadSharp },
): Promise<FittedImage> {
  const facts = imageFacts(data);
  if (facts?.whole !== true) throw new Error(`${name} is a damaged image: it is cut off, or its size cannot be read.`);
  const sharp = await load();
  const { width, height, type } = facts;
  const size = `${width} × ${height} pixels, ${data.byteLength} bytes`;
  if (sharp !== undefined && width * height > MAX_PIXELS)
    throw new Error(`${name} is too large to be shown (${size}). Scale it down with a command first.`);
  if (sharp === undefined) {
    if (Math.max(width, height) <= MAX_SIDE && data.byteLength <= MAX_BYTES)
      return { data, type, width, height, original: { width, height } };
    throw new Error(
      `${name} is too large to be sent (${size}; at most ${MAX_SIDE} pixels a side and ${MAX_BYTES} bytes). To have such images scaled, ${INSTALL}; or scale it down with a command.`,
    );
  }
  try {
    return await untilAborted(scale(sharp, data, facts), signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new Error(`${name} is a damaged image, and cannot be shown.`, { cause });
  }
}

/** Undefined where it is not installed. */
async function loadSharp(): Promise<SharpFactory | undefined> {
  try {
    const { default: sharp } = await import('sharp');
    // Nothing of an image is kept for later.
    sharp.cache(false);
    return sharp;
  } catch {
    return undefined;
  }
}

async function scale(sharp: SharpFactory, data: Uint8Array, facts: ImageFacts): Promise<FittedImage> {
  const { type, width, height } = facts;
  const original = { width, height };
  const open = (): Sharp => sharp(data, { failOn: 'error', limitInputPixels: MAX_PIXELS });
  if (Math.max(width, height) <= WANTED_SIDE && data.byteLength <= MAX_BYTES) {
    // Decoded all the same: what is broken inside would be refused by the API, with all that follows.
    await open().resize(1, 1).raw().toBuffer();
    return { data, type, width, height, original };
  }
  for (let side = WANTED_SIDE; ; side = Math.floor(side / 2)) {
    const small = open().autoOrient().resize(side, side, { fit: 'inside', withoutEnlargement: true });
    // A photograph stays one; what may have transparency or sharp edges is PNG while that is small enough.
    const tries: [ImageType, Sharp][] =
      type === 'image/jpeg'
        ? [['image/jpeg', small.clone().jpeg({ quality: 85 })]]
        : [
            ['image/png', small.clone().png()],
            ['image/jpeg', small.clone().flatten({ background: 'white' }).jpeg({ quality: 85 })],
          ];
    for (const [as, pipeline] of tries) {
      const { data: scaled, info } = await pipeline.toBuffer({ resolveWithObject: true });
      if (scaled.byteLength <= MAX_BYTES)
        return { data: scaled, type: as, width: info.width, height: info.height, original };
    }
  }
}
