/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('../request-details.ts').RequestDetails} RequestDetails */

const RETRY_MS = 3000;

/**
 * Keeps the store in step with the emulator, for as long as the page is open.
 * @param {Store} store
 */
export function connect(store) {
  const source = new EventSource('/_emulator/events');
  const on = (/** @type {string} */ name, /** @type {(data: any) => void} */ take) =>
    source.addEventListener(name, (event) => take(JSON.parse(event.data)));
  on('snapshot', (data) => store.begin(data));
  on('requests', (data) => store.put(data.requests));
  on('be_the_model', (data) => {
    store.beTheModel = data.on;
    store.changed();
  });
  source.addEventListener('error', () => {
    store.connection = 'lost';
    store.changed();
    // A refusal ends the source for good; a lost connection it mends itself.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => connect(store), RETRY_MS);
  });
}

/**
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<RequestDetails>}
 */
export async function fetchDetails(id, signal) {
  return ask(`/_emulator/requests/${id}`, { signal });
}

/** @param {boolean} on */
export function turnBeTheModel(on) {
  return post('/_emulator/be-the-model', { on });
}

/**
 * @param {string} id
 * @param {unknown} answer
 */
export function sendAnswer(id, answer) {
  return post(`/_emulator/requests/${id}/answer`, answer);
}

/** Lets the simulated assistant answer. @param {string} id */
export function release(id) {
  return post(`/_emulator/requests/${id}/release`, {});
}

/**
 * @param {string} path
 * @param {unknown} body
 */
function post(path, body) {
  return ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

/**
 * @param {string} path
 * @param {RequestInit} init
 */
async function ask(path, init) {
  const response = await fetch(path, init);
  const answer = await response.json();
  if (response.status === 404) throw new Error('The emulator does not know this request any more.');
  if (!response.ok) throw new Error(answer.error ?? `The emulator answered ${response.status}`);
  return answer;
}
