import { parseAllowedHost, type WebFetchOptions } from '../../options/web-fetch.ts';
import type { Web } from '../tool.ts';
import { PageCache } from './page-cache.ts';

const DEFAULT_MAX_BYTES = 10_000_000;
const DEFAULT_TIMEOUT_MS = 30_000;

/** The web as one session reaches it. What fetches is loaded with the first page. */
export function createWeb(options: WebFetchOptions = {}): Web {
  const cache = new PageCache();
  const allowed = (options.allowedHosts ?? []).flatMap((text) => parseAllowedHost(text) ?? []);
  return {
    async read(url, { signal, mayFollow }) {
      const [{ readPage }, { openConnection, resolveHost }] = await Promise.all([
        import('./read-page.ts'),
        import('./open-connection.ts'),
      ]);
      const world = {
        resolve: options.resolve ?? resolveHost,
        connect: options.connect ?? openConnection,
        allowed,
        maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
        timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        mayFollow,
      };
      return readPage(url, { cache, world, signal });
    },
  };
}
