import type { WebAnswer, WebPage } from '../tool.ts';
import { decodeText, isHtml, isReadable, mediaType } from './content-type.ts';
import { type Fetched, fetchPage, type FetchWorld } from './fetch-page.ts';
import { htmlToMarkdown } from './html-to-markdown.ts';
import type { PageCache } from './page-cache.ts';

/** Fetches a page, or takes it from the session's cache, as text: HTML as Markdown, other text as it came. */
export async function readPage(
  url: URL,
  o: { cache: PageCache; world: FetchWorld; signal: AbortSignal },
): Promise<WebAnswer> {
  const known = o.cache.get(url.href);
  if (known !== undefined) return { kind: 'page', ...known };
  const fetched = await fetchPage(url, o.world, o.signal);
  if (fetched.kind === 'moved') {
    const { from, to, status: code, statusText: codeText } = fetched;
    return { kind: 'moved', from: from.href, to: to.href, code, codeText };
  }
  const page = await toPage(fetched, o.signal);
  if (page.code === 200) o.cache.set(url.href, page);
  return { kind: 'page', ...page };
}

type Answer = Extract<Fetched, { kind: 'answer' }>;

async function toPage(answer: Answer, signal: AbortSignal): Promise<WebPage> {
  const type = answer.headers['content-type'];
  const text = isReadable(type) ? decodeText(answer.body, type) : undefined;
  const facts = {
    url: answer.url.href,
    code: answer.status,
    codeText: answer.statusText,
    bytes: answer.body.byteLength,
  };
  if (text === undefined) return { ...facts, text: '', notes: [whyNoText(answer)], isText: false };
  const read = isHtml(type, text)
    ? await htmlToMarkdown(text, { url: answer.url.href, signal })
    : { text: text.trim(), cut: false };
  return { ...facts, text: read.text, notes: [...cutNotes(answer), ...(read.cut ? [TOO_LONG] : [])], isText: true };
}

const TOO_LONG = 'The page is very long; only its first part was read.';

function whyNoText({ headers }: Answer): string {
  const type = mediaType(headers['content-type']);
  const length = headers['content-length'];
  const size = length !== undefined && /^\d+$/.test(length) ? `, ${length} bytes` : '';
  const what = isReadable(type) ? 'binary data' : type.slice(0, 100);
  return `It is no text (${what}${size}). Only pages and other text are fetched.`;
}

function cutNotes({ cut, body }: Answer): string[] {
  switch (cut) {
    case 'size':
      return [`The page is longer than ${body.byteLength} bytes; the rest was not read.`];
    case 'time':
      return [`The page took too long; only its first ${body.byteLength} bytes came.`];
    case 'connection':
      return [`The connection broke; only the first ${body.byteLength} bytes of the page came.`];
    case undefined:
      return [];
    default:
      return cut satisfies never;
  }
}
