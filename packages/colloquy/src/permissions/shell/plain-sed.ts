import { everyChar } from './every-char.ts';
import type { Word } from './command-part.ts';

const FLAGS = 'nEruszi';
const LONG_FLAGS: ReadonlySet<string> = new Set([
  '--quiet',
  '--silent',
  '--regexp-extended',
  '--null-data',
  '--separate',
  '--unbuffered',
  '--in-place',
]);
const FLAGS_OF_S = 'gpiIMm0123456789';
const PLAIN_COMMANDS = 'pdqDPNnhHgGxl=';

/** Whether words of sed hold only scripts that neither run commands nor name files to read or write. */
export function isPlainSed(rest: readonly Word[]): boolean {
  let scripts = 0;
  let ended = false;
  const operands: Word[] = [];
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at];
    if (word === undefined || ended || !word.startsWith('-') || word === '-') {
      operands.push(word);
    } else if (word === '--') ended = true;
    else if (word === '-e' || word === '--expression') {
      scripts += 1;
      at += 1;
      if (!isPlainScript(rest[at])) return false;
    } else if (LONG_FLAGS.has(word)) continue;
    else if (word.startsWith('-i') && !word.startsWith('-i.')) {
      if (word.length > 2 && !everyChar(word.slice(2), (letter) => FLAGS.includes(letter))) return false;
    } else if (!word.startsWith('-i.') && !everyChar(word.slice(1), (letter) => FLAGS.includes(letter))) return false;
  }
  if (scripts > 0) return !operands.includes(undefined);
  return operands.length > 0 && isPlainScript(operands[0]);
}

function isPlainScript(script: Word): boolean {
  if (script === undefined) return false;
  let at = 0;
  while (at < script.length) {
    at = skipBlanks(script, at);
    if (at >= script.length) return true;
    const next = skipCommand(script, skipAddresses(script, at));
    if (next === undefined) return false;
    at = next;
  }
  return true;
}

function skipBlanks(script: string, from: number): number {
  let at = from;
  while (at < script.length && ' \t\n;{}'.includes(script.charAt(at))) at += 1;
  return at;
}

function skipAddresses(script: string, from: number): number {
  let at = from;
  for (;;) {
    const char = script.charAt(at);
    if (char === '/') at = skipDelimited(script, at + 1, '/') ?? script.length;
    else if (char !== '' && '0123456789$,~+! I'.includes(char)) at += 1;
    else return at;
  }
}

function skipCommand(script: string, from: number): number | undefined {
  const command = script.charAt(from);
  if (command === '') return undefined;
  if (command === 's' || command === 'y') {
    const delimiter = script.charAt(from + 1);
    if (delimiter === '' || delimiter === '\n' || delimiter === '\\') return undefined;
    const middle = skipDelimited(script, from + 2, delimiter);
    const end = middle === undefined ? undefined : skipDelimited(script, middle, delimiter);
    if (end === undefined) return undefined;
    let at = end;
    while (at < script.length && FLAGS_OF_S.includes(script.charAt(at))) at += 1;
    return endOfCommand(script, at);
  }
  return PLAIN_COMMANDS.includes(command) || command === '}' || command === '{'
    ? endOfCommand(script, from + 1)
    : undefined;
}

function endOfCommand(script: string, from: number): number | undefined {
  let at = from;
  while (script.charAt(at) === ' ') at += 1;
  return at >= script.length || ';\n}'.includes(script.charAt(at)) ? at : undefined;
}

/** The place after the next delimiter that no backslash stands before. One in square brackets is none for sed: that is not plain. */
function skipDelimited(script: string, from: number, delimiter: string): number | undefined {
  let inBrackets = false;
  for (let at = from; at < script.length; at += 1) {
    const char = script.charAt(at);
    if (char === '\\') at += 1;
    else if (char === delimiter) return inBrackets ? undefined : at + 1;
    else if (char === '[') inBrackets = true;
    else if (char === ']') inBrackets = false;
  }
  return undefined;
}
