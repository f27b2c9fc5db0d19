import type { WebSocket } from 'ws';

/** A quiet socket is asked this often whether somebody is there; one that has not said so by the next time is let go. */
const BEAT_MS = 15_000;
/** A client that has much to take and has taken nothing for about so long is let go; it comes back with its cursor. */
const STALLED_MS = 120_000;
const STALLED_BEATS = STALLED_MS / BEAT_MS;
/** Messages larger than this go in fragments: only so is it seen that a slow client takes them. */
const PIECE_BYTES = 256 * 1024;
/** With no more than this before it, a ping is at its client at once. What the system has taken may be megabytes. */
const LIGHT_BYTES = 64 * 1024;

/** A socket that is written only as fast as its client takes it, and let go when nobody is there. */
export class PacedSocket {
  readonly #socket: WebSocket;
  readonly #signal: AbortSignal;
  readonly #timer: ReturnType<typeof setInterval>;
  /** Beats since the last sign of life: a pong, or a piece that the system has taken. */
  #silentBeats = 0;
  #isAsked = false;
  #givenBytes = 0;
  /** Of what was given, what stood before the last ping, and what a pong has told of. */
  #askedBytes = 0;
  #arrivedBytes = 0;

  /** @param o.signal ends every wait. */
  constructor(socket: WebSocket, o: { signal: AbortSignal }) {
    this.#socket = socket;
    this.#signal = o.signal;
    socket.on('pong', this.#onPong);
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
  }

  /** Resolves once the system has taken the message, so that a slow client holds up its own reader and nothing else. One at a time. */
  async send(message: string): Promise<void> {
    if (message.length <= PIECE_BYTES) return this.#write(message, true);
    const bytes = Buffer.from(message);
    for (let at = 0; at < bytes.length && !this.#signal.aborted; at += PIECE_BYTES) {
      const end = at + PIECE_BYTES;
      await this.#write(bytes.subarray(at, end), end >= bytes.length);
    }
  }

  /** Asks no longer. The socket itself is the caller's to close. */
  stop(): void {
    clearInterval(this.#timer);
    this.#socket.off('pong', this.#onPong);
  }

  #write(piece: string | Buffer, fin: boolean): Promise<void> {
    this.#givenBytes += piece.length;
    return new Promise((resolve) => {
      const done = (): void => {
        this.#signal.removeEventListener('abort', done);
        this.#silentBeats = 0;
        resolve();
      };
      this.#signal.addEventListener('abort', done, { once: true });
      // What fails closes the socket, which is heard of elsewhere.
      this.#socket.send(piece, { fin, binary: false }, done);
    });
  }

  readonly #onPong = (): void => {
    this.#silentBeats = 0;
    this.#isAsked = false;
    this.#arrivedBytes = this.#askedBytes;
  };

  #beat(): void {
    const isLoaded = this.#givenBytes - this.#arrivedBytes > LIGHT_BYTES;
    if (this.#silentBeats >= (isLoaded ? STALLED_BEATS : 1)) return this.#socket.terminate();
    this.#silentBeats += 1;
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#askedBytes = this.#givenBytes;
    this.#socket.ping();
  }
}
