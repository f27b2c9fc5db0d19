import { make } from './element.js';

const SHOWN_MS = 1600;

/**
 * A button that copies a text and says so for a moment.
 * @param {string} label
 * @param {() => string} getText called at the press
 * @param {string} [words] what stands on the button
 */
export function copyButton(label, getText, words = 'Copy') {
  const button = make('button', { type: 'button', className: 'copy', 'aria-label': label, title: label }, words);
  const said = make('span', { className: 'visually-hidden', role: 'status' });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  button.addEventListener('click', async () => {
    const outcome = (await copyText(getText())) ? 'Copied' : 'Could not copy';
    button.textContent = outcome;
    said.textContent = outcome;
    clearTimeout(timer);
    timer = setTimeout(() => {
      button.textContent = words;
      said.textContent = '';
    }, SHOWN_MS);
  });
  return make('span', { className: 'copy-host' }, button, said);
}

/**
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
