/** What the first bytes of an image say. */
export type ImageFacts = { mediaType: string; width: number; height: number };

/** The kind and size of an image, or undefined when its bytes are of no kind that the API takes. */
export function imageFacts(bytes: Buffer): ImageFacts | undefined {
  if (bytes.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n') return pngFacts(bytes);
  if (/^GIF8[79]a$/.test(bytes.toString('latin1', 0, 6))) return gifFacts(bytes);
  if (bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP') return webpFacts(bytes);
  if (bytes.length > 3 && bytes.readUIntBE(0, 3) === 0xff_d8_ff) return jpegFacts(bytes);
  return undefined;
}

function pngFacts(bytes: Buffer): ImageFacts | undefined {
  if (bytes.length < 24) return undefined;
  return { mediaType: 'image/png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

function gifFacts(bytes: Buffer): ImageFacts | undefined {
  if (bytes.length < 10) return undefined;
  return { mediaType: 'image/gif', width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
}

/** Lossy, lossless and extended files each keep their size elsewhere. @see RFC 9649 */
function webpFacts(bytes: Buffer): ImageFacts | undefined {
  if (bytes.length < 30) return undefined;
  const mediaType = 'image/webp';
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { mediaType, width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return { mediaType, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { mediaType, width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}

/** The size stands in the frame's segment, behind others of any length. @see ITU-T T.81, B.2 */
function jpegFacts(bytes: Buffer): ImageFacts | undefined {
  let at = 2;
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    if (isFrame(marker)) {
      return { mediaType: 'image/jpeg', width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    }
    // A marker may be preceded by any number of fill bytes.
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

/** Frames are C0 to CF, without the tables C4 and CC and the reserved C8. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
