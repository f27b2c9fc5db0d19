import { z } from 'zod';

// What the content that clients send is made of, at every door.

/** Characters of a text; a session's prompts are bounded by it too. */
export const MAX_TEXT = 10_000_000;

export const text = z
  .string()
  .max(MAX_TEXT)
  .refine((value) => value.trim() !== '', 'must not be empty');

export const base64 = z.base64().max(MAX_TEXT * 3);

export const urlSource = z.strictObject({ type: z.literal('url'), url: z.httpUrl().max(8_192) });

/** An image within the request. */
export const base64Image = z.strictObject({
  type: z.literal('base64'),
  media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
  data: base64,
});
