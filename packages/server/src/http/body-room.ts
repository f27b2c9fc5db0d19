import { HttpError } from './http-error.ts';

/** What is held of a body besides counts for nothing: prompts are small, and always find room. */
const FREE_BYTES = 65_536;

export type BodyRoomOptions = {
  /** Of all requests together. */
  maxBytes: number;
  /** Of the requests of one user, so that nobody takes the room of all. */
  maxBytesPerUser: number;
};

/** The memory that the bodies of the requests at work take together: a body is held several times over until its answer is given. */
export class BodyRoom {
  readonly #o: BodyRoomOptions;
  readonly #ofUser = new Map<string, number>();
  #bytes = 0;

  constructor(o: BodyRoomOptions) {
    this.#o = o;
  }

  /** For one request: `hold` says how much of its body there is by now, `release` that it is over. */
  enter(user: string): { hold: (size: number) => void; release: () => void } {
    let held = 0;
    const change = (to: number): void => {
      const ofUser = (this.#ofUser.get(user) ?? 0) + to - held;
      this.#bytes += to - held;
      held = to;
      if (ofUser === 0) this.#ofUser.delete(user);
      else this.#ofUser.set(user, ofUser);
    };
    return {
      hold: (size) => {
        change(Math.max(0, size - FREE_BYTES));
        if (this.#bytes > this.#o.maxBytes || (this.#ofUser.get(user) ?? 0) > this.#o.maxBytesPerUser) throw noRoom();
      },
      release: () => change(0),
    };
  }
}

function noRoom(): HttpError {
  return new HttpError(503, 'Too many large requests are under way; send this one again when they are done', {
    headers: { 'retry-after': '5' },
  });
}
