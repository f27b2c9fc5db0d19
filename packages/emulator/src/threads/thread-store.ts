import { refuse } from '../refusals/refusal.ts';
import { isRecord, type RequestMessage } from '../request/messages-request.ts';

/** A conversation as it is held under the id of its newest answer. */
export type HeldConversation = {
  workspaceId: string;
  /** The fields of the request that created the thread which later ones may not repeat. */
  createOnly: { system?: unknown; tools?: unknown };
  /** The fields which later requests must repeat as they were. */
  fixed: Readonly<Record<string, string | undefined>>;
  messages: readonly unknown[];
  expiresAtMs: number;
  /** An answer is continued once; while that is under way another request has to wait. */
  state: 'open' | 'in_flight' | 'continued';
};

/** Counted from the last request of a thread. */
const LIFE_MS = 5 * 60 * 1000;
const MAX_HELD = 10_000;

/**
 * Conversations that the API holds between requests, so that each sends only what is new.
 * @see the message threads of `@anthropic-ai/sdk` 1.10.0, beta `message-threads-2026-08-12`
 */
export class ThreadStore {
  readonly #held = new Map<string, HeldConversation>();

  /** The conversation to go on with. @throws Refusal when there is none, or when it cannot be gone on with. */
  find(messageId: string, o: { workspaceId: string; nowMs: number }): HeldConversation {
    const held = this.#held.get(messageId);
    if (held === undefined || held.workspaceId !== o.workspaceId || o.nowMs >= held.expiresAtMs) {
      refuse(
        `thread.previous_message_id: no conversation is held under ${messageId}; send it whole, with thread of type 'create'`,
        { status: 404, details: { error_code: 'thread_not_found' } },
      );
    }
    if (held.state === 'continued') {
      refuse(`thread.previous_message_id: ${messageId} has been continued already; continue from the newest answer`, {
        details: { error_code: 'thread_already_continued' },
      });
    }
    if (held.state === 'in_flight') {
      refuse(`thread.previous_message_id: another request is still continuing from ${messageId}`, {
        details: { error_code: 'thread_continue_in_flight' },
      });
    }
    return held;
  }

  keep(
    messageId: string,
    conversation: Pick<HeldConversation, 'workspaceId' | 'createOnly' | 'fixed' | 'messages'>,
    nowMs: number,
  ): void {
    this.#forget(nowMs);
    this.#held.set(messageId, { ...conversation, expiresAtMs: nowMs + LIFE_MS, state: 'open' });
  }

  /** They are kept in the order in which they expire. */
  #forget(nowMs: number): void {
    for (const [id, { expiresAtMs }] of this.#held) {
      if (expiresAtMs > nowMs && this.#held.size < MAX_HELD) return;
      this.#held.delete(id);
    }
  }
}

/** A message without its cache markers: those of earlier requests do not count for later ones. */
export function withoutMarkers(message: unknown): unknown {
  if (!isRecord(message) || !Array.isArray(message.content)) return message;
  return { ...message, content: message.content.map(unmarked) };
}

function unmarked(block: unknown): unknown {
  if (!isRecord(block)) return block;
  const { cache_control: _, ...rest } = block;
  return Array.isArray(rest.content) ? { ...rest, content: rest.content.map(unmarked) } : rest;
}

/** The history that an answer ends; an answer without content leaves no message. */
export function withAnswer(messages: readonly unknown[], content: unknown): readonly unknown[] {
  const said = messages.map(withoutMarkers);
  if (!Array.isArray(content) || content.length === 0) return said;
  const answer: Pick<RequestMessage, 'role'> & { content: unknown } = { role: 'assistant', content };
  return [...said, answer];
}
