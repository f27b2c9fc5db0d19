import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { HttpError } from './http-error.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};

/** A file of the page: at the top, or in `assets/`. Names begin with a letter or digit, so there is no `..` and no hidden file. */
const PAGE_PATH = /^\/(?:assets\/)?[A-Za-z0-9][A-Za-z0-9_.-]*\.[a-z0-9]+$/;

const NOT_BUILT = 'The web page of this server is not built. script/server builds it and starts the server with it.\n';

/** Whether a path belongs to the page, which holds no data and needs no credential. */
export function isPagePath(path: string): boolean {
  return path === '/' || PAGE_PATH.test(path);
}

/** The response to a path of the page. @throws HttpError 404 */
export async function servePage(path: string, webRoot: string | undefined): Promise<Response> {
  const file = webRoot === undefined ? undefined : await readWithin(webRoot, path === '/' ? '/index.html' : path);
  if (file === undefined && path === '/')
    return new Response(NOT_BUILT, { status: 503, headers: { 'content-type': 'text/plain; charset=utf-8' } });
  if (file === undefined) throw new HttpError(404, `There is no ${path} on this server`);
  const extension = path === '/' ? '.html' : extname(path);
  return new Response(file, {
    headers: {
      'content-type': CONTENT_TYPES[extension] ?? 'application/octet-stream',
      // The build puts a hash of the content into the names below assets/.
      'cache-control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    },
  });
}

/** The file, or undefined when there is none, or when a link leads out of the folder. */
async function readWithin(root: string, path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const [folder, file] = await Promise.all([realpath(root), realpath(join(root, path))]);
    return file.startsWith(folder + sep) ? await readFile(file) : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.has(String(error.code))) return undefined;
    throw error;
  }
}

const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG']);
