import type { Entry, Seq } from '../log/entries.ts';
import type { SDKMessage } from '../messages.ts';
import { sdkMessagesView } from './to-sdk-messages.ts';

/** A message of the conversation: a prompt, a block of an answer, a tool's result. */
export type TranscriptMessage = Extract<SDKMessage, { type: 'user' | 'assistant' }>;

/**
 * The conversation as it stands: prompts that a turn took, answers that were not superseded, results; oldest first. What the conversation
 * was rewound past is left out.
 */
export function toTranscript(sessionId: string, entries: readonly Entry[]): TranscriptMessage[] {
  const state = sdkMessagesView.init({ id: sessionId, door: true });
  let told: { seq: Seq; message: TranscriptMessage }[] = [];
  const dropped = new Set<string>();
  for (const entry of entries) {
    if (entry.kind === 'rewind') {
      for (const uuid of entry.prompts ?? []) dropped.add(uuid);
      told = told.filter(({ seq, message }) => seq <= entry.to || 'isReplay' in message);
    }
    for (const message of sdkMessagesView.entry(state, entry)) {
      if (message.type === 'system' && message.subtype === 'prompt_withdrawn') dropped.add(message.prompt_uuid);
      if (message.type !== 'user' && message.type !== 'assistant') continue;
      if (message.parent_tool_use_id !== null) continue;
      if (message.type === 'assistant') for (const uuid of message.supersedes ?? []) dropped.add(uuid);
      told.push({ seq: entry.seq, message });
    }
  }
  return told.flatMap(({ message }) => (message.uuid !== undefined && dropped.has(message.uuid) ? [] : [message]));
}
