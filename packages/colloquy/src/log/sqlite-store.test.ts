import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { SqliteDriverName } from './sqlite-driver.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';
import { type StorePlace, storeSuite } from './store-suite.ts';

const DRIVERS: readonly SqliteDriverName[] = ['better-sqlite3', 'node:sqlite'];

describe.each(DRIVERS)('on %s', (driver) => {
  storeSuite('the store in SQLite', () => newPlace(driver));
});

async function newPlace(driver: SqliteDriverName): Promise<StorePlace> {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-store-'));
  const opened: Store[] = [];
  return {
    survivesClosing: true,
    async open() {
      const store = await openSqliteStore({ path: join(folder, 'data', 'sessions.db'), driver });
      opened.push(store);
      return store;
    },
    async remove() {
      for (const store of opened) await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
