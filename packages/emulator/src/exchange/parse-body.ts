import { refuse } from '../refusals/refusal.ts';

/** A request's body; `value` is the JSON in it, or undefined when it is none. */
export type ParsedBody = { raw: Uint8Array; value: unknown; bytes: number; isJson: boolean; maxBytes: number };

const EMPTY = new Uint8Array();

/** Reads the JSON of a body. One that is too large, or `isForm`, is left alone. */
export function parseBody(body: string | Uint8Array | undefined, o: { maxBytes: number; isForm: boolean }): ParsedBody {
  const bytes = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  const raw = typeof body === 'string' ? (o.isForm ? Buffer.from(body) : EMPTY) : (body ?? EMPTY);
  const parsed: ParsedBody = { raw, value: undefined, bytes, isJson: false, maxBytes: o.maxBytes };
  if (body === undefined || o.isForm || bytes > o.maxBytes) return parsed;
  try {
    const text = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, bytes).toString('utf8');
    return { ...parsed, value: JSON.parse(text), isJson: true };
  } catch (error) {
    if (error instanceof SyntaxError) return parsed;
    throw error;
  }
}

/** The JSON of a body. @throws Refusal when there is none. */
export function jsonOf(body: ParsedBody): unknown {
  return body.isJson ? body.value : refuse('The request body is not valid JSON');
}
