import type { Seq } from 'colloquy/internal';
import type { App } from '../app-env.ts';

const PAGE = 500;

/** Who answered a permission request: looked for in the log from the request to the end of its turn. Undefined when nobody did. */
export async function findAnswer(app: App, id: string, request: Seq): Promise<string | undefined> {
  const store = await app.engine.store();
  for (let after = request; ;) {
    const entries = await store.read(id, { after, limit: PAGE });
    for (const entry of entries) {
      if (entry.kind === 'permission_answer' && entry.request === request) return entry.by;
      // A subagent's turn lies within one of the session.
      if (entry.kind === 'turn_end' && entry.thread === 'main') return undefined;
    }
    const last = entries.at(-1);
    if (last === undefined) return undefined;
    after = last.seq;
  }
}
