import { z } from 'zod';

// Content that clients send: of messages, and of results of tools. Strict: a key that is not known is told by name.

const MAX_TEXT = 10_000_000;
const MAX_BLOCKS = 1_000;

const text = z
  .string()
  .max(MAX_TEXT)
  .refine((value) => value.trim() !== '', 'must not be empty');
const base64 = z.base64().max(MAX_TEXT * 3);
const url = z.strictObject({ type: z.literal('url'), url: z.httpUrl().max(8_192) });
const file = z.strictObject({ type: z.literal('file'), file_id: z.string().max(200) });
const label = z.string().max(500).nullish();

const textBlock = z.strictObject({ type: z.literal('text'), text });

const imageBlock = z.strictObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('base64'),
      media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
      data: base64,
    }),
    url,
    file,
  ]),
});

const documentBlock = z.strictObject({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('base64'), media_type: z.literal('application/pdf'), data: base64 }),
    z.strictObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: text }),
    url,
    file,
  ]),
  title: label,
  context: z.string().max(MAX_TEXT).nullish(),
});

const searchResultBlock = z.strictObject({
  type: z.literal('search_result'),
  source: z.string().max(8_192),
  title: z.string().max(MAX_TEXT),
  content: z
    .array(z.strictObject({ type: z.literal('text'), text }))
    .min(1)
    .max(MAX_BLOCKS),
  citations: z.strictObject({ enabled: z.boolean() }),
});

const redacted = z
  .looseObject({ type: z.literal('redacted') })
  .refine(() => false, 'a redacted block stands for something that is gone; it cannot be sent');

/** What a person or program says. */
export const MessageContent = z
  .array(z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock, redacted]))
  .min(1)
  .max(MAX_BLOCKS);

/** What a tool has answered. An empty text is an answer too. */
export const ResultContent = z
  .array(
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('text'), text: z.string().max(MAX_TEXT) }),
      imageBlock,
      documentBlock,
      searchResultBlock,
    ]),
  )
  .max(MAX_BLOCKS);
