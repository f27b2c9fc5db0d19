import { ApiKeys, type NewApiKey } from './auth/api-keys.ts';
import { type KeyObject, toKeyObject } from './auth/key-object.ts';
import { createStoredLink } from './auth/stored-links.ts';
import { listListening } from './store/listening.ts';
import { openTables } from './store/tables.ts';

/** The credentials of a data folder, whether a server runs on it or not; one that runs minds at once what is changed here. */
export type Management = AsyncDisposable & {
  /** The secret is told here and never again. @throws ConfigurationError */
  createKey(key: NewApiKey): Promise<KeyObject & { secret: string }>;
  /** Newest first; revoked ones stay listed. */
  listKeys(): Promise<KeyObject[]>;
  /** By id or name; undefined when there is none in use. */
  revokeKey(idOrName: string): Promise<KeyObject | undefined>;
  /** A link for each server that runs here, newest first, or for the origin given. Each signs one browser in, once, within ten minutes. */
  createLinks(origin?: string): Promise<string[]>;
};

/** Opens `server.db` in a data folder, to manage who gets in. */
export async function openManagement(dataFolder: string): Promise<Management> {
  const tables = await openTables(dataFolder);
  const keys = new ApiKeys(() => Promise.resolve(tables));
  return {
    async createKey(given) {
      const { key, secret } = await keys.create(given);
      return { ...toKeyObject(key), secret };
    },
    listKeys: async () => (await keys.list()).map(toKeyObject),
    async revokeKey(idOrName) {
      const key = await keys.revoke(idOrName);
      return key === undefined ? undefined : toKeyObject(key);
    },
    async createLinks(origin) {
      const origins =
        origin === undefined ? (await listListening(tables)).map((server) => server.origin) : [new URL(origin).origin];
      const links: string[] = [];
      for (const at of origins) links.push(`${at}/#token=${await createStoredLink(tables)}`);
      return links;
    },
    [Symbol.asyncDispose]: () => tables.destroy(),
  };
}
