import { make } from './element.js';
import { counted, firstLine, formatCount, isRecord } from './format.js';
import { jsonText } from './json-view.js';

/** @typedef {Record<string, unknown>} Block */

/** More of a text is shown when somebody asks for it. */
const SHORT_CHARS = 2000;

/**
 * The blocks of a content, readably; what has no place here is shown as JSON.
 * @param {unknown} content
 * @param {ReadonlyMap<string, string>} toolNames by the id of the call
 * @returns {HTMLElement[]}
 */
export function contentBlocks(content, toolNames) {
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  if (!Array.isArray(blocks)) return [folded('Not a list of blocks', content)];
  return blocks.map((block) => {
    const shown = isRecord(block) ? blockView(block, toolNames) : folded('Not a block', block);
    if (isRecord(block) && isRecord(block.cache_control))
      (shown.querySelector('summary') ?? shown).append(cacheMark(block.cache_control));
    return shown;
  });
}

/**
 * @param {Block} block
 * @param {ReadonlyMap<string, string>} toolNames
 */
function blockView(block, toolNames) {
  const { type } = block;
  switch (type) {
    case 'text':
      return textView(String(block.text));
    case 'thinking':
      return block.thinking === ''
        ? make('p', { className: 'quiet' }, 'Thinking, whose text is left out')
        : fold(make('span', {}, 'Thinking'), textView(String(block.thinking)));
    case 'tool_use':
    case 'server_tool_use':
      return folded(['Calls ', make('strong', {}, String(block.name)), hint(inputHint(block.input))], block.input);
    case 'tool_result':
      return toolResult(block, toolNames);
    case 'image':
    case 'document':
      return folded(`${type === 'image' ? 'Image' : 'Document'} · ${sourceWords(block.source)}`, block);
    default:
      return folded(String(type), block);
  }
}

/**
 * @param {Block} block
 * @param {ReadonlyMap<string, string>} toolNames
 */
function toolResult(block, toolNames) {
  const name = toolNames.get(String(block.tool_use_id)) ?? 'a tool';
  const text = typeof block.content === 'string' ? block.content : firstText(block.content);
  const summary = make(
    'span',
    {},
    block.is_error === true ? 'Error of ' : 'Result of ',
    make('strong', {}, name),
    hint(firstLine(text, 80)),
  );
  const shown = fold(summary, ...contentBlocks(block.content ?? '', toolNames));
  if (block.is_error === true) shown.classList.add('is-error');
  return shown;
}

/** @param {string} text */
function textView(text) {
  if (text.trim() === '') return make('p', { className: 'quiet' }, 'Without text');
  const shown = make('div', { className: 'text' });
  if (text.length <= SHORT_CHARS * 1.2) {
    shown.textContent = text;
    return shown;
  }
  const more = make('button', { type: 'button', className: 'more' }, `Show all ${counted(text.length, 'character')}`);
  more.addEventListener('click', () => {
    shown.textContent = text;
  });
  shown.append(`${text.slice(0, SHORT_CHARS)}…`, more);
  return shown;
}

/**
 * JSON behind one line.
 * @param {string | readonly (string | Node)[]} summary
 * @param {unknown} value
 */
export function folded(summary, value) {
  const pre = make('pre', { tabIndex: 0 });
  const shown = fold(make('span', {}, ...(typeof summary === 'string' ? [summary] : summary)), pre);
  // Made when it is looked at: a conversation holds hundreds.
  shown.addEventListener('toggle', () => (pre.textContent ||= jsonText(value)));
  return shown;
}

/**
 * @param {HTMLElement} summary
 * @param {...HTMLElement} inside
 */
export function fold(summary, ...inside) {
  return make('details', { className: 'fold' }, make('summary', {}, summary), ...inside);
}

/** @param {string} words */
function hint(words) {
  return make('span', { className: 'hint' }, words === '' ? '' : ` ${words}`);
}

/** @param {unknown} input */
function inputHint(input) {
  const first = isRecord(input) ? Object.values(input).find((value) => typeof value === 'string') : undefined;
  return firstLine(typeof first === 'string' ? first : JSON.stringify(input ?? null), 80);
}

/** @param {unknown} content */
function firstText(content) {
  const first = Array.isArray(content) ? content.find((block) => isRecord(block) && block.type === 'text') : undefined;
  return isRecord(first) ? String(first.text) : '';
}

/** @param {unknown} source */
function sourceWords(source) {
  if (!isRecord(source)) return 'without a source';
  const data = typeof source.data === 'string' ? ` · ${formatCount(source.data.length)} characters` : '';
  return `${String(source.media_type ?? source.url ?? source.file_id ?? source.type)}${data}`;
}

/** @param {Record<string, unknown>} control */
function cacheMark(control) {
  const ttl = typeof control.ttl === 'string' ? control.ttl : '5m';
  return make('span', { className: 'mark', title: 'A cache breakpoint stands after this block' }, `cache ${ttl}`);
}
