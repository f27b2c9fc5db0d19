import { refuse } from '../refusals/refusal.ts';

/** One field of a form; `filename` is there for files only. */
export type FormPart = {
  name: string;
  filename: string | undefined;
  contentType: string | undefined;
  bytes: Uint8Array;
};

/** The parts of a `multipart/form-data` body. @throws Refusal when it is none, or is broken. @see RFC 7578, RFC 2046 5.1 */
export function parseForm(body: Uint8Array, contentType: string | undefined): FormPart[] {
  const boundary = boundaryOf(contentType);
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const parts: FormPart[] = [];
  // The first delimiter may stand at the very beginning, without a line end before it.
  const opening = buffer.indexOf(`--${boundary}`);
  if (opening === -1) refuse('The form has no part');
  let at = opening + boundary.length + 2;
  while (buffer.toString('latin1', at, at + 2) !== '--') {
    const from = buffer.indexOf('\r\n', at);
    const end = from === -1 ? -1 : buffer.indexOf(delimiter, from);
    if (end === -1) refuse('The form breaks off');
    parts.push(partOf(buffer.subarray(from + 2, end)));
    at = end + delimiter.length;
  }
  return parts;
}

function boundaryOf(contentType: string | undefined): string {
  const [, quoted, plain] =
    /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType ?? '') ?? [];
  return quoted ?? plain ?? refuse('content-type: Input should be multipart/form-data with a boundary');
}

/** Headers, an empty line, and the value. */
function partOf(bytes: Buffer): FormPart {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) refuse('A part of the form has no end of its headers');
  const headers = new Map(
    bytes
      .toString('utf8', 0, end)
      .split('\r\n')
      .map((line) => [line.slice(0, line.indexOf(':')).trim().toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const disposition = headers.get('content-disposition') ?? '';
  const name = parameterOf(disposition, 'name') ?? refuse('A part of the form has no name');
  return {
    name,
    filename: parameterOf(disposition, 'filename'),
    contentType: headers.get('content-type'),
    bytes: bytes.subarray(end + 4),
  };
}

/** Browsers and Node write quotes and line ends inside a name as %22, %0D and %0A, and nothing else. */
function parameterOf(disposition: string, name: string): string | undefined {
  const value = new RegExp(String.raw`;\s*${name}="([^"]*)"`, 'i').exec(disposition)?.[1];
  return value?.replaceAll(/%(22|0D|0A)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
