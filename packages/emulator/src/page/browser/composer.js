import { AnswerPart } from './answer-part.js';
import { release, sendAnswer } from './connection.js';
import { make, setText } from './element.js';
import { formatTimeLeft } from './format.js';

/** @typedef {import('../request-details.ts').RequestDetails} RequestDetails */

const STOP_REASONS = [
  'end_turn',
  'tool_use',
  'max_tokens',
  'stop_sequence',
  'refusal',
  'pause_turn',
  'model_context_window_exceeded',
];

/** Where a person types the answer of one request. What is typed stays while other requests are looked at. */
export class Composer {
  #details;
  #onDone;
  #isDone = false;
  #parts = make('ol', { className: 'parts' });
  #problem = make('p', { className: 'problem', role: 'alert', hidden: true });
  #left = make('span', { className: 'time-left' });
  #stopReason = make(
    'select',
    {},
    make('option', { value: '' }, 'Automatic'),
    ...STOP_REASONS.map((reason) => make('option', { value: reason }, reason)),
  );
  #send = make('button', { type: 'submit', className: 'primary' }, 'Send the answer');
  #release = make('button', { type: 'button' }, 'Let the simulated assistant answer');
  #foot = make(
    'div',
    { className: 'composer-foot' },
    make('label', {}, 'Stop reason ', this.#stopReason),
    this.#release,
    this.#send,
  );
  /** @type {AnswerPart[]} */
  #all = [];
  element;

  /**
   * @param {RequestDetails} details
   * @param {() => void} onDone called once the emulator has taken the answer
   */
  constructor(details, onDone) {
    this.#details = details;
    this.#onDone = onDone;
    const addText = make('button', { type: 'button', className: 'add' }, '+ Text');
    const addCall = make('button', { type: 'button', className: 'add' }, '+ Tool call');
    addCall.hidden = details.callable_tools.length === 0;
    this.element = make(
      'form',
      { className: 'composer', 'aria-label': 'Your answer' },
      make('p', { className: 'composer-title' }, make('strong', {}, 'You are the model.'), ' ', this.#left),
      this.#parts,
      make('div', { className: 'adds' }, addText, addCall),
      this.#problem,
      this.#foot,
    );
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#answer();
    });
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.element.requestSubmit();
    });
    this.#release.addEventListener('click', () => void this.#done(() => release(this.#details.summary.id)));
    addText.addEventListener('click', () => this.#add('text').focus());
    addCall.addEventListener('click', () => this.#add('tool_use').focus());
    this.#add('text');
    this.tick();
  }

  focus() {
    this.#all[0]?.focus();
  }

  /** Shows how long the request still waits. */
  tick() {
    const until = this.#details.summary.waits_until_ms;
    setText(this.#left, until === undefined ? '' : `Waits for ${formatTimeLeft(until - Date.now())} more.`);
  }

  /** What was typed and not sent, for when the request does not wait any more. */
  get unsent() {
    if (this.#isDone) return '';
    return this.#all
      .map((part) => part.typed)
      .filter((text) => text.trim() !== '')
      .join('\n\n');
  }

  /** @param {'text' | 'tool_use'} type */
  #add(type) {
    const { body, callable_tools: names } = this.#details;
    const part = new AnswerPart(type, { body, names }, () => {
      const at = this.#all.indexOf(part);
      this.#all.splice(at, 1);
      part.element.remove();
      (this.#all[Math.min(at, this.#all.length - 1)] ?? this.#stopReason).focus();
    });
    this.#all.push(part);
    this.#parts.append(part.element);
    this.#foot.scrollIntoView({ block: 'nearest' });
    return part;
  }

  async #answer() {
    /** @type {unknown[]} */
    const blocks = [];
    for (const part of this.#all) {
      const { block, problem } = part.read();
      if (problem !== undefined) {
        this.#tell(problem);
        part.focus();
        return;
      }
      if (block !== undefined) blocks.push(block);
    }
    if (blocks.length === 0 && this.#stopReason.value === '') {
      this.#tell('Type something, add a tool call, or choose a stop reason.');
      this.focus();
      return;
    }
    const stopReason = this.#stopReason.value === '' ? {} : { stop_reason: this.#stopReason.value };
    await this.#done(() => sendAnswer(this.#details.summary.id, { blocks, ...stopReason }));
  }

  /** @param {() => Promise<unknown>} act */
  async #done(act) {
    this.#problem.hidden = true;
    this.#isDone = true;
    this.#send.disabled = this.#release.disabled = true;
    try {
      await act();
      this.#onDone();
    } catch (error) {
      this.#tell(error instanceof Error ? error.message : String(error));
      this.#isDone = false;
      this.#send.disabled = this.#release.disabled = false;
    }
  }

  /** @param {string} problem */
  #tell(problem) {
    this.#problem.hidden = false;
    setText(this.#problem, problem);
  }
}
