import type { Word } from './command-part.ts';
import { isName } from './read-expansion.ts';
import type { Wrapper } from './wrapper-options.ts';

/** What a command runs besides itself. */
export type Opened = {
  /** Other commands, and at which word of this one they begin. */
  commands: { words: readonly Word[]; at: number | undefined; assignments?: { name: string; value: Word }[] }[];
  /** Texts in the language of a shell. */
  scripts: string[];
  /** It also runs something that cannot be known. */
  runsUnknown: boolean;
  transparent: boolean;
  unclear: string | undefined;
  unseen: string | undefined;
};

export const nothingOpened = (): Opened => ({
  commands: [],
  scripts: [],
  runsUnknown: false,
  transparent: false,
  unclear: undefined,
  unseen: undefined,
});

const unknownCommand = (): Opened => ({ ...nothingOpened(), runsUnknown: true });

/** Finds the command among the words of a wrapper; `from`: where its options begin. */
export function openWrapper(wrapper: Wrapper, words: readonly Word[], from = 1): Opened {
  const opened = nothingOpened();
  opened.transparent = wrapper.transparent === true;
  const start = afterSubcommand(wrapper, words, from);
  if (start === undefined) return nothingOpened();
  let at = skipOptions(wrapper, words, start, opened);
  if (at === undefined) return unknownCommand();
  const assignments: { name: string; value: Word }[] = [];
  for (; wrapper.assigns === true && at < words.length; at += 1) {
    const [name = '', ...value] = words[at]?.split('=') ?? [];
    if (value.length === 0 || !isName(name)) break;
    assignments.push({ name, value: value.join('=') });
  }
  at += wrapper.operands ?? 0;
  // `kubectl exec POD -- COMMAND`
  if (wrapper.operands !== undefined && words[at] === '--') at += 1;
  const rest = words.slice(at);
  // `flock FILE -c SCRIPT`
  if (
    rest.length > 0 &&
    wrapper.scripts?.some((option) => rest[0] === `-${option}` || rest[0] === `--${option}`) === true
  ) {
    addScript(opened, rest[1]);
    return opened;
  }
  if (rest.length === 0) return opened;
  if (wrapper.joins === true) addScript(opened, rest.includes(undefined) ? undefined : rest.join(' '));
  opened.commands.push({ words: rest, at, assignments });
  return opened;
}

/** Adds a script, or notes that there is one which cannot be known. */
export function addScript(opened: Opened, script: Word): void {
  if (script === undefined) opened.runsUnknown = true;
  else opened.scripts.push(script);
}

function afterSubcommand({ after }: Wrapper, words: readonly Word[], from: number): number | undefined {
  if (after === undefined) return from;
  const found = after.find((names) => names.every((name, index) => words[from + index] === name));
  return found === undefined ? undefined : from + found.length;
}

/** Where the options end; undefined when there is one that is not known. */
function skipOptions(wrapper: Wrapper, words: readonly Word[], from: number, opened: Opened): number | undefined {
  let at = from;
  while (at < words.length) {
    const word = words[at];
    if (word === undefined) return undefined;
    if (word === '--') return at + 1;
    if (!word.startsWith('-') || word === '-') return at;
    const next = word.startsWith('--')
      ? skipLong(wrapper, words, at, word, opened)
      : skipLetters(wrapper, words, at, word, opened);
    if (next === undefined) return undefined;
    at = next;
  }
  return at;
}

function skipLong(
  wrapper: Wrapper,
  words: readonly Word[],
  at: number,
  word: string,
  opened: Opened,
): number | undefined {
  const equals = word.indexOf('=');
  const name = equals === -1 ? word.slice(2) : word.slice(2, equals);
  if (wrapper.scripts?.includes(name) === true) {
    addScript(opened, equals === -1 ? words[at + 1] : word.slice(equals + 1));
    return equals === -1 ? at + 2 : at + 1;
  }
  if (wrapper.longFlags?.includes(name) === true) return at + 1;
  if (wrapper.longValued?.includes(name) !== true) return undefined;
  return equals === -1 ? at + 2 : at + 1;
}

function skipLetters(
  wrapper: Wrapper,
  words: readonly Word[],
  at: number,
  word: string,
  opened: Opened,
): number | undefined {
  for (let index = 1; index < word.length; index += 1) {
    const letter = word.charAt(index);
    const isLast = index === word.length - 1;
    if (wrapper.scripts?.includes(letter) === true) {
      addScript(opened, isLast ? words[at + 1] : word.slice(index + 1));
      return isLast ? at + 2 : at + 1;
    }
    if (wrapper.valued?.includes(letter) === true) return isLast ? at + 2 : at + 1;
    if (wrapper.flags?.includes(letter) !== true) return undefined;
  }
  return at + 1;
}
