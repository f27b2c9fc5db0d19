/** A quiet stream says this often that it is alive. */
const HEARTBEAT_MS = 15_000;
/** A comment that keeps proxies from taking a quiet stream for a dead one. */
const HEARTBEAT_FRAME = ': hb\n\n';
/** A client that has taken nothing for about so long is let go; it comes back with its cursor. */
const STALLED_MS = 120_000;

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

/** The bytes of a stream of events, made only as fast as the client takes them, with a sign of life in between. `end` ends them. */
export function sseBody(source: SseSource): { body: ReadableStream<Uint8Array<ArrayBuffer>>; end: () => void } {
  const encoder = new TextEncoder();
  let isOver = false;
  let close = (): void => {};
  let timer: ReturnType<typeof setInterval> | undefined;
  let takenAtMs = Date.now();

  const finish = (how: SseEnd): void => {
    if (isOver) return;
    isOver = true;
    clearInterval(timer);
    source.onEnd(how);
    close();
  };
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        close = () => controller.close();
        controller.enqueue(encoder.encode(source.opening));
        timer = setInterval(() => {
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(HEARTBEAT_FRAME));
          else if (Date.now() - takenAtMs >= STALLED_MS) finish({ isWhole: false });
        }, HEARTBEAT_MS);
      },
      async pull(controller) {
        takenAtMs = Date.now();
        try {
          const frames = await source.next();
          if (isOver) return;
          if (frames === undefined) finish({ isWhole: true });
          else controller.enqueue(encoder.encode(frames));
        } catch (error) {
          // The status line is long gone: the client sees the end and comes back, and is then told the reason.
          finish({ isWhole: false, error });
        }
      },
      cancel() {
        close = () => {};
        finish({ isWhole: false });
      },
    },
    { highWaterMark: 1 },
  );
  return { body, end: () => finish({ isWhole: false }) };
}
