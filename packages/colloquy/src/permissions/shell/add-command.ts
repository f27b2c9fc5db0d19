import { MAX_DEPTH } from './bounds.ts';
import type { CommandPart, Word } from './command-part.ts';
import { isDangerousVariable } from './environment-names.ts';
import type { Place, Reading, SimpleCommand } from './findings.ts';
import { classify } from './known-commands.ts';
import { fileName } from './part-texts.ts';
import { variablesSetBy, whyBuiltinUnclear } from './open-builtin.ts';
import { openCommand } from './open-command.ts';
import { nothingOpened } from './open-wrapper.ts';

/** Parts that only test, and do nothing. */
const TESTS: ReadonlySet<string> = new Set(['[', '[[', 'test']);
/** Builtins that only steer the shell that runs them. */
const STEERING: ReadonlySet<string> = new Set([
  ':',
  'true',
  'false',
  'set',
  'exit',
  'return',
  'break',
  'continue',
  'shift',
  'wait',
]);
const DECLARATIONS: ReadonlySet<string> = new Set(['declare', 'typeset', 'local', 'readonly', 'export', 'unset']);
/** Opens no file. */
const NOWHERE: ReadonlySet<string> = new Set([
  '/dev/null',
  '/dev/stdout',
  '/dev/stderr',
  '/dev/stdin',
  '/dev/fd/1',
  '/dev/fd/2',
]);
const MAX_INNER_TEXT_CHARS = 2000;

/** Takes in a simple command: itself as a part, and everything that it would run. */
export function addCommand(command: SimpleCommand, place: Place, reading: Reading): void {
  const { findings } = reading;
  if (!findings.step(1 + command.words.length)) return;
  if (place.depth > MAX_DEPTH) return findings.giveUp(`it is nested more than ${MAX_DEPTH} deep`);
  const [called] = command.words;
  const name = called === undefined ? undefined : fileName(called);
  const opened = command.words.length === 0 ? nothingOpened() : openCommand(command.words, command.input);
  if (called?.includes('=') === true) findings.doubt('it cannot be told whether a word of it sets a variable');
  const whyUnclear = name === undefined ? undefined : whyBuiltinUnclear(name, command.words);
  if (whyUnclear !== undefined) findings.doubt(whyUnclear);
  for (const variable of name === undefined ? [] : variablesSetBy(name, command.words)) findings.sets(variable);
  const setsForLater = command.words.length === 0 || (name !== undefined && DECLARATIONS.has(name));
  const dangerous = command.assignments.find((assignment) => isDangerousVariable(assignment.name));
  if (setsForLater && dangerous !== undefined)
    findings.doubt(`the variable ${dangerous.name} changes what the commands after it mean`);
  const index = findings.add({
    ...toPart(command, place, name),
    transparent:
      opened.transparent || setsForLater || (called !== undefined && (TESTS.has(called) || STEERING.has(called))),
    unclear: opened.unclear,
    unseen:
      opened.unseen ?? (dangerous === undefined ? undefined : `the variable ${dangerous.name} may name a program`),
  });
  const wrappers = name === undefined || name === '' ? place.wrappers : [...place.wrappers, name];
  const inner: Place = { depth: place.depth + 1, wrappers, inside: { part: index, word: undefined }, input: undefined };
  for (const { words, at, assignments } of opened.commands) {
    const redirects: SimpleCommand['redirects'] = [];
    const own: SimpleCommand = {
      text: toText(words),
      words,
      assignments: assignments ?? [],
      redirects,
      input: command.input,
    };
    addCommand(own, { ...inner, inside: { part: index, word: at } }, reading);
  }
  for (const script of opened.scripts)
    reading.script(script, { ...inner, input: command.input === undefined ? undefined : { text: undefined } });
  if (opened.runsUnknown) {
    const unknown: SimpleCommand = {
      text: command.text,
      words: [undefined],
      assignments: [],
      redirects: [],
      input: undefined,
    };
    addCommand(unknown, inner, reading);
  }
}

function toPart(command: SimpleCommand, place: Place, name: Word): CommandPart {
  const redirects = command.redirects.filter(({ path }) => path === undefined || !NOWHERE.has(path));
  const { readOnly, edits, paths } = classify(command.words);
  const isEmpty = command.words.length === 0;
  const writes = redirects.some(({ access }) => access === 'write');
  return {
    text: command.text.trim(),
    words: command.words,
    name: isEmpty ? '' : command.words[0] === undefined ? undefined : name,
    wrappers: place.wrappers,
    inside: place.inside,
    assignments: command.assignments,
    redirects,
    transparent: false,
    unclear: undefined,
    unseen: undefined,
    readOnly: readOnly && !writes,
    fileCommand: edits && !writes ? 'acceptEdits' : 'none',
    paths,
  };
}

/** Words as a person would write them; `…` for one that cannot be known. */
function toText(words: readonly Word[]): string {
  return words
    .slice(0, MAX_INNER_TEXT_CHARS / 2)
    .map((word) => word ?? '…')
    .join(' ')
    .slice(0, MAX_INNER_TEXT_CHARS);
}
