import { copyButton } from './copy-button.js';
import { make } from './element.js';
import { formatCount } from './format.js';

/** A browser takes seconds to lay out more. */
const MAX_CHARS = 300_000;

/** @param {unknown} value */
export function jsonText(value) {
  const text = JSON.stringify(value, null, 2) ?? '';
  const more = text.length - MAX_CHARS;
  return more > 0 ? `${text.slice(0, MAX_CHARS)}\n… (${formatCount(more)} more characters; copy to see them)` : text;
}

/**
 * Raw JSON, folded, with a button that copies all of it.
 * @param {string} title
 * @param {unknown} value
 */
export function jsonView(title, value) {
  const pre = make('pre', { tabIndex: 0, 'aria-label': title });
  const shown = make(
    'details',
    { className: 'raw' },
    make('summary', {}, title),
    copyButton(`Copy: ${title}`, () => JSON.stringify(value, null, 2)),
    pre,
  );
  shown.addEventListener('toggle', () => (pre.textContent ||= jsonText(value)));
  return shown;
}
