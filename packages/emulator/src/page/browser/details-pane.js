import { fetchDetails } from './connection.js';
import { fill, make } from './element.js';
import { RequestView } from './request-view.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('../request-summary.ts').RequestSummary} RequestSummary */

/** Views that are kept, with what is typed in them, when another request is opened. */
const MAX_KEPT = 20;

/** Shows the request that is open, and keeps it up to date. */
export class DetailsPane {
  #host;
  #store;
  #onAnswered;
  /** @type {Map<string, RequestView>} */
  #views = new Map();
  /** What the shown view shows: its request as it was then. */
  #shown = '';
  #loading = new AbortController();
  #instance = '';

  /**
   * @param {HTMLElement} host
   * @param {Store} store
   * @param {() => void} onAnswered
   */
  constructor(host, store, onAnswered) {
    this.#host = host;
    this.#store = store;
    this.#onAnswered = onAnswered;
    store.watch(() => this.#show());
    this.#blank('Choose a request to see what was asked and answered.');
  }

  /** Puts the cursor where the answer is typed, once that is there. */
  wantsComposer = false;

  /** Shows how long requests still wait. */
  tick() {
    for (const view of this.#views.values()) view.tick();
  }

  #show() {
    const { selected, instance } = this.#store;
    if (instance !== this.#instance) {
      this.#instance = instance;
      this.#views.clear();
      this.#shown = '';
    }
    const summary = this.#store.get(selected);
    const version = summary === undefined ? `${selected} not listed` : versionOf(summary);
    if (version === this.#shown) return;
    this.#shown = version;
    this.#loading.abort();
    this.#loading = new AbortController();
    if (selected === undefined) this.#blank('Choose a request to see what was asked and answered.');
    else void this.#load(selected, this.#loading.signal);
  }

  /**
   * @param {string} id
   * @param {AbortSignal} signal
   */
  async #load(id, signal) {
    const known = this.#views.get(id);
    if (known) this.#put(known);
    try {
      const details = await fetchDetails(id, signal);
      if (signal.aborted) return;
      if (known) known.update(details);
      const view = known ?? new RequestView(details, this.#onAnswered);
      this.#keep(id, view);
      this.#put(view);
      if (this.wantsComposer && view.isWaiting) view.focusComposer();
      this.wantsComposer = false;
    } catch (error) {
      if (signal.aborted) return;
      // Without a connection it is tried again at the next change.
      if (error instanceof TypeError) this.#shown = '';
      if (!known) this.#blank(problemWords(error));
    }
  }

  /**
   * @param {string} id
   * @param {RequestView} view
   */
  #keep(id, view) {
    this.#views.delete(id);
    this.#views.set(id, view);
    for (const [other, kept] of this.#views) {
      if (this.#views.size <= MAX_KEPT) break;
      if (!kept.isWaiting) this.#views.delete(other);
    }
  }

  /** @param {RequestView} view */
  #put(view) {
    if (this.#host.firstElementChild === view.element) return;
    fill(this.#host, view.element);
    this.#host.scrollTop = 0;
  }

  /** @param {string} words */
  #blank(words) {
    fill(
      this.#host,
      make('p', { className: 'back' }, make('a', { href: '#/' }, '← All requests')),
      make('p', { className: 'blank' }, words),
    );
  }
}

/** Two summaries of one version look alike when opened. @param {RequestSummary} summary */
function versionOf({ id, state, status, duration_ms: durationMs, usage }) {
  return [id, state, status, durationMs, usage?.output].join(' ');
}

/** @param {unknown} error */
function problemWords(error) {
  if (error instanceof TypeError) return 'No connection to the emulator.';
  return error instanceof Error ? error.message : String(error);
}
