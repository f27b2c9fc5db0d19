import type { Frame } from '../api/wire.ts';

/** A hidden page gets no animation frames; it still keeps up, at this pace. */
const HIDDEN_FLUSH_MS = 250;
/** More than this is handed on at once, so that the buffer stays bounded however slow the screen is. */
const MAX_BUFFERED_FRAMES = 2_000;

/** Collects frames and hands them on once per animation frame. */
export type FrameBuffer = { push(frames: readonly Frame[]): void; flush(): void; close(): void };

/** `flush` may be called at any time; after `close` nothing is handed on. */
export function createFrameBuffer(onFrames: (frames: readonly Frame[]) => void): FrameBuffer {
  let buffered: Frame[] = [];
  let cancel: (() => void) | undefined;

  const flush = (): void => {
    cancel?.();
    cancel = undefined;
    if (buffered.length === 0) return;
    const frames = buffered;
    buffered = [];
    onFrames(frames);
  };

  return {
    push(frames) {
      buffered.push(...frames);
      if (buffered.length >= MAX_BUFFERED_FRAMES) return flush();
      cancel ??= schedule(flush);
    },
    flush,
    close() {
      cancel?.();
      cancel = undefined;
      buffered = [];
    },
  };
}

function schedule(run: () => void): () => void {
  if (document.visibilityState === 'visible') {
    const handle = requestAnimationFrame(run);
    return () => cancelAnimationFrame(handle);
  }
  const timer = setTimeout(run, HIDDEN_FLUSH_MS);
  return () => clearTimeout(timer);
}
