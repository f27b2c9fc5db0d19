import type { SDKCommandLifecycleMessage, SDKMessage } from '../messages.ts';

/**
 * Picks the messages that answer one prompt out of all that its session tells: from the `init` of the turn that takes it, or from
 * where it joins a turn that runs already, up to and including that turn's result. A prompt that is withdrawn has no messages. Pure.
 */
export class ResponseFilter {
  readonly #uuid: string;
  #receiving = false;
  #done = false;
  #init: SDKMessage | undefined;

  constructor(uuid: string) {
    this.#uuid = uuid;
  }

  /** The response is whole: its result has been picked, or its prompt was withdrawn. */
  get done(): boolean {
    return this.#done;
  }

  /** The messages of the batch that belong to the response. Its reader must have been opened before the prompt was sent. */
  pick(batch: readonly SDKMessage[]): readonly SDKMessage[] {
    // Nearly all that comes is a delta of the answer that is being received.
    if (this.#receiving && !this.#done && batch.every(({ type }) => type === 'stream_event')) return batch;
    const picked: SDKMessage[] = [];
    for (const message of batch) {
      if (this.#done) break;
      if (message.type === 'command_lifecycle') this.#onLifecycle(message.command_uuid, message.state, picked);
      else if (this.#receiving) {
        picked.push(message);
        if (message.type === 'result') this.#done = true;
      } else this.#onOther(message, picked);
    }
    return picked;
  }

  #onLifecycle(uuid: string, state: SDKCommandLifecycleMessage['state'], picked: SDKMessage[]): void {
    if (uuid !== this.#uuid) return;
    if (state === 'cancelled') {
      this.#done = true;
      return;
    }
    if (state !== 'started') return;
    this.#receiving = true;
    if (this.#init !== undefined) picked.push(this.#init);
  }

  #onOther(message: SDKMessage, picked: SDKMessage[]): void {
    // A turn says that it begins before it says which prompts it takes.
    this.#init = message.type === 'system' && message.subtype === 'init' ? message : undefined;
    // An engine that tells nothing of prompts names them in the result.
    if (message.type === 'result' && message.user_message_uuids?.includes(this.#uuid) === true) {
      picked.push(message);
      this.#done = true;
    }
  }
}
