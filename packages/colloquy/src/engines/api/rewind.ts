import { ConfigurationError } from '../../errors.ts';
import type { Entry, NewEntry, Seq } from '../../log/entries.ts';
import { entriesOf } from '../../log/entries-of.ts';
import { emptyState, foldEntry, isRewound, type SessionState } from '../../log/fold.ts';
import type { ApiSession } from './api-session.ts';

/**
 * Lets the conversation go on from before a prompt; no turn may run meanwhile. What is dropped stays in the log, and what it cost stays
 * spent; files and settings are left as they are.
 * @throws ConfigurationError for a prompt that no turn that counts has taken
 */
export async function rewind(session: ApiSession, { to, by }: { to: string; by: string }): Promise<{ seq: Seq }> {
  const fact = await rewindFact(session, to);
  const appended = await session.log.append([{ ...fact, by }], { sync: 'now' });
  return { seq: appended.ok ? (appended.entries.at(-1)?.seq ?? 0) : 0 };
}

type RewindFact = NewEntry & { kind: 'rewind' };

/** Where the turn that took the prompt began, with what was so then, and the prompts that it and later ones took. */
async function rewindFact({ store, id, log, state: { rewound } }: ApiSession, uuid: string): Promise<RewindFact> {
  const state = emptyState();
  const uuids = new Map<Seq, string>();
  let before: RewindFact | undefined;
  let found: RewindFact | undefined;
  let previous: Entry | undefined;
  for await (const entry of entriesOf(store, id, { upTo: log.head })) {
    if (isRewound(rewound, entry)) continue;
    if (entry.kind === 'prompt') uuids.set(entry.seq, entry.uuid);
    if (entry.kind === 'turn_start' && entry.thread === 'main') before ??= factBefore(state, entry, previous, uuid);
    if (entry.kind === 'prompt_taken') {
      const taken = uuids.get(entry.prompt) ?? '';
      before?.prompts?.push(taken);
      if (taken === uuid) found = before;
    }
    // A turn before the one that is looked for.
    if (entry.kind === 'turn_end' && entry.thread === 'main' && found === undefined) before = undefined;
    if (found === undefined) foldEntry(state, entry);
    previous = entry;
  }
  if (found === undefined)
    throw new ConfigurationError(`Session ${id} has no prompt ${uuid} that a turn has taken, and that still counts`);
  return found;
}

function factBefore(
  { toolState, deferred }: SessionState,
  { seq }: Entry,
  previous: Entry | undefined,
  prompt: string,
): RewindFact {
  // What the model is told of its place comes right before the turn that it is for.
  const isForTurn = previous?.kind === 'context' && previous.source === 'environment' && previous.seq === seq - 1;
  const to = seq - (isForTurn ? 2 : 1);
  return { kind: 'rewind', to, from: seq, prompt, prompts: [], toolState, deferred };
}
