import { isOwnerAlive, newOwner } from 'colloquy/internal';
import type { Tables } from './tables.ts';

/** A server that runs on this data folder, as far as can be told from here. */
export type Listening = { origin: string; since: number };

/** Lets other processes know under which origin this one serves; the function that resolves takes it back. */
export async function announce(tables: Tables, origin: string): Promise<() => Promise<void>> {
  const owner = newOwner();
  await tables.insertInto('listening').values({ owner, origin, since: Date.now() }).execute();
  return async () => {
    await tables.deleteFrom('listening').where('owner', '=', owner).execute();
  };
}

/** Who runs, newest first. Servers whose process has ended without a word are struck off. */
export async function listListening(tables: Tables): Promise<Listening[]> {
  const rows = await tables.selectFrom('listening').selectAll().orderBy('since', 'desc').execute();
  const gone = rows.filter(({ owner }) => isOwnerAlive(owner) === false);
  for (const { owner } of gone) await tables.deleteFrom('listening').where('owner', '=', owner).execute();
  return rows.filter((row) => !gone.includes(row)).map(({ origin, since }) => ({ origin, since }));
}
