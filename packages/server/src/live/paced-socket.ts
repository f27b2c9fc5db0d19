import type { WebSocket } from 'ws';

/** A quiet socket is asked this often whether somebody is there; one that has not said so by the next time is let go. */
const BEAT_MS = 15_000;
/** A client that has much to take and has taken nothing for about so long is let go; it comes back with its cursor. */
const STALLED_MS = 120_000;
const STALLED_BEATS = STALLED_MS / BEAT_MS;
/** Messages larger than this go piece by piece: only so is it seen that a slow client takes them. */
const PIECE_BYTES = 256 * 1024;
/** No frames: a sign of life for clients that hear nothing of pings, as pages do not. */
const NO_FRAMES = '[]';
/** With no more than this before it, a ping is at its client at once. What the system has taken may be megabytes. */
const LIGHT_BYTES = 64 * 1024;

/** A socket that is written only as fast as its client takes it, and let go when nobody is there. */
export class PacedSocket {
  readonly #socket: WebSocket;
  readonly #signal: AbortSignal;
  readonly #inParts: boolean;
  readonly #timer: ReturnType<typeof setInterval>;
  /** Beats since the last sign of life: a pong, or a piece that the system has taken. */
  #silentBeats = 0;
  #isAsked = false;
  #isSending = false;
  #givenBytes = 0;
  /** Of what was given, what stood before the last ping, and what a pong has told of. */
  #askedBytes = 0;
  #arrivedBytes = 0;

  /**
   * @param o.signal ends every wait.
   * @param o.inParts for clients that are told of whole messages only, as pages are, and so would hear nothing of a large one for long:
   * it comes as several, of which all but the last begin with `+`. Else it is one, in fragments.
   */
  constructor(socket: WebSocket, o: { signal: AbortSignal; inParts: boolean }) {
    this.#socket = socket;
    this.#signal = o.signal;
    this.#inParts = o.inParts;
    socket.on('pong', this.#onPong);
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
  }

  /** Says at once that it stands. */
  open(): Promise<void> {
    return this.send(NO_FRAMES);
  }

  /** Resolves once the system has taken the message, so that a slow client holds up its own reader and nothing else. One at a time. */
  async send(message: string): Promise<void> {
    this.#isSending = true;
    if (message.length <= PIECE_BYTES) await this.#write(message, true);
    else
      for (const { piece, fin } of this.#inParts ? toParts(message) : toFragments(message)) {
        if (this.#signal.aborted) break;
        await this.#write(piece, fin);
      }
    this.#isSending = false;
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
    // It may not come between the fragments of a message.
    if (!this.#isSending) this.#socket.send(NO_FRAMES);
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#askedBytes = this.#givenBytes;
    this.#socket.ping();
  }
}

type Piece = { piece: string | Buffer; fin: boolean };

function* toFragments(message: string): Generator<Piece, void, void> {
  const bytes = Buffer.from(message);
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const end = at + PIECE_BYTES;
    yield { piece: bytes.subarray(at, end), fin: end >= bytes.length };
  }
}

function* toParts(message: string): Generator<Piece, void, void> {
  let at = 0;
  while (message.length - at > PIECE_BYTES) {
    // The two halves of a character stay together: alone, neither can be sent.
    const isCut = isHighSurrogate(message.charCodeAt(at + PIECE_BYTES - 1));
    const end = at + PIECE_BYTES - (isCut ? 1 : 0);
    yield { piece: `+${message.slice(at, end)}`, fin: true };
    at = end;
  }
  yield { piece: message.slice(at), fin: true };
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
