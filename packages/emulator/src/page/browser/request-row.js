import { cacheBar, inputTokens } from './cache-bar.js';
import { fill, make, setText } from './element.js';
import { counted, formatCount, formatDuration, formatTime } from './format.js';

/** @typedef {import('../request-summary.ts').RequestSummary} RequestSummary */

/** One request in the list: made once and then kept up, so that the focus stays where it is. */
export class RequestRow {
  element = make('li');
  #link = make('a', { className: 'row' });
  #head = make('span', { className: 'row-head' });
  #badge = make('span');
  #prompt = make('span', { className: 'row-prompt' });
  #answer = make('span', { className: 'row-answer' });
  #foot = make('span', { className: 'row-foot' });
  /** What is shown now. @type {RequestSummary | undefined} */
  #shown = undefined;

  constructor() {
    this.#link.append(this.#head, this.#prompt, this.#answer, this.#foot);
    this.element.append(this.#link);
  }

  focus() {
    this.#link.focus();
  }

  /**
   * @param {RequestSummary} request
   * @param {boolean} isOpen
   */
  show(request, isOpen) {
    if (isOpen) this.#link.setAttribute('aria-current', 'true');
    else this.#link.removeAttribute('aria-current');
    if (this.#shown === request) return;
    this.#shown = request;
    this.#link.href = `#/${request.id}`;
    const isMessage = request.path === '/v1/messages';
    this.#badge = make('span', { className: `badge ${stateOf(request)}` }, stateWords(request));
    fill(
      this.#head,
      make('time', {}, formatTime(request.received_at_ms)),
      make('span', { className: 'row-model' }, isMessage ? (request.model ?? '') : `${request.method} ${request.path}`),
      this.#badge,
    );
    setText(this.#prompt, promptWords(request));
    this.#prompt.hidden = this.#prompt.textContent === '';
    setText(this.#answer, answerWords(request));
    this.#answer.hidden = this.#answer.textContent === '';
    this.#showFoot(request);
  }

  /** @param {RequestSummary} request */
  #showFoot({ usage, duration_ms: durationMs }) {
    const took = durationMs === undefined ? undefined : formatDuration(durationMs);
    this.#foot.hidden = usage === undefined;
    if (usage === undefined) return;
    const tokens = `${formatCount(inputTokens(usage))} in · ${formatCount(usage.output)} out`;
    fill(this.#foot, cacheBar(usage), make('span', {}, took === undefined ? tokens : `${tokens} · ${took}`));
  }
}

/**
 * Which colour a request has.
 * @param {RequestSummary} request
 */
export function stateOf(request) {
  if (request.state !== 'answered') return request.state;
  return (request.status ?? 0) >= 400 ? 'failed' : 'answered';
}

/** @param {RequestSummary} request */
export function stateWords({ state, status }) {
  switch (state) {
    case 'waiting':
      return 'Waits for you';
    case 'answering':
      return 'Answering';
    case 'aborted':
      return 'Client left';
    default:
      return String(status ?? 'Answered');
  }
}

/** @param {RequestSummary} request */
function promptWords({ prompt, tool_results: results }) {
  if (results === undefined) return prompt ?? '';
  return `${counted(results, 'tool result')}${prompt === undefined ? '' : ` · ${prompt}`}`;
}

/** @param {RequestSummary} request */
function answerWords({ error, said, calls }) {
  if (error) return `${error.type}: ${error.message}`;
  return [calls && `calls ${calls.join(', ')}`, said].filter((words) => words !== undefined).join(' · ');
}
