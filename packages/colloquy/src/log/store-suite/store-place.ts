import type { Fact, Input, NewEntry } from '../entries.ts';
import type { Appended, Lease, Store } from '../store.ts';

/** A place where sessions can be kept, new and empty. */
export type StorePlace = {
  /** Opens it; a second time as another process would. Memory, which no other process can open, gives the same store. */
  open(): Promise<Store>;
  /** Whether what was kept is there again when it is opened after all stores were closed. */
  survivesClosing: boolean;
  /** Closes every store that was opened, and removes what they kept. */
  remove(): Promise<void>;
};

export type OpenPlace = () => Promise<StorePlace>;

export const prompt = (text: string): NewEntry<Input> & { kind: 'prompt' } => ({
  kind: 'prompt',
  uuid: `uuid of ${text}`,
  content: [{ type: 'text', text }],
  by: 'tests',
  origin: null,
  priority: 'later',
  startsTurn: true,
});
export const turnStart = (turn: string): NewEntry<Fact> => ({
  kind: 'turn_start',
  turn,
  init: { cwd: '/', tools: [1, { a: null }] },
});
export const turnEnd = (turn: string): NewEntry<Fact> => ({
  kind: 'turn_end',
  turn,
  reason: 'end_turn',
  result: 'ä\u{1F642}\u0000"',
});

export async function openSession(place: OpenPlace, id = 's'): Promise<{ place: StorePlace; store: Store }> {
  const made = await place();
  const store = await made.open();
  await store.sessions.create({ id, cwd: '/work' });
  return { place: made, store };
}

export async function claimed(store: Store, id = 's', owner = 'me', ttlMs = 30_000): Promise<Lease> {
  const lease = await store.claim(id, owner, ttlMs);
  if (lease === undefined) throw new Error('not claimed');
  return lease;
}

export function accepted(appended: Appended): Appended & { ok: true } {
  if (!appended.ok) throw new Error(`refused: ${appended.why}`);
  return appended;
}
