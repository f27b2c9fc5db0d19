import { everyChar } from './every-char.ts';
import type { CommandPart, Word } from './command-part.ts';

/** What stands in the brackets of a rule about commands, taken apart. */
export type CommandPattern = {
  /** As written. */
  specifier: string;
  /** Literal text between the asterisks, its words joined by `GAP`. One piece: there is no asterisk, or only `anyArguments`. */
  pieces: readonly string[];
  /** It ends in ` *` or `:*`: the words before, alone or followed by others. */
  anyArguments: boolean;
};

// Neither can occur in a word of a command.
const GAP = '\u0000';
const UNKNOWN = '\u0001';

/** Reads `npm run build`, `npm run *`, `npm run:*`, `git * main`, `git*`; `\*` is an asterisk itself, quotes hold words together. */
export function parseCommandPattern(specifier: string): CommandPattern {
  const legacy = specifier.endsWith(':*');
  const spaced = specifier.endsWith(' *') || specifier.endsWith('\t*');
  const anyArguments = legacy || spaced || specifier === '*';
  const pieces = splitPieces(anyArguments ? specifier.slice(0, legacy || spaced ? -2 : -1) : specifier);
  return { specifier, pieces, anyArguments };
}

/** Whether a pattern stands for more than one command. */
export function isOpenPattern({ pieces, anyArguments }: CommandPattern): boolean {
  return anyArguments || pieces.length > 1;
}

/**
 * How many words of a part an allow rule names itself, without an asterisk; undefined when the rule does not cover the part. Words
 * that cannot be known are only covered by an asterisk, and the word of the command is never.
 */
export function coveredWords(pattern: CommandPattern, part: CommandPart): number | undefined {
  const [name] = part.words;
  if (name === undefined || name === '') return undefined;
  const [first = '', ...others] = pattern.pieces;
  if (first === '' && others.length === 0) return undefined;
  if (!matchPieces(pattern, joinWords(part.words))) return undefined;
  const named = first.split(GAP).length;
  return others.length === 0 ? named : named - 1;
}

/** How far a deny or ask rule reaches a part; `maybe`: it depends on words that cannot be known. */
export function reachOf(pattern: CommandPattern, part: CommandPart): 'yes' | 'maybe' | 'no' {
  const [name, ...rest] = part.words;
  if (part.words.length === 0) return 'no';
  if (name === undefined) return 'yes';
  const views = [part.words, [fileName(name), ...rest]];
  if (views.some((words) => matchPieces(pattern, joinWords(words))) || matchText(pattern, part.text)) return 'yes';
  return reachOfWords(pattern, fileName(name), rest);
}

/** Whether a pattern matches a text as it is written, over several commands too. */
export function matchText(pattern: CommandPattern, text: string): boolean {
  const spaced = { ...pattern, pieces: pattern.pieces.map((piece) => piece.replaceAll(GAP, ' ')) };
  return matchPieces(spaced, text.trim(), ' ');
}

/** Words, with other spellings of the same taken into account: options before a subcommand, in another order, or joined. */
function reachOfWords(pattern: CommandPattern, name: string, rest: readonly Word[]): 'yes' | 'maybe' | 'no' {
  const [first = '', ...others] = pattern.pieces;
  if (others.length > 0) {
    const tails = startsAfterOptions(rest).map((start) => rest.slice(start));
    if (tails.some((words) => matchPieces(pattern, joinWords([name, ...words])))) return 'yes';
    return rest.includes(undefined) && first.split(GAP)[0] === name ? 'maybe' : 'no';
  }
  const [wantedName, ...wanted] = first.split(GAP);
  if (wantedName !== '' && wantedName?.toLowerCase() !== name.toLowerCase()) return 'no';
  if (!pattern.anyArguments) return reachExact(wanted, rest);
  const options = wanted.filter(isOption);
  const operands = wanted.filter((word) => !isOption(word));
  const inOrder = reachOperands(operands, rest);
  if (inOrder === 'no' || options.every((option) => hasOption(rest, option))) return inOrder;
  return rest.includes(undefined) ? 'maybe' : 'no';
}

