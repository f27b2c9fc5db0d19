import { z } from 'zod';
import { base64, base64Image, MAX_TEXT, text, urlSource } from '../content-fields.ts';

// Content that clients send: of messages, and of results of tools. Strict: a key that is not known is told by name.

const MAX_BLOCKS = 1_000;

const file = z.strictObject({ type: z.literal('file'), file_id: z.string().max(200) });
const label = z.string().max(500).nullish();

const textBlock = z.strictObject({ type: z.literal('text'), text });

const imageBlock = z.strictObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [base64Image, urlSource, file]),
});

const documentBlock = z.strictObject({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('base64'), media_type: z.literal('application/pdf'), data: base64 }),
    z.strictObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: text }),
    urlSource,
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
