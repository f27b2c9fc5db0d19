/** The type of a body, as its header says: `text/html`, in lower case, without parameters; empty if it says nothing. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

const TEXT_TYPES =
  /^(text\/.+|application\/(.+\+)?(json|xml|yaml|toml|javascript|ecmascript|x-ndjson|x-yaml|sql|graphql|rtf)|.+\+(json|xml|yaml))$/;

/** Whether a body of this type is text, or may be: without a type, its bytes tell. */
export function isReadable(contentType: string | undefined): boolean {
  const type = mediaType(contentType);
  return type === '' || TEXT_TYPES.test(type);
}

export function isHtml(contentType: string | undefined, text: string): boolean {
  const type = mediaType(contentType);
  if (type === 'text/html' || type === 'application/xhtml+xml') return true;
  return type === '' && /^\s*(<!doctype html|<html)/i.test(text.slice(0, 1_000));
}

const MARKS: readonly [bytes: readonly number[], charset: string][] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];
/** How far into a page its own word on its encoding is looked for, as browsers do. */
const DECLARED_WITHIN_BYTES = 1_024;

/**
 * The text of a body, by its byte order mark, else its header, else what the page says of itself, else as UTF-8. Undefined when it is
 * no text at all.
 */
export function decodeText(body: Uint8Array, contentType: string | undefined): string | undefined {
  const mark = MARKS.find(([bytes]) => bytes.every((byte, index) => body[index] === byte))?.[1];
  const charset = mark ?? charsetIn(contentType ?? '') ?? declaredCharset(body) ?? 'utf-8';
  const text = decode(body, charset);
  return text.slice(0, 10_000).includes('\0') ? undefined : text;
}

function charsetIn(text: string): string | undefined {
  return /charset\s*=\s*["']?\s*([\w.:-]{1,40})/i.exec(text)?.[1];
}

/** `<meta charset=…>`, `<meta http-equiv content="…charset=…">` or the XML declaration's encoding. */
function declaredCharset(body: Uint8Array): string | undefined {
  const start = Buffer.from(body.subarray(0, DECLARED_WITHIN_BYTES)).toString('latin1');
  // What could be read as bytes of ASCII is not UTF-16, whatever it says.
  const declared = /<meta[^>]{1,200}charset\s*=\s*["']?\s*([\w.:-]{1,40})/i.exec(start)?.[1];
  const charset = declared ?? /^<\?xml[^>]{1,200}encoding\s*=\s*["']([\w.:-]{1,40})/i.exec(start)?.[1];
  return charset?.toLowerCase().startsWith('utf-16') === true ? 'utf-8' : charset;
}

/** As UTF-8 when nobody knows the encoding. */
function decode(body: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset).decode(body);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new TextDecoder().decode(body);
  }
}
