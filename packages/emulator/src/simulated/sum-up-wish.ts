import { shorten } from '../replies/sum-up-calls.ts';
import type { ToolCall } from '../request/turn-so-far.ts';
import { findCommands } from './find-commands.ts';
import { hasFailed, type WishOutcome } from './plan-steps.ts';
import type { Wish } from './parse-wishes.ts';

const MAX_LINES = 20;
const MAX_CHARS = 600;
const MAX_COMMANDS = 12;

/** Says what came of one wish, from the results alone. Wishes to recall something are answered elsewhere. */
export function sumUpWish({ wish, calls, missing }: WishOutcome): string {
  if (missing !== undefined)
    return `I would need the tool ${missing} ${forWhat(wish)}, and it is not offered to me here.`;
  const failed = calls.find(hasFailed);
  if (wish.type === 'read')
    return calls.map((call, index) => sumUpFile(wish.files[index] ?? 'the file', call, wish.question)).join('\n\n');
  if (failed) return failure(forWhat(wish), failed);
  const said = calls.at(-1)?.result?.text ?? '';
  switch (wish.type) {
    case 'run':
      return printed(`\`${wish.command}\``, said);
    case 'edit':
      return `I read \`${wish.file}\` and replaced “${shorten(wish.from, 80)}” with “${shorten(wish.to, 80)}” in it.`;
    case 'write':
      return `I wrote ${count(wish.content.split('\n').length, 'line')} to \`${wish.file}\`.`;
    case 'list':
      return printed(`The search for files named \`${wish.pattern}\``, said);
    case 'search':
      return printed(`The search for \`${wish.pattern}\``, said);
    case 'call':
      return printed(`The tool ${wish.tool}`, said);
    case 'recall':
      return '';
    default:
      return wish satisfies never;
  }
}

/** What a wish is for, after "to" or "I could not". */
function forWhat(wish: Wish): string {
  switch (wish.type) {
    case 'read':
      return `to read ${wish.files.map((file) => `\`${file}\``).join(' and ')}`;
    case 'run':
      return `to run \`${wish.command}\``;
    case 'edit':
      return `to edit \`${wish.file}\``;
    case 'write':
      return `to write \`${wish.file}\``;
    case 'list':
      return `to list \`${wish.pattern}\``;
    case 'search':
      return `to search for \`${wish.pattern}\``;
    case 'call':
      return `to call ${wish.tool}`;
    case 'recall':
      return 'to remember';
    default:
      return wish satisfies never;
  }
}

function failure(what: string, call: ToolCall): string {
  const reason = (call.result?.text ?? '').replaceAll(/<\/?tool_use_error>/g, '').trim();
  const told = reason === '' ? 'no reason was given.' : `the tool ${call.name} answered:\n\n${quoted(reason)}`;
  return `I was not able ${what}: ${told}`;
}

function sumUpFile(file: string, call: ToolCall, question: string): string {
  if (hasFailed(call)) return failure(`to read \`${file}\``, call);
  const body = withoutLineNumbers(call.result?.text ?? '');
  const lines = body === '' ? 0 : body.replace(/\n$/, '').split('\n').length;
  const [, heading] = /^#+\s+(.+)$/m.exec(body) ?? [];
  const about = `\`${file}\` has ${count(lines, 'line')}${heading === undefined ? '' : `; its first heading is “${heading.trim()}”`}.`;
  const asksForCommands = /\bcommands?\b|\bhow (?:do|can|to)\b|\bstart\b|\brun\b/i.test(question);
  const answer = asksForCommands ? `${nameCommands(file, body)}\n\n` : '';
  const asksElse =
    question !== '' &&
    !asksForCommands &&
    !/\b(?:lines?|headings?|titles?|summar\w*|say|says|tell me (?:what|about))\b/i.test(question);
  const note = asksElse ? '\n\nTo answer your question about it I would need a model; I can only count and quote.' : '';
  const start = asksForCommands ? '' : `\n\nIt begins:\n\n${quoted(body)}`;
  return `${answer}${about}${lines === 0 ? '' : start}${note}`;
}

function nameCommands(file: string, body: string): string {
  const commands = findCommands(body);
  if (commands.length === 0) return `I found no commands in \`${file}\`.`;
  const shown = commands.slice(0, MAX_COMMANDS);
  const more = commands.length > shown.length ? `\n- … and ${commands.length - shown.length} more` : '';
  return `I found ${count(commands.length, 'command')} in \`${file}\`:\n\n${shown.map((command) => `- \`${command}\``).join('\n')}${more}`;
}

/** Readers number their lines, as `12<TAB>text`; the file itself has no numbers. */
function withoutLineNumbers(text: string): string {
  const lines = text.replace(/<system-reminder>[\s\S]*?<\/system-reminder>/g, '').split('\n');
  const numbered = /^\s*\d+(?:\t|→)/;
  if (!lines.some((line) => numbered.test(line))) return lines.join('\n');
  return lines
    .filter((line) => numbered.test(line))
    .map((line) => line.replace(numbered, ''))
    .join('\n');
}

function printed(what: string, said: string): string {
  const text = said.trim();
  return text === ''
    ? `${what} printed nothing.`
    : `${what} printed ${count(text.split('\n').length, 'line')}:\n\n${quoted(text)}`;
}

/** The beginning of a text as a code block whose fence is longer than any in it. */
function quoted(text: string): string {
  const lines = text.trim().split('\n');
  const shown = shorten(lines.slice(0, MAX_LINES).join('\n'), MAX_CHARS);
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  const rest = lines.length > MAX_LINES ? `\n… (${lines.length - MAX_LINES} more lines)` : '';
  return `${fence}\n${shown}${rest}\n${fence}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
