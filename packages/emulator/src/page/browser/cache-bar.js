import { make } from './element.js';
import { formatCount } from './format.js';

/** @typedef {import('../request-summary.ts').UsageSummary} UsageSummary */

/** @type {readonly (readonly ['cache_read' | 'cache_write' | 'uncached', string])[]} */
const PARTS = [
  ['cache_read', 'read from cache'],
  ['cache_write', 'written to cache'],
  ['uncached', 'not cached'],
];

/** All of a request's input. @param {UsageSummary} usage */
export function inputTokens(usage) {
  return usage.cache_read + usage.cache_write + usage.uncached;
}

/**
 * Where the input came from, as a bar.
 * @param {UsageSummary} usage
 */
export function cacheBar(usage) {
  const told = PARTS.map(([field, words]) => `${formatCount(usage[field])} ${words}`).join(', ');
  return make(
    'span',
    { className: 'cache-bar', role: 'img', 'aria-label': `Input tokens: ${told}`, title: told },
    ...PARTS.filter(([field]) => usage[field] > 0).map(([field]) => {
      const part = make('span', { className: `share ${field}` });
      part.style.flexGrow = String(usage[field]);
      return part;
    }),
  );
}

/**
 * The bar with what its colours mean.
 * @param {UsageSummary} usage
 */
export function cacheLegend(usage) {
  const total = inputTokens(usage);
  const percent = total === 0 ? 0 : Math.round((usage.cache_read / total) * 100);
  return make(
    'div',
    { className: 'cache-legend' },
    cacheBar(usage),
    make(
      'ul',
      {},
      ...PARTS.map(([field, words]) =>
        make(
          'li',
          {},
          make('span', { className: `swatch ${field}`, 'aria-hidden': 'true' }),
          make('strong', {}, formatCount(usage[field])),
          ` ${words}`,
          field === 'cache_read' && total > 0 && ` (${percent} %)`,
          field === 'cache_write' && usage.cache_write_1h > 0 && ` (${formatCount(usage.cache_write_1h)} for 1 h)`,
        ),
      ),
    ),
  );
}
