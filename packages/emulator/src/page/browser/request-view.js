import { Composer } from './composer.js';
import { answerView, conversationView } from './conversation-view.js';
import { fill, make } from './element.js';
import { factsView } from './facts-view.js';
import { isRecord } from './format.js';
import { jsonView } from './json-view.js';

/** @typedef {import('../request-details.ts').RequestDetails} RequestDetails */

const CONVERSATIONS = new Set(['/v1/messages', '/v1/messages/count_tokens']);

/** One request, opened. What does not change is made once, so that what is folded open or selected stays so. */
export class RequestView {
  #facts = make('div');
  #answer = make('div', { className: 'answer-slot' });
  #rawAnswer = make('div');
  /** @type {Composer | undefined} */
  #composer = undefined;
  #unsent = '';
  #onAnswered;
  element;

  /**
   * @param {RequestDetails} details
   * @param {() => void} onAnswered called once the answer that was typed here is on its way
   */
  constructor(details, onAnswered) {
    this.#onAnswered = onAnswered;
    const { body, headers } = details;
    const { path, method } = details.summary;
    const isConversation = isRecord(body) && CONVERSATIONS.has(path);
    this.element = make(
      'div',
      { className: 'request' },
      make('p', { className: 'back' }, make('a', { href: '#/' }, '← All requests')),
      this.#facts,
      isConversation && make('h3', {}, 'Conversation'),
      isConversation && conversationView(body),
      this.#answer,
      make('h3', {}, 'As it came'),
      jsonView('Headers (credentials are hidden)', headers),
      method === 'POST' && jsonView('Request, raw JSON', body),
      this.#rawAnswer,
    );
    this.update(details);
  }

  /** Shows what became of the request since. @param {RequestDetails} details */
  update({ summary, query, body, answer, ...rest }) {
    fill(this.#facts, factsView(summary, query));
    if (summary.state === 'waiting') this.#compose({ summary, query, body, ...rest });
    else this.#showAnswer(answer);
  }

  /** Whether a person is to answer here. */
  get isWaiting() {
    return this.#composer !== undefined;
  }

  focusComposer() {
    this.#composer?.element.scrollIntoView({ block: 'end' });
    this.#composer?.focus();
  }

  tick() {
    this.#composer?.tick();
  }

  /** @param {RequestDetails} details */
  #compose(details) {
    if (this.#composer) return;
    this.#composer = new Composer(details, this.#onAnswered);
    fill(this.#answer, this.#composer.element);
  }

  /** @param {unknown} answer */
  #showAnswer(answer) {
    this.#unsent = this.#composer?.unsent ?? this.#unsent;
    this.#composer = undefined;
    fill(
      this.#answer,
      isRecord(answer) && make('h3', {}, 'Answer'),
      isRecord(answer) && answerView(answer),
      this.#unsent !== '' && unsentView(this.#unsent),
    );
    fill(this.#rawAnswer, answer !== undefined && jsonView('Answer, raw JSON', answer));
  }
}

/** What was typed and never sent is not thrown away. @param {string} text */
function unsentView(text) {
  return make(
    'div',
    { className: 'note' },
    make('p', {}, 'The request does not wait any more. What you had typed:'),
    make('pre', {}, text),
  );
}
