import { parentPort, workerData } from 'node:worker_threads';
import TurndownService from 'turndown';
import { stripTags } from './strip-tags.ts';

// Runs in a thread of its own: what it takes is bounded by whoever starts it (html-to-markdown.ts).

/** What the thread is given. */
export type HtmlJob = { html: string; url: string };

const NOT_TEXT = [
  'script',
  'style',
  'noscript',
  'template',
  'iframe',
  'object',
  'embed',
  'title',
  'button',
  'select',
] as const;

// Given by the one module that starts this file.
const { html, url } = workerData as HtmlJob;
parentPort?.postMessage(toMarkdown(html, url));

function toMarkdown(page: string, base: string): string {
  const service = new TurndownService({
    headingStyle: 'atx',
    codeBlockStyle: 'fenced',
    hr: '---',
    bulletListMarker: '-',
  });
  // `svg` is no HTML element, as the library's types count them.
  service.remove([...NOT_TEXT, 'svg' as 'script']);
  service.addRule('link', {
    filter: (node) => node.nodeName === 'A',
    replacement: (content, node) => link(content, attribute(node, 'href'), base),
  });
  service.addRule('image', {
    filter: 'img',
    replacement: (_, node) => image(attribute(node, 'alt'), attribute(node, 'src'), base),
  });
  service.addRule('cell', {
    filter: ['td', 'th'],
    replacement: (content) => `| ${oneLine(content).replaceAll('|', '\\|')} `,
  });
  service.addRule('row', { filter: 'tr', replacement: (content, node) => row(content, node) });
  service.addRule('table', { filter: 'table', replacement: (content) => `\n\n${content.trim()}\n\n` });
  const title = titleOf(page);
  const text = service
    .turndown(page)
    .replace(/\n[ \t\u00a0]+(?=\n)/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  return title === '' || text.includes(`# ${title}`) ? text : `# ${title}\n\n${text}`;
}

/** The part of the library's DOM that is used here; its own types name a browser's. */
type DomNode = {
  nodeName: string;
  parentNode: DomNode | null;
  firstChild: DomNode | null;
  previousSibling: DomNode | null;
  getAttribute?(name: string): string | null;
};

function oneLine(text: string): string {
  return text
    .trim()
    .split(/\s*\n\s*/)
    .join(' ');
}

function link(content: string, href: string, base: string): string {
  const text = oneLine(content);
  if (text === '') return '';
  return /^https?:/i.test(href) || /^(?!#)[^:]*([/?#]|$)/.test(href) ? `[${text}](${absolute(href, base)})` : text;
}

function image(alt: string, src: string, base: string): string {
  if (alt.trim() === '') return '';
  return src === '' || src.startsWith('data:') ? alt : `![${alt.replace(/[[\]\n]/g, ' ')}](${absolute(src, base)})`;
}

/** The first row of a table is its head, as Markdown wants one. */
function row(content: string, node: DomNode): string {
  const cells = content.split(/(?<!\\)\| /).length - 1;
  const isFirst = (node.parentNode?.firstChild ?? node) === node && !hasRowsBefore(node.parentNode);
  return `\n${content.trim()} |${isFirst && cells > 0 ? `\n${'| --- '.repeat(cells)}|` : ''}`;
}

function hasRowsBefore(group: DomNode | null): boolean {
  return group !== null && group.nodeName !== 'TABLE' && group.previousSibling !== null;
}

function absolute(href: string, base: string): string {
  return URL.canParse(href, base) ? new URL(href, base).href : href;
}

function titleOf(page: string): string {
  const start = page.slice(0, 100_000);
  const open = start.search(/<title[\s>]/i);
  if (open === -1) return '';
  const from = start.indexOf('>', open) + 1;
  const end = start.indexOf('<', from);
  return end === -1 ? '' : stripTags(start.slice(from, Math.min(end, from + 300))).replace(/\s+/g, ' ');
}

function attribute(node: DomNode, name: string): string {
  return (node.getAttribute?.(name) ?? '').trim();
}
