import { derivedUuid } from '../helpers/derived-uuid.ts';
import type { Entry, Seq } from '../log/entries.ts';
import type { SDKCommandLifecycleMessage } from '../messages.ts';

/** The prompts that no turn has taken, by their place in the log. */
export type LifecycleState = Map<Seq, string>;

/** Tells of each prompt when a turn takes it and when it is withdrawn. Prompts older than the view itself are not told. */
export function foldLifecycle(
  state: LifecycleState,
  sessionId: string,
  entry: Entry,
): readonly SDKCommandLifecycleMessage[] {
  if (entry.kind === 'prompt') state.set(entry.seq, entry.uuid);
  if (entry.kind !== 'prompt_taken' && entry.kind !== 'prompt_withdrawn') return [];
  const command_uuid = state.get(entry.prompt);
  if (command_uuid === undefined) return [];
  state.delete(entry.prompt);
  const what = entry.kind === 'prompt_taken' ? 'started' : 'cancelled';
  return [
    {
      type: 'command_lifecycle',
      command_uuid,
      state: what,
      uuid: derivedUuid(sessionId, entry.seq, 1),
      session_id: sessionId,
    },
  ];
}
