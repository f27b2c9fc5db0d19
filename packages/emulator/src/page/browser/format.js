const COUNT = new Intl.NumberFormat('en');

/**
 * `1,204`
 * @param {number} count
 */
export function formatCount(count) {
  return COUNT.format(count);
}

/**
 * `1 event`, `2 events`
 * @param {number} count
 * @param {string} word
 */
export function counted(count, word) {
  return `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`;
}

/**
 * `14:03:12.120`, as the clock on the wall shows it.
 * @param {number} ms since 1970
 */
export function formatTime(ms) {
  const at = new Date(ms);
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const millis = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${millis}`;
}

/**
 * `12 ms`, `2.4 s`, `3 min 5 s`
 * @param {number} ms
 */
export function formatDuration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/**
 * `9:41`, never negative.
 * @param {number} ms
 */
export function formatTimeLeft(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/**
 * The first line of a text, cut.
 * @param {string} text
 * @param {number} [chars]
 */
export function firstLine(text, chars = 120) {
  const line = text.trimStart().split('\n', 1)[0] ?? '';
  return line.length > chars ? `${line.slice(0, chars)}…` : line;
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isRecord(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
