import type { SyntaxNode } from './syntax-tree.ts';
import { everyChar } from './every-char.ts';
import type { Findings } from './findings.ts';
import { isNameChar } from './read-word.ts';

/** Operators of `${name…}` that only cut or replace text. */
const PLAIN_OPERATORS: ReadonlySet<string> = new Set([
  ':-',
  '-',
  ':+',
  '+',
  ':?',
  '?',
  '#',
  '##',
  '%',
  '%%',
  '/',
  '//',
  '/#',
  '/%',
  '^',
  '^^',
  ',',
  ',,',
]);
const PLAIN_IN_BRACES = ' _./:,=%+-*#^@';
const PLAIN_IN_ARITHMETIC = ' \t_+-*/%<>=!&|?:,~^';
const SPECIAL_NAMES: ReadonlySet<string> = new Set(['@', '*', '#', '?', '-', '$', '!']);

/** Checks a `$name`. */
export function checkSimpleExpansion(text: string, findings: Findings): void {
  const name = text.slice(1);
  if (!text.startsWith('$') || !(isName(name) || SPECIAL_NAMES.has(name) || isDigit(name)))
    findings.doubt(`${text} cannot be followed`);
}

/** Checks a `${…}`. What it holds may be run or calculated: only the plain forms are taken as such. */
export function checkBraceExpansion(node: SyntaxNode, findings: Findings): void {
  const inner = node.text.slice(2, -1);
  const counted = inner.startsWith('#') && inner.length > 1 ? inner.slice(1) : inner;
  let at = 0;
  while (at < counted.length && isNameChar(counted.charAt(at))) at += 1;
  const name = counted.slice(0, at);
  let rest = counted.slice(at);
  for (const index of ['[@]', '[*]', '[0]']) if (rest.startsWith(index)) rest = rest.slice(index.length);
  if (name === '' || !isPlainRest(rest)) findings.doubt(`${node.text} cannot be followed`);
}

function isPlainRest(rest: string): boolean {
  if (rest === '') return true;
  const operator = [3, 2, 1].map((length) => rest.slice(0, length)).find((text) => PLAIN_OPERATORS.has(text));
  if (operator === undefined) return false;
  // `${x:=…}` assigns, `${x:1:2}` calculates, `${x@P}` runs what it finds.
  return everyChar(rest.slice(operator.length), (char) => isNameChar(char) || PLAIN_IN_BRACES.includes(char));
}

/**
 * Checks what stands in `$((…))`, `((…))` and `for ((…))`. Names in it are noted, because bash calculates with what their values
 * say, substitutions included.
 */
export function checkArithmetic(text: string, findings: Findings): void {
  let name = '';
  for (const char of `${text} `) {
    if (isNameChar(char)) {
      name += char;
      continue;
    }
    if (name !== '' && !isDigit(name.charAt(0))) findings.calculates(name);
    name = '';
    if (!PLAIN_IN_ARITHMETIC.includes(char)) {
      findings.doubt('it calculates with what cannot be followed');
      return;
    }
  }
}

/** Whether a text is the name of a variable. */
export function isName(text: string): boolean {
  return text !== '' && !isDigit(text.charAt(0)) && everyChar(text, isNameChar);
}

function isDigit(char: string): boolean {
  return char.length === 1 && char >= '0' && char <= '9';
}

/** Whether a text is a whole number. */
export function isNumber(text: string): boolean {
  return isDigits(text.startsWith('-') ? text.slice(1) : text);
}

/** Whether a text is one or more digits. */
export function isDigits(text: string): boolean {
  return text !== '' && everyChar(text, isDigit);
}
