import type { Entry } from '../log/entries.ts';
import type { SDKMessage } from '../messages.ts';
import { sdkMessagesView } from './to-sdk-messages.ts';

/** A message of the conversation: a prompt, a block of an answer, a tool's result. */
export type TranscriptMessage = Extract<SDKMessage, { type: 'user' | 'assistant' }>;

/** The conversation as it stands: prompts that a turn took, answers that were not superseded, results; oldest first. */
export function toTranscript(sessionId: string, entries: readonly Entry[]): TranscriptMessage[] {
  const state = sdkMessagesView.init({ id: sessionId, door: true });
  const messages: TranscriptMessage[] = [];
  const dropped = new Set<string>();
  for (const entry of entries) {
    for (const message of sdkMessagesView.entry(state, entry)) {
      if (message.type === 'system' && message.subtype === 'prompt_withdrawn') dropped.add(message.prompt_uuid);
      if (message.type !== 'user' && message.type !== 'assistant') continue;
      if (message.parent_tool_use_id !== null) continue;
      if (message.type === 'assistant') for (const uuid of message.supersedes ?? []) dropped.add(uuid);
      messages.push(message);
    }
  }
  return messages.filter((message) => message.uuid === undefined || !dropped.has(message.uuid));
}
