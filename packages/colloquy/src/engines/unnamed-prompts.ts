import type { SDKMessage } from '../messages.ts';

/** The uuids that we have given to prompts whose program gave none, and of which it hears nothing. */
export class UnnamedPrompts {
  readonly #uuids = new Set<string>();

  add(uuid: string): void {
    this.#uuids.add(uuid);
  }

  has(uuid: string): boolean {
    return this.#uuids.has(uuid);
  }

  /** Takes them out of a message, which must be the reader's own. */
  hideIn(message: SDKMessage): void {
    if (this.#uuids.size === 0) return;
    if ('user_message_uuids' in message && message.user_message_uuids !== undefined) {
      const named = message.user_message_uuids.filter((uuid) => !this.#uuids.has(uuid));
      if (named.length === 0) delete message.user_message_uuids;
      else message.user_message_uuids = named;
    }
    if (!('user_message_uuid' in message) || message.user_message_uuid === undefined) return;
    if (!this.#uuids.has(message.user_message_uuid)) return;
    const next = 'user_message_uuids' in message ? message.user_message_uuids?.[0] : undefined;
    if (next === undefined) delete message.user_message_uuid;
    else message.user_message_uuid = next;
  }
}
