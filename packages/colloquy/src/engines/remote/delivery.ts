import { APIConnectionError, APIError, TimeoutError } from '../../errors.ts';
import { untilAborted } from '../../helpers/until-aborted.ts';
import { Wakeup } from '../../log/wakeup.ts';
import { mayPass } from './server-client.ts';

/** What this program owes the server: kept until it has it, however often the connection is lost in between. */
export class Delivery {
  readonly #connected = new Wakeup();

  /** The connection is back: what could not be delivered is tried again. */
  onConnected(): void {
    this.#connected.wake();
  }

  /** Resolves once `send` does. @throws its error, if it is none that passes; the signal's reason */
  async deliver(send: () => Promise<void>, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const connected = this.#connected.wait();
      try {
        return await send();
      } catch (error) {
        const isLost =
          error instanceof APIConnectionError || error instanceof TimeoutError || error instanceof APIError;
        if (!isLost || !mayPass(error)) throw error;
        await untilAborted(connected, signal);
      }
    }
  }
}
