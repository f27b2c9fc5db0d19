import type { Entry, Seq } from './entries.ts';
import type { Store } from './store.ts';

const PAGE = 1_000;

/** The entries of a session after a place, oldest first; with `upTo`, those up to it. A page is held at a time. */
export async function* entriesOf(
  store: Pick<Store, 'read'>,
  id: string,
  { after = 0, upTo }: { after?: Seq | undefined; upTo?: Seq | undefined } = {},
): AsyncGenerator<Entry, void, void> {
  for (let last = after; upTo === undefined || last < upTo;) {
    const page = await store.read(id, { after: last, upTo, limit: PAGE });
    const newest = page.at(-1)?.seq;
    if (newest === undefined) return;
    yield* page;
    last = newest;
  }
}
