import { gunzipSync } from 'node:zlib';
import { Refusal } from '../refusals/refusal.ts';

/** A body as it was before it was compressed for the way here, or why it cannot be had. */
export type DecodedBody = { body: string | Uint8Array | undefined; refusal: Refusal | undefined };

/** Undoes `content-encoding: gzip`; which encodings the API takes besides is not documented, so any other is refused. */
export function decodeBody(
  body: string | Uint8Array | undefined,
  o: { encoding: string | undefined; maxBytes: number },
): DecodedBody {
  const encoding = (o.encoding ?? '').trim().toLowerCase();
  if (body === undefined || encoding === '' || encoding === 'identity') return { body, refusal: undefined };
  if (encoding !== 'gzip') {
    return refused(`content-encoding: '${encoding}' is not supported`, 400, 'request_body_encoding_unsupported');
  }
  try {
    return { body: gunzipSync(body, { maxOutputLength: o.maxBytes }), refusal: undefined };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      const message = `Request exceeds the maximum size of ${o.maxBytes} bytes once it is decoded`;
      return refused(message, 413, 'request_body_too_large_after_decoding');
    }
    if (typeof code === 'string' && code.startsWith('Z_')) {
      return refused('The request body is not valid for its content-encoding', 400, 'request_body_encoding_invalid');
    }
    throw error;
  }
}

function refused(message: string, status: number, errorCode: string): DecodedBody {
  return { body: undefined, refusal: new Refusal(message, { status, details: { error_code: errorCode } }) };
}
