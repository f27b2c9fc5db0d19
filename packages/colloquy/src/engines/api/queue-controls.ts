import { randomUUID } from 'node:crypto';
import { ConfigurationError } from '../../errors.ts';
import { entriesOf } from '../../log/entries-of.ts';
import type { NewEntry } from '../../log/entries.ts';
import type { QueuedPrompt } from '../../log/fold.ts';
import { isTaskNotification } from '../../turn/tell-task.ts';
import type { Controls } from '../engine.ts';
import { promptContent } from '../user-message.ts';
import type { ApiSession } from './api-session.ts';
import { inOrder } from './pick-prompts.ts';

// The prompts that wait, and what can be done with them. A turn may take one at any moment: whoever has the key `take:<seq>` has it.

/** The prompts that people and programs have given, in the order in which turns will take them. */
export function listQueue(session: ApiSession): Controls['queue']['result'] {
  return inOrder(session.state.queue).map(({ uuid, seq, content, priority, by, at }) => ({
    uuid,
    seq,
    content,
    priority,
    by,
    at,
  }));
}

/** Takes a prompt from the queue, unless a turn took it in the same moment. */
export async function withdraw(
  session: ApiSession,
  { seq }: Pick<QueuedPrompt, 'seq'>,
  by: string,
): Promise<Controls['withdraw']['result']> {
  const appended = await session.log.input([withdrawal(seq, by)], { sync: 'now' });
  return appended.ok ? { withdrawn: true, seq: appended.entries.at(-1)?.seq } : { withdrawn: false };
}

/** The prompt that waits under this uuid; what the engine says of background work is nobody's prompt. */
export function waitingPrompt({ state }: ApiSession, uuid: string): QueuedPrompt | undefined {
  return state.queue.find((prompt) => prompt.uuid === uuid && !isTaskNotification(prompt));
}

/** Another prompt in the place of one that waits: both change together, or nothing does. */
export async function editPrompt(
  session: ApiSession,
  { uuid, content, priority, newUuid, by = session.setup.by }: Controls['editPrompt']['args'],
): Promise<Controls['editPrompt']['result']> {
  const own = newUuid ?? randomUUID();
  const changed = content === undefined ? undefined : promptContent(content);
  if (priority !== undefined && !PRIORITIES.has(priority))
    throw new ConfigurationError('The priority of a prompt must be now, next or later');
  const old = waitingPrompt(session, uuid);
  // It may be the same edit, sent again.
  if (old === undefined) return (await promptNamed(session, newUuid)) ?? { taken: true };
  const prompt: NewEntry & { kind: 'prompt' } = {
    kind: 'prompt',
    uuid: own,
    content: changed ?? old.content,
    by,
    origin: old.origin,
    priority: priority ?? old.priority,
    startsTurn: old.startsTurn,
    replaces: old.seq,
    once: `key:${own}`,
  };
  // The new one first, so that it takes the place of the old one.
  const appended = await session.log.input([prompt, withdrawal(old.seq, by)], { sync: 'now' });
  if (appended.ok) return { uuid: own, seq: appended.entries[0]?.seq ?? 0 };
  const { winner } = appended;
  return winner.kind === 'prompt' ? { uuid: winner.uuid, seq: winner.seq } : { taken: true };
}

async function promptNamed(
  { store, id }: ApiSession,
  uuid: string | undefined,
): Promise<{ uuid: string; seq: number } | undefined> {
  if (uuid === undefined) return undefined;
  for await (const entry of entriesOf(store, id))
    if (entry.kind === 'prompt' && entry.uuid === uuid) return { uuid, seq: entry.seq };
  return undefined;
}

const PRIORITIES: ReadonlySet<unknown> = new Set(['now', 'next', 'later']);

function withdrawal(seq: number, by: string): NewEntry & { kind: 'prompt_withdrawn' } {
  return { kind: 'prompt_withdrawn', prompt: seq, by, once: `take:${seq}` };
}
