import { z } from 'zod';

/**
 * A field that the API has and this server does not do. What says nothing is taken: absent, null, an empty list; anything else is a 400
 * with the field's name and the reason.
 */
export function unsupported(why: string): z.ZodType<undefined> {
  return z
    .unknown()
    .optional()
    .refine(saysNothing, `is not supported by this server: ${why}`)
    .transform(() => undefined);
}

function saysNothing(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}
