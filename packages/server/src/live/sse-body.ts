import type { ServerResponse } from 'node:http';

/** A quiet stream says this often that it is alive. */
const HEARTBEAT_MS = 15_000;
/** A comment that keeps proxies from taking a quiet stream for a dead one. */
const HEARTBEAT_FRAME = ': hb\n\n';
/** A client that has taken nothing for about so long is let go; it comes back with its cursor. */
const STALLED_MS = 120_000;
/** Frames larger than this are written piece by piece: only so is it seen that a slow client takes them. */
const PIECE_BYTES = 256 * 1024;
const NOTHING = Buffer.alloc(0);

export type SseSource = {
  /** Told at once, so that whoever waits for the first byte knows that the stream stands. */
  opening: string;
  /** The next frames, or undefined at the end. Called only when the client has taken those before. */
  next: () => Promise<string | undefined>;
  /** Called once, however it ends; what `next` still waits for is to end with it. */
  onEnd: (how: SseEnd) => void;
};

/** `isWhole` when `next` came to its end; an `error` is what it threw. */
export type SseEnd = { isWhole: boolean; error?: unknown };

/** Where frames go. */
type Sink = {
  isFull: () => boolean;
  write: (frames: string) => void;
  close: () => void;
  /** Closes it at once; what waits there is lost. */
  drop?: () => void;
};

/** The bodies of responses, by what stands for them there. */
const bodies = new WeakMap<ReadableStream, SseBody>();

/**
 * A stream of events, made only as fast as the client takes them, with a sign of life in between. As the body of a response it is a web
 * stream; where Node serves, `writeDirectly` takes it without one: bytes and promises a frame cost more than the frame.
 */
export class SseBody {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #source: SseSource;
  #sink: Sink | undefined;
  #isOver = false;
  /** When there was room for the client's next frames: what it was given before, it had taken by then. */
  #takenAtMs = Date.now();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(source: SseSource) {
    this.#source = source;
    this.stream = this.#toStream();
    bodies.set(this.stream, this);
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS);
  }

  /** Ends it, whatever is still to come. */
  end(): void {
    this.#finish({ isWhole: false });
  }

  /** Writes it to a response of Node that has its head, in place of the stream. */
  async writeTo(outgoing: ServerResponse): Promise<void> {
    outgoing.once('close', () => this.end());
    // A client that has left already is not told of again.
    if (outgoing.destroyed) return this.end();
    let rest = NOTHING;
    this.#sink = {
      isFull: () => rest.length > 0 || outgoing.writableNeedDrain,
      write: (frames) => {
        if (frames.length <= PIECE_BYTES) outgoing.write(frames);
        else rest = Buffer.from(frames);
      },
      close: () => {
        // A client that takes nothing does not keep its socket for that.
        outgoing.setTimeout(STALLED_MS);
        outgoing.end(rest);
        rest = NOTHING;
      },
      drop: () => outgoing.destroy(),
    };
    if (this.#isOver) return void outgoing.end();
    outgoing.write(this.#source.opening);
    while (!this.#isOver) {
      await this.#next();
      if (outgoing.writableNeedDrain) await drained(outgoing);
      while (rest.length > 0) {
        const piece = rest.subarray(0, PIECE_BYTES);
        rest = rest.subarray(PIECE_BYTES);
        this.#takenAtMs = Date.now();
        if (!outgoing.write(piece)) await drained(outgoing);
      }
      // What is left of a large frame is nothing, and yet holds all its bytes.
      rest = NOTHING;
    }
  }

  #toStream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const encoder = new TextEncoder();
    return new ReadableStream(
      {
        start: (controller) => {
          controller.enqueue(encoder.encode(this.#source.opening));
          this.#sink = {
            isFull: () => (controller.desiredSize ?? 0) <= 0,
            write: (frames) => controller.enqueue(encoder.encode(frames)),
            close: () => controller.close(),
          };
        },
        pull: () => this.#next(),
        cancel: () => {
          this.#sink = undefined;
          this.end();
        },
      },
      { highWaterMark: 1 },
    );
  }

  async #next(): Promise<void> {
    try {
      const frames = await this.#source.next();
      if (this.#isOver) return;
      if (frames === undefined) this.#finish({ isWhole: true });
      else this.#write(frames);
    } catch (error) {
      // The status line is long gone: the client sees the end and comes back, and is then told the reason.
      this.#finish({ isWhole: false, error });
    }
  }

  #write(frames: string): void {
    this.#takenAtMs = Date.now();
    this.#sink?.write(frames);
  }

  #beat(): void {
    if (this.#sink?.isFull() === false) this.#write(HEARTBEAT_FRAME);
    else if (Date.now() - this.#takenAtMs >= STALLED_MS) {
      this.end();
      this.#sink?.drop?.();
    }
  }

  #finish(how: SseEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#source.onEnd(how);
    this.#sink?.close();
  }
}

/** Whether a response is a stream of events, which is then written to Node's own response, head and all. */
export function writeDirectly(response: Response, outgoing: ServerResponse): boolean {
  const body = response.body === null ? undefined : bodies.get(response.body);
  if (body === undefined) return false;
  outgoing.writeHead(response.status, [...response.headers].flat());
  void body.writeTo(outgoing);
  return true;
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done);
      outgoing.off('close', done);
      resolve();
    };
    outgoing.on('drain', done);
    outgoing.on('close', done);
  });
}
