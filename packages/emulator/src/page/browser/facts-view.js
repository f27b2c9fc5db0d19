import { cacheLegend } from './cache-bar.js';
import { make } from './element.js';
import { formatCount, formatDuration, formatTime } from './format.js';
import { stateOf, stateWords } from './request-row.js';

/** @typedef {import('../request-summary.ts').RequestSummary} RequestSummary */

/**
 * What is known of a request besides its texts.
 * @param {RequestSummary} request
 * @param {string} query
 */
export function factsView(request, query) {
  const { usage, error } = request;
  return make(
    'div',
    { className: 'facts' },
    make(
      'p',
      { className: 'place' },
      make('span', { className: `badge ${stateOf(request)}` }, stateWords(request)),
      make('code', {}, `${request.method} ${request.path}${query === '' ? '' : `?${query}`}`),
    ),
    error && make('p', { className: 'problem' }, make('strong', {}, error.type), ` ${error.message}`),
    make(
      'dl',
      {},
      ...factsOf(request).flatMap(([name, value]) => [make('div', {}, make('dt', {}, name), make('dd', {}, value))]),
    ),
    usage && cacheLegend(usage),
  );
}

/**
 * @param {RequestSummary} request
 * @returns {[name: string, value: string][]}
 */
function factsOf(request) {
  const { usage, status, state, events, stop_reason: stopReason } = request;
  /** @type {[string, string | undefined][]} */
  const all = [
    ['Model', request.model],
    ['Received', formatTime(request.received_at_ms)],
    ['Took', request.duration_ms === undefined ? undefined : formatDuration(request.duration_ms)],
    ['Status', state === 'answered' || status === undefined ? undefined : String(status)],
    ['Events', events === undefined ? undefined : `${state === 'aborted' ? 'at most ' : ''}${formatCount(events)}`],
    ['Output', usage && outputWords(usage)],
    ['Stop reason', stopReason],
    ['Cache miss', request.cache_miss],
    ['Request id', request.id],
  ];
  return all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

/** @param {NonNullable<RequestSummary['usage']>} usage */
function outputWords({ output, thinking }) {
  return `${formatCount(output)} tokens${thinking > 0 ? `, ${formatCount(thinking)} of them thinking` : ''}`;
}
