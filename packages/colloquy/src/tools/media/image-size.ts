/** The images that the Messages API takes. */
export type ImageType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';

export type ImageFacts = {
  type: ImageType;
  width: number;
  height: number;
  /** Its end is there too. What is cut off, the API refuses, and with it every later request of the conversation. */
  whole: boolean;
};

/** The kind of image that begins like this; undefined for anything else. */
export function imageType(head: Uint8Array): ImageType | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  if (bytes.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))) return 'image/png';
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'image/jpeg';
  if (/^GIF8[79]a/.test(bytes.toString('latin1', 0, 6))) return 'image/gif';
  if (/^RIFF.{4}WEBP/s.test(bytes.toString('latin1', 0, 12))) return 'image/webp';
  return undefined;
}

/** Reads the size of an image from its bytes, without decoding it. Undefined for what is no image or is broken. Pure. */
export function imageFacts(data: Uint8Array): ImageFacts | undefined {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const type = imageType(bytes);
  if (type === undefined) return undefined;
  try {
    const { width, height, whole } = READERS[type](bytes);
    return width > 0 && height > 0 ? { type, width, height, whole } : undefined;
  } catch (error) {
    // It ends before the size comes.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

type Reader = (bytes: Buffer) => { width: number; height: number; whole: boolean };

const READERS: Readonly<Record<ImageType, Reader>> = {
  'image/png': (bytes) => ({
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    whole: bytes.toString('latin1', 12, 16) === 'IHDR' && bytes.includes('IEND', -64, 'latin1'),
  }),
  'image/gif': (bytes) => ({
    width: bytes.readUInt16LE(6),
    height: bytes.readUInt16LE(8),
    whole: bytes.subarray(-64).includes(0x3b),
  }),
  'image/jpeg': readJpeg,
  'image/webp': readWebp,
};

/** A JPEG is a chain of segments; the one that begins a frame holds the size. */
function readJpeg(bytes: Buffer): ReturnType<Reader> {
  for (let at = 2; ;) {
    if (bytes.readUInt8(at) !== 0xff) return { width: 0, height: 0, whole: false };
    const marker = bytes.readUInt8(at + 1);
    // Any number of fill bytes may stand before a marker.
    if (marker === 0xff) at += 1;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7), whole: hasJpegEnd(bytes) };
    } else at += 2 + Math.max(2, bytes.readUInt16BE(at + 2));
  }
}

/** Cameras put things behind the end. */
function hasJpegEnd(bytes: Buffer): boolean {
  return bytes.lastIndexOf(Buffer.from([0xff, 0xd9])) > 2;
}

function readWebp(bytes: Buffer): ReturnType<Reader> {
  const whole = bytes.readUInt32LE(4) + 8 <= bytes.byteLength;
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff, whole };
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, whole };
    }
    case 'VP8X':
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1, whole };
    default:
      return { width: 0, height: 0, whole: false };
  }
}
