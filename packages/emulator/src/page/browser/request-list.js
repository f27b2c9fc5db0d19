import { make } from './element.js';
import { RequestRow } from './request-row.js';
import { startHelp } from './start-help.js';

/** @typedef {import('./store.js').Store} Store */

/** All requests; arrow keys move between them. */
export class RequestList {
  #store;
  #host;
  #list = make('ol', { className: 'rows' });
  /** @type {Map<string, RequestRow>} */
  #rows = new Map();
  #help = startHelp();

  /**
   * @param {HTMLElement} host
   * @param {Store} store
   */
  constructor(host, store) {
    this.#host = host;
    this.#store = store;
    host.append(this.#help, this.#list);
    this.#list.addEventListener('keydown', (event) => this.#move(event));
    store.watch(() => this.#show());
    this.#show();
  }

  /** Puts the focus on a request, if it is still there. @param {string | undefined} id */
  focus(id) {
    if (id !== undefined) this.#rows.get(id)?.focus();
  }

  #show() {
    const { requests, selected, connection } = this.#store;
    this.#help.hidden = requests.length > 0 || connection === 'connecting';
    this.#host.classList.toggle('is-empty', requests.length === 0);
    const known = new Set(requests.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (known.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    let before = this.#list.firstElementChild;
    for (const request of requests) {
      const row = this.#rows.get(request.id) ?? new RequestRow();
      this.#rows.set(request.id, row);
      row.show(request, request.id === selected);
      // Only what stands elsewhere is moved: moving takes the focus away.
      if (row.element === before) before = before.nextElementSibling;
      else this.#list.insertBefore(row.element, before);
    }
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const links = [...this.#list.querySelectorAll('a')];
    const at = links.findIndex((link) => link === document.activeElement);
    const next = links[at + step];
    if (at === -1 || next === undefined) return;
    event.preventDefault();
    next.focus();
  }
}