function reachExact(wanted: readonly string[], rest: readonly Word[]): 'yes' | 'maybe' | 'no' {
  const tails = startsAfterOptions(rest).map((start) => rest.slice(start));
  if (tails.some((words) => words.length === wanted.length && words.every((word, index) => word === wanted[index])))
    return 'yes';
  const unknown = rest.indexOf(undefined);
  if (unknown === -1) return 'no';
  return rest.slice(0, unknown).every((word, index) => word === wanted[index] || isOption(word)) ? 'maybe' : 'no';
}

// Between the operands of the rule only options may stand, each perhaps with a value: which have one is not known of every program.
function reachOperands(operands: readonly string[], rest: readonly Word[]): 'yes' | 'maybe' | 'no' {
  let found = 0;
  let afterOption = false;
  for (const word of rest) {
    if (found === operands.length) return 'yes';
    if (word === undefined) return 'maybe';
    if (word === operands[found]) {
      found += 1;
      afterOption = false;
    } else if (isOption(word)) afterOption = true;
    else if (afterOption) afterOption = false;
    else return 'no';
  }
  return found === operands.length ? 'yes' : 'no';
}

/** Where the words may begin that are no options of the program itself: each option may have a value or none. */
function startsAfterOptions(words: readonly Word[]): number[] {
  const starts = [0];
  for (let at = 1; at <= words.length; at += 1) {
    const afterOption = starts.includes(at - 1) && isOption(words[at - 1]);
    const afterValue = at >= 2 && starts.includes(at - 2) && isOption(words[at - 2]);
    if (afterOption || afterValue) starts.push(at);
    else if (!starts.includes(at - 1)) break;
  }
  return starts;
}

const isOption = (word: Word): boolean => word !== undefined && word.length > 1 && word.startsWith('-');

/** Whether an option is among the words: itself, with a value, or as letters of others (`-rf` in `-r -fv`). */
function hasOption(words: readonly Word[], option: string): boolean {
  if (words.some((word) => word === option || word?.startsWith(`${option}=`) === true)) return true;
  if (option.startsWith('--')) return false;
  const letters = words.filter((word) => isOption(word) && word?.startsWith('--') === false).join('');
  return everyChar(option.slice(1), (letter) => letters.includes(letter));
}

function matchPieces(pattern: CommandPattern, text: string, gap = GAP): boolean {
  const [first = '', ...others] = pattern.pieces;
  const last = others.pop();
  if (!text.startsWith(first)) return false;
  if (last === undefined) {
    return pattern.anyArguments
      ? first === '' || text.length === first.length || text.startsWith(gap, first.length)
      : text.length === first.length;
  }
  let at = first.length;
  for (const piece of others) {
    const found = text.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  if (!pattern.anyArguments) return text.length - last.length >= at && text.endsWith(last);
  const found = `${text}${gap}`.indexOf(last === '' ? '' : `${last}${gap}`, at);
  return found !== -1;
}

const joinWords = (words: readonly Word[]): string => words.map((word) => word ?? UNKNOWN).join(GAP);

/** What a path calls, without its folders. */
export function fileName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** Literal text between asterisks, with words as a shell would split them. */
function splitPieces(specifier: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  let quote = '';
  const text = specifier.trim();
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charAt(index);
    const next = text.charAt(index + 1);
    if (quote !== '') {
      if (char === quote) quote = '';
      else if (char === '\\' && quote === '"' && '"\\$`'.includes(next) && next !== '') {
        piece += next;
        index += 1;
      } else if (char === '*') {
        pieces.push(piece);
        piece = '';
      } else piece += char;
    } else if ((char === '"' || char === "'") && text.includes(char, index + 1)) quote = char;
    else if (char === '\\' && next !== '') {
      piece += next;
      index += 1;
    } else if (char === '*') {
      pieces.push(piece);
      piece = '';
    } else if (char === ' ' || char === '\t') {
      if (!piece.endsWith(GAP)) piece += GAP;
    } else piece += char;
  }
  return [...pieces, piece];
}
