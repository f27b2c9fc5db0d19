/** How a text is written down in bytes. */
export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

export type DecodedText = {
  /** Without the byte order mark. */
  text: string;
  encoding: TextEncoding;
  /** Whether a byte order mark stands before it. */
  marked: boolean;
  /** Some bytes are no text in this encoding, so that writing the text back would change them. */
  damaged: boolean;
};

const HEAD_BYTES = 8192;
/** Of a text at most this part are control characters. */
const MAX_CONTROL_PART = 0.1;

const MARKS: readonly { encoding: TextEncoding; bytes: readonly number[] }[] = [
  { encoding: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
];

/** What Windows-1252 has from 0x80 to 0x9f; elsewhere it is Latin-1. @see https://encoding.spec.whatwg.org/#windows-1252 */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** The encoding that a byte order mark tells; undefined without one. UTF-32 has none that counts here: it is no text for us. */
export function markedEncoding(head: Uint8Array): TextEncoding | undefined {
  // The mark of UTF-32 begins with that of UTF-16.
  if (head[0] === 0xff && head[1] === 0xfe && head[2] === 0 && head[3] === 0) return undefined;
  return MARKS.find(({ bytes }) => bytes.every((byte, at) => head[at] === byte))?.encoding;
}

/** Whether what begins like this is no text: it holds NUL bytes, or too many other control characters. */
export function isBinary(beginning: Uint8Array): boolean {
  const marked = markedEncoding(beginning);
  if (marked === 'utf-16le' || marked === 'utf-16be') return false;
  const head = beginning.subarray(0, HEAD_BYTES);
  if (head.includes(0)) return true;
  let controls = 0;
  for (const byte of head) if (byte < 32 && (byte < 7 || byte > 13) && byte !== 27) controls++;
  return controls > head.byteLength * MAX_CONTROL_PART;
}

/** Reads a whole text. What is neither marked nor valid UTF-8, nor mostly UTF-8, is taken as Windows-1252. */
export function decodeText(bytes: Uint8Array): DecodedText {
  const encoding = markedEncoding(bytes);
  if (encoding === 'utf-16le' || encoding === 'utf-16be') {
    const text = new TextDecoder(encoding).decode(bytes);
    const damaged = bytes.byteLength % 2 === 1 || !isSame(encodeText(text, { encoding, marked: true }), bytes);
    return { text, encoding, marked: true, damaged };
  }
  const utf8 = decodeUtf8(bytes);
  return { ...utf8, marked: encoding === 'utf-8' };
}

/** Reads bytes that are not in UTF-16. */
function decodeUtf8(bytes: Uint8Array): Omit<DecodedText, 'marked'> {
  const text = new TextDecoder('utf-8').decode(bytes);
  if (!text.includes('\uFFFD') || isSame(Buffer.from(text), withoutMark(bytes)))
    return { text, encoding: 'utf-8', damaged: false };
  let invalid = 0;
  let valid = 0;
  for (const char of text) {
    if (char === '\uFFFD') invalid++;
    else if (char > '\x7f') valid++;
  }
  const isUtf8 = markedEncoding(bytes) === 'utf-8' || valid >= invalid;
  if (isUtf8) return { text, encoding: 'utf-8', damaged: true };
  return { text: decodeWindows1252(bytes), encoding: 'windows-1252', damaged: false };
}

/** Writes a text down. @throws Error which names a character that the encoding does not have */
export function encodeText(text: string, o: { encoding: TextEncoding; marked: boolean }): Uint8Array {
  const all = o.marked ? `\uFEFF${text}` : text;
  switch (o.encoding) {
    case 'utf-8':
      return Buffer.from(all);
    case 'utf-16le':
      return Buffer.from(all, 'utf16le');
    case 'utf-16be':
      return Buffer.from(all, 'utf16le').swap16();
    case 'windows-1252':
      return encodeWindows1252(text);
    default:
      return o.encoding satisfies never;
  }
}

/** What people call an encoding. */
export function encodingName(encoding: TextEncoding): string {
  return encoding === 'windows-1252' ? 'Windows-1252 (Latin-1)' : encoding.toUpperCase();
}

/** Reads bytes in which every one is a character. */
export function decodeWindows1252(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('latin1')
    .replaceAll(/[\x80-\x9f]/g, (char) => WINDOWS_1252.charAt(char.charCodeAt(0) - 0x80));
}

function encodeWindows1252(text: string): Uint8Array {
  const bytes = Array.from(text, (char) => {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x80 || (code >= 0xa0 && code <= 0xff)) return code;
    const at = WINDOWS_1252.indexOf(char);
    if (at !== -1) return 0x80 + at;
    const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
    throw new Error(
      `The file is in ${encodingName('windows-1252')}, which has no ${char} (${name}). Use other characters, or turn the file into UTF-8 with a command first.`,
    );
  });
  return Uint8Array.from(bytes);
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return markedEncoding(bytes) === 'utf-8' ? bytes.subarray(3) : bytes;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
