import { contentBlocks, fold, folded } from './content-blocks.js';
import { make } from './element.js';
import { counted, firstLine, formatCount, isRecord } from './format.js';

/** Of a long conversation the end is shown first. */
const MESSAGES_SHOWN = 30;
const ROLES = /** @type {Record<string, string>} */ ({ user: 'User', assistant: 'Assistant', system: 'System' });

/**
 * What a request asks: system text, tools and messages.
 * @param {Record<string, unknown>} body
 */
export function conversationView(body) {
  const messages = Array.isArray(body.messages) ? body.messages : [];
  const names = toolNames(messages);
  const shown = make('div', { className: 'conversation' });
  const views = messages.map((message) => messageView(message, names));
  const earlier = views.slice(0, Math.max(0, views.length - MESSAGES_SHOWN));
  shown.append(...systemView(body.system), ...toolsView(body.tools));
  if (earlier.length > 0) {
    const more = make(
      'button',
      { type: 'button', className: 'more' },
      `Show ${counted(earlier.length, 'earlier message')}`,
    );
    more.addEventListener('click', () => more.replaceWith(...earlier));
    shown.append(more);
  }
  shown.append(...views.slice(earlier.length));
  return shown;
}

/**
 * The answer, as a message of its own.
 * @param {Record<string, unknown>} answer
 */
export function answerView(answer) {
  const shown = messageView({ role: 'assistant', content: answer.content }, new Map());
  shown.classList.add('is-answer');
  if (Array.isArray(answer.content) && answer.content.length === 0)
    shown.append(make('p', { className: 'quiet' }, 'Without any content'));
  return shown;
}

/**
 * @param {unknown} message
 * @param {ReadonlyMap<string, string>} names
 */
function messageView(message, names) {
  if (!isRecord(message)) return make('article', { className: 'message' }, folded('Not a message', message));
  const role = String(message.role);
  return make(
    'article',
    { className: `message ${role in ROLES ? role : 'unknown'}` },
    make('h4', {}, ROLES[role] ?? role),
    ...contentBlocks(message.content, names),
  );
}

/** @param {unknown} system */
function systemView(system) {
  if (system === undefined || system === null) return [];
  const chars = JSON.stringify(system).length;
  return [
    fold(
      make('span', {}, make('strong', {}, 'System prompt'), ` · ${formatCount(chars)} characters`),
      ...contentBlocks(system, new Map()),
    ),
  ];
}

/** @param {unknown} tools */
function toolsView(tools) {
  if (!Array.isArray(tools) || tools.length === 0) return [];
  const each = tools.map((tool) => {
    const { name, description } = isRecord(tool) ? tool : {};
    const told =
      typeof description === 'string' ? make('span', { className: 'hint' }, ` ${firstLine(description, 90)}`) : '';
    return folded([make('strong', {}, String(name)), told], tool);
  });
  return [fold(make('span', {}, make('strong', {}, counted(tools.length, 'tool'))), ...each)];
}

/**
 * Names of the called tools, by the ids of their calls.
 * @param {readonly unknown[]} messages
 */
function toolNames(messages) {
  /** @type {Map<string, string>} */
  const names = new Map();
  for (const message of messages) {
    const content = isRecord(message) && Array.isArray(message.content) ? message.content : [];
    for (const block of content)
      if (isRecord(block) && typeof block.name === 'string') names.set(String(block.id), block.name);
  }
  return names;
}
