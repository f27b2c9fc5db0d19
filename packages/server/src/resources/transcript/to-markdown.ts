import type { SessionMessage } from 'colloquy';

/** Of a tool's input or result; the rest is left out, and said to be. */
const MAX_TOOL_CHARS = 20_000;

export type TranscriptFacts = { title: string; id: string; model: string | undefined; createdAt: string };

/** A conversation as Markdown: a heading for each who speaks, tools folded away. */
export function toMarkdown(facts: TranscriptFacts, messages: readonly SessionMessage[]): string {
  const { title, id, model, createdAt } = facts;
  const head = [
    `# ${oneLine(title)}`,
    '',
    `Session ${id}, begun ${createdAt}${model === undefined ? '' : `, with ${model}`}.`,
  ];
  const parts: string[] = [];
  let speaker = '';
  for (const message of messages) {
    for (const { by, text } of speech(message)) {
      if (by !== '' && by !== speaker) parts.push(`## ${by}`);
      if (by !== '') speaker = by;
      parts.push(text);
    }
  }
  return `${[...head, '', parts.join('\n\n')].join('\n')}\n`;
}

type Speech = { by: 'You' | 'Claude' | ''; text: string };
type Block = Record<string, unknown>;

function speech({ type, message }: SessionMessage): Speech[] {
  // Stored messages have the wire's shape; anything else in them is passed over.
  const { content } = message as { content: unknown };
  const by = type === 'user' ? 'You' : 'Claude';
  if (typeof content === 'string') return [{ by, text: content }];
  return Array.isArray(content) ? content.flatMap((block: Block) => blockSpeech(block, by)) : [];
}

function blockSpeech(block: Block, by: 'You' | 'Claude'): Speech[] {
  switch (block['type']) {
    case 'text':
      return typeof block['text'] === 'string' && block['text'].trim() !== '' ? [{ by, text: block['text'] }] : [];
    case 'image':
    case 'document':
      return [{ by, text: `*(${block['type']})*` }];
    case 'tool_use':
      return [{ by, text: folded(`${String(block['name'])}`, 'json', JSON.stringify(block['input'], null, 2)) }];
    case 'tool_result':
      return [
        { by: '', text: folded(block['is_error'] === true ? 'Failed' : 'Result', '', resultText(block['content'])) },
      ];
    default:
      return [];
  }
}

function resultText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((block: Block) => (typeof block['text'] === 'string' ? block['text'] : `(${String(block['type'])})`))
    .join('\n');
}

function folded(summary: string, language: string, text: string): string {
  const shown =
    text.length > MAX_TOOL_CHARS
      ? `${text.slice(0, MAX_TOOL_CHARS)}\n… (${text.length - MAX_TOOL_CHARS} characters left out)`
      : text;
  // A fence must be longer than any in the text.
  const longest = Math.max(2, ...[...shown.matchAll(/`{3,}/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `<details><summary>${escapeHtml(summary)}</summary>\n\n${fence}${language}\n${shown}\n${fence}\n\n</details>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
