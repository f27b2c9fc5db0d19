import { make, setText } from './element.js';
import { exampleInput } from './example-input.js';
import { firstLine, isRecord } from './format.js';

/** Inputs of tools whose schema the API knows and does not send. */
const KNOWN_INPUTS = [
  { type: /^bash_/, input: { command: '' } },
  { type: /^text_editor_/, input: { command: 'view', path: '' } },
  { type: /^memory_/, input: { command: 'view', path: '/memories' } },
];

/** One block of a typed answer: a text, or a call of an offered tool. */
export class AnswerPart {
  #type;
  #tools;
  #area = make('textarea', { spellcheck: false });
  #select = make('select');
  #told = make('p', { className: 'quiet' });
  #problem = make('p', { className: 'problem', 'aria-live': 'polite' });
  /** What was typed for each tool. @type {Map<string, string>} */
  #drafts = new Map();
  #tool = '';
  element = make('li');

  /**
   * @param {'text' | 'tool_use'} type
   * @param {{ body: unknown, names: readonly string[] }} offered
   * @param {() => void} onRemove
   */
  constructor(type, offered, onRemove) {
    this.#type = type;
    this.#tools = toolsOf(offered.body);
    const remove = make('button', { type: 'button', className: 'remove' }, 'Remove');
    remove.addEventListener('click', onRemove);
    if (type === 'text') this.#layOutText(remove);
    else this.#layOutCall(remove, offered.names);
  }

  /** @param {HTMLElement} remove */
  #layOutText(remove) {
    remove.setAttribute('aria-label', 'Remove this text');
    this.#area.rows = 4;
    this.#area.spellcheck = true;
    this.#area.setAttribute('aria-label', 'Text');
    this.element.append(
      make('div', { className: 'part-head' }, make('span', { 'aria-hidden': 'true' }, 'Text'), remove),
      this.#area,
    );
  }

  /**
   * @param {HTMLElement} remove
   * @param {readonly string[]} names
   */
  #layOutCall(remove, names) {
    remove.setAttribute('aria-label', 'Remove this tool call');
    this.#area.className = 'json';
    this.#area.rows = 6;
    this.#area.setAttribute('aria-label', 'Input as JSON');
    this.#select.append(...names.map((name) => make('option', { value: name }, name)));
    this.#select.addEventListener('change', () => this.#choose(this.#select.value));
    this.#area.addEventListener('input', () => this.#check());
    this.element.append(
      make('div', { className: 'part-head' }, make('label', {}, 'Tool call ', this.#select), remove),
      this.#told,
      this.#area,
      this.#problem,
    );
    this.#choose(this.#select.value);
  }

  focus() {
    this.#area.focus();
  }

  get typed() {
    return this.#area.value;
  }

  /** The block; nothing for an empty text, and the problem with an input that is no object. */
  read() {
    const text = this.#area.value;
    if (this.#type === 'text') return { block: text.trim() === '' ? undefined : { type: 'text', text } };
    const problem = this.#check();
    if (problem !== undefined) return { problem: `The input of ${this.#tool}: ${problem}` };
    return { block: { type: 'tool_use', name: this.#tool, input: JSON.parse(text) } };
  }

  /** @param {string} name */
  #choose(name) {
    if (this.#tool !== '') this.#drafts.set(this.#tool, this.#area.value);
    this.#tool = name;
    const tool = this.#tools.get(name);
    const description = typeof tool?.description === 'string' ? firstLine(tool.description, 160) : '';
    setText(this.#told, description);
    this.#told.hidden = description === '';
    this.#area.value = this.#drafts.get(name) ?? JSON.stringify(inputOf(tool), null, 2);
    this.#check();
  }

  #check() {
    const problem = problemOf(this.#area.value);
    setText(this.#problem, problem ?? '');
    this.#area.setAttribute('aria-invalid', String(problem !== undefined));
    return problem;
  }
}

/** @param {string} text */
function problemOf(text) {
  try {
    return isRecord(JSON.parse(text)) ? undefined : 'must be an object: { … }';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** @param {Record<string, unknown> | undefined} tool */
function inputOf(tool) {
  const known = KNOWN_INPUTS.find(({ type }) => typeof tool?.type === 'string' && type.test(tool.type));
  return known?.input ?? exampleInput(tool?.input_schema);
}

/**
 * The offered tools by name.
 * @param {unknown} body
 * @returns {Map<string, Record<string, unknown>>}
 */
function toolsOf(body) {
  const tools = isRecord(body) && Array.isArray(body.tools) ? body.tools.filter(isRecord) : [];
  return new Map(tools.map((tool) => [String(tool.name), tool]));
}
