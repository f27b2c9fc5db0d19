import { z } from 'zod';
import { HttpError } from '../http/http-error.ts';

const MAX_PAIRS = 16;
const MAX_KEY_CHARS = 64;
const MAX_VALUE_CHARS = 512;

/** What a client notes with a thing. Its bounds are checked by `patchMetadata`, whose errors have a code. */
export type Metadata = Record<string, string>;

export const MetadataInput = keyed(z.record(z.string(), z.string()));
/** null deletes a key. */
export const MetadataPatch = keyed(z.record(z.string(), z.string().nullable()));

/** Metadata after a patch; of `{}` for a new thing. @throws HttpError 400 `invalid_metadata` past its bounds */
export function patchMetadata(metadata: Metadata, patch: z.infer<typeof MetadataPatch> | undefined | null): Metadata {
  const merged = new Map(Object.entries(metadata));
  for (const [key, value] of Object.entries(patch ?? {})) {
    if (value === null) {
      merged.delete(key);
      continue;
    }
    if (key === '' || key.length > MAX_KEY_CHARS) throw invalid(`a key has 1 to ${MAX_KEY_CHARS} characters`);
    if (value.length > MAX_VALUE_CHARS)
      throw invalid(`the value of ${key} has more than ${MAX_VALUE_CHARS} characters`);
    merged.set(key, value);
  }
  if (merged.size > MAX_PAIRS) throw invalid(`there are more than ${MAX_PAIRS} pairs`);
  return Object.fromEntries(merged);
}

/** The one key that a record leaves out, and says nothing. */
function keyed<T extends z.ZodType>(record: T) {
  const hasKey = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__');
  return z
    .unknown()
    .refine((value) => !hasKey(value), '__proto__ cannot be a key')
    .pipe(record);
}

function invalid(problem: string): HttpError {
  return new HttpError(400, `metadata: ${problem}`, { details: { error_code: 'invalid_metadata' } });
}
