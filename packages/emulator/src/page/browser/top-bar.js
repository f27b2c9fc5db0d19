import { turnBeTheModel } from './connection.js';
import { copyButton } from './copy-button.js';
import { make, setText } from './element.js';

/** @typedef {import('./store.js').Store} Store */

const CONNECTION_WORDS = {
  connecting: 'Connecting…',
  connected: 'Live',
  lost: 'Connection lost; trying again',
};

/**
 * The page's head: the address for programs, whether the page is live, and the switch.
 * @param {HTMLElement} host
 * @param {Store} store
 */
export function topBar(host, store) {
  const live = make('span', { className: 'live', role: 'status' });
  const problem = make('p', { className: 'note problem', role: 'alert', hidden: true });
  const note = make(
    'p',
    { className: 'note', id: 'model-note' },
    'Requests without a scripted reply wait here for your answer, for up to 10 minutes. ' +
      'Turned off, the simulated assistant answers them.',
  );
  const toggle = make(
    'button',
    { type: 'button', role: 'switch', className: 'switch', 'aria-describedby': 'model-note' },
    make('span', { className: 'track', 'aria-hidden': 'true' }),
    'Be the model',
  );
  toggle.addEventListener('click', async () => {
    try {
      await turnBeTheModel(!store.beTheModel);
      problem.hidden = true;
    } catch (error) {
      problem.hidden = false;
      problem.textContent = error instanceof Error ? error.message : String(error);
    }
  });
  host.append(
    make(
      'div',
      { className: 'bar' },
      make('h1', {}, 'Emulator'),
      live,
      make(
        'div',
        { className: 'address' },
        make('code', {}, location.origin),
        copyButton('Copy ANTHROPIC_BASE_URL', () => location.origin),
      ),
      toggle,
    ),
    note,
    problem,
  );
  const show = () => {
    toggle.setAttribute('aria-checked', String(store.beTheModel));
    note.hidden = !store.beTheModel;
    live.className = `live ${store.connection}`;
    setText(live, CONNECTION_WORDS[store.connection]);
  };
  store.watch(show);
  show();
}
