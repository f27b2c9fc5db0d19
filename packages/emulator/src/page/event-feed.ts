import type { RecordedRequest, Recorder } from '../exchange/recorder.ts';
import type { BeTheModel } from './be-the-model.ts';
import type { RequestSummary } from './request-summary.ts';

/** How many of the newest requests the page knows; what it does not read in time is forgotten from the oldest on. */
export const MAX_SHOWN = 200;
const HEARTBEAT_MS = 15_000;
/** What changes within this time is told at once, so that a fast client does not cost an event for each request. */
const GATHER_MS = 50;

export type FeedSource = {
  /** Another one means that the emulator began anew, and that the page must forget what it knew. */
  instance: string;
  recorder: Pick<Recorder, 'requests' | 'watch'>;
  model: Pick<BeTheModel, 'isOn' | 'watch'>;
  summarize: (request: RecordedRequest) => RequestSummary;
};

/**
 * The page's server-sent events, frame by frame: `snapshot` with the newest requests, then `requests` with those that came or
 * changed, and `be_the_model` when that is turned on or off. It ends when the signal is aborted, and lets go of everything.
 */
export async function* eventFeed(
  { instance, recorder, model, summarize }: FeedSource,
  signal: AbortSignal,
): AsyncGenerator<string, void, void> {
  const changes = new Changes();
  const stops = [
    recorder.watch((request) => changes.add(request)),
    model.watch((id) => {
      if (id === undefined) changes.addTurn();
      // A waiting request is one of the newest, so it is looked for from the end.
      const request = id === undefined ? undefined : recorder.requests.findLast(({ requestId }) => requestId === id);
      if (request) changes.add(request);
    }),
  ];
  try {
    yield `retry: 1000\n${frame('snapshot', {
      instance,
      be_the_model: model.isOn,
      max_shown: MAX_SHOWN,
      requests: recorder.requests.slice(-MAX_SHOWN).map(summarize),
    })}`;
    while (!signal.aborted) {
      if (!(await changes.wait(HEARTBEAT_MS, signal))) {
        if (!signal.aborted) yield ': still here\n\n';
        continue;
      }
      await pause(GATHER_MS, signal);
      const { requests, turned } = changes.take();
      if (turned) yield frame('be_the_model', { on: model.isOn });
      if (requests.length > 0) yield frame('requests', { requests: requests.map(summarize) });
    }
  } finally {
    for (const stop of stops) stop();
  }
}

function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** What changed since it was last taken: each request once, however often it changed. */
class Changes {
  readonly #requests = new Set<RecordedRequest>();
  #turned = false;
  #wake: (() => void) | undefined;

  add(request: RecordedRequest): void {
    this.#requests.add(request);
    const oldest = this.#requests.size > MAX_SHOWN ? this.#requests.values().next().value : undefined;
    if (oldest) this.#requests.delete(oldest);
    this.#wake?.();
  }

  addTurn(): void {
    this.#turned = true;
    this.#wake?.();
  }

  take(): { requests: RecordedRequest[]; turned: boolean } {
    const taken = { requests: [...this.#requests], turned: this.#turned };
    this.#requests.clear();
    this.#turned = false;
    return taken;
  }

  /** Whether something changed before so much time had passed and the signal was aborted. */
  async wait(ms: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#any()) await pause(ms, signal, (wake) => (this.#wake = wake));
    this.#wake = undefined;
    return this.#any() && !signal.aborted;
  }

  #any(): boolean {
    return this.#turned || this.#requests.size > 0;
  }
}

/** Resolves after so much time, when the signal is aborted, or when what `arm` got is called. */
function pause(ms: number, signal: AbortSignal, arm?: (wake: () => void) => void): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener('abort', wake, { once: true });
    arm?.(wake);
  });
}
