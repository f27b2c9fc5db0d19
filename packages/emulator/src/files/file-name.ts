import { refuse } from '../refusals/refusal.ts';

const MAX_CHARS = 255;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN = /[<>:"|?*\u0000-\u001F]/;

const ENDINGS: Readonly<Record<string, string>> = {
  'application/json': '.json',
  'application/pdf': '.pdf',
  'image/gif': '.gif',
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/webp': '.webp',
  'text/csv': '.csv',
  'text/html': '.html',
  'text/markdown': '.md',
  'text/plain': '.txt',
};

/** The name under which an upload is kept: the last part of the path it came with; `unnamed` for none. @throws Refusal. */
export function fileName(given: string | undefined, mimeType: string): string {
  const last = (given ?? '').split(/[/\\]/).at(-1) ?? '';
  const name = last === '' ? `unnamed${ENDINGS[mimeType] ?? ''}` : last;
  if (name.length > MAX_CHARS) refuse(`file: the filename must have at most ${MAX_CHARS} characters`);
  if (FORBIDDEN.test(name)) refuse('file: the filename holds a forbidden character');
  return name;
}
