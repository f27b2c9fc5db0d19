import { hash } from 'node:crypto';

type IdKind = 'msg' | 'toolu' | 'srvtoolu' | 'req' | 'file' | 'msgbatch';

/** Makes ids that look like the API's and depend only on the seed, on how many were made, and on the salt. */
export class Ids {
  readonly #seed: number;
  #made = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /**
   * @param salt the number of messages in the history: it keeps ids unique within a conversation that outlives the
   * emulator's process, whose successor counts from the beginning.
   */
  next(kind: IdKind, salt: number): string {
    this.#made += 1;
    const digest = hash('sha256', `${kind} ${this.#seed} ${this.#made} ${salt}`, 'hex');
    return `${kind}_01${BigInt(`0x${digest.slice(0, 28)}`)
      .toString(36)
      .padStart(22, '0')}`;
  }
}
