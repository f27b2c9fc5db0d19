/** @typedef {import('../request-summary.ts').RequestSummary} RequestSummary */

/** What the page knows; whoever shows it is told what changed. */
export class Store {
  /** @type {Map<string, RequestSummary>} */
  #requests = new Map();
  #maxShown = 200;
  /** @type {Set<() => void>} */
  #watchers = new Set();

  /** @type {'connecting' | 'connected' | 'lost'} */
  connection = 'connecting';
  beTheModel = false;
  /** Which emulator this is: another one knows nothing of what was known before. */
  instance = '';
  /** The id of the request that is open. @type {string | undefined} */
  selected = undefined;

  /** Those that wait for a person first, by age; then the others, newest first. @returns {RequestSummary[]} */
  get requests() {
    const all = [...this.#requests.values()];
    const waiting = all.filter(({ state }) => state === 'waiting');
    return [...waiting, ...all.filter(({ state }) => state !== 'waiting').reverse()];
  }

  /** @returns {RequestSummary[]} */
  get waiting() {
    return [...this.#requests.values()].filter(({ state }) => state === 'waiting');
  }

  /** @param {string | undefined} id */
  get(id) {
    return id === undefined ? undefined : this.#requests.get(id);
  }

  /** Forgets all and begins anew: what a connection begins with. @param {{instance: string, be_the_model: boolean, max_shown: number, requests: RequestSummary[]}} snapshot */
  begin(snapshot) {
    this.#requests = new Map(snapshot.requests.map((request) => [request.id, request]));
    this.#maxShown = snapshot.max_shown;
    this.beTheModel = snapshot.be_the_model;
    this.connection = 'connected';
    this.instance = snapshot.instance;
    this.changed();
  }

  /** @param {readonly RequestSummary[]} requests */
  put(requests) {
    for (const request of requests) this.#requests.set(request.id, request);
    for (const id of this.#requests.keys()) {
      if (this.#requests.size <= this.#maxShown) break;
      this.#requests.delete(id);
    }
    this.changed();
  }

  /** @param {() => void} watcher */
  watch(watcher) {
    this.#watchers.add(watcher);
  }

  changed() {
    for (const watcher of this.#watchers) watcher();
  }
}
