import { everyChar } from './every-char.ts';
import type { CommandPart, Word } from './command-part.ts';
import { GAP, isOption, type PartTexts, textsOf } from './part-texts.ts';

/** What stands in the brackets of a rule about commands, taken apart. */
export type CommandPattern = {
  /** As written. */
  specifier: string;
  /** Literal text between the asterisks, its words joined by `GAP`. One piece: there is no asterisk, or only `anyArguments`. */
  pieces: readonly string[];
  /** The same with spaces between the words, for texts that are not taken apart. */
  writtenPieces: readonly string[];
  /** It ends in ` *` or `:*`: the words before, alone or followed by others. */
  anyArguments: boolean;
};

/** Reads `npm run build`, `npm run *`, `npm run:*`, `git * main`, `git*`; `\*` is an asterisk itself, quotes hold words together. */
export function parseCommandPattern(specifier: string): CommandPattern {
  const legacy = specifier.endsWith(':*');
  const spaced = specifier.endsWith(' *') || specifier.endsWith('\t*');
  const anyArguments = legacy || spaced || specifier === '*';
  const pieces = splitPieces(anyArguments ? specifier.slice(0, legacy || spaced ? -2 : -1) : specifier);
  return { specifier, pieces, writtenPieces: pieces.map((piece) => piece.replaceAll(GAP, ' ')), anyArguments };
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
  if (!matchPieces(pattern.pieces, pattern.anyArguments, textsOf(part).words)) return undefined;
  const named = first.split(GAP).length;
  return others.length === 0 ? named : named - 1;
}

/** How far a deny or ask rule reaches a part; `maybe`: it depends on words that cannot be known. */
export function reachOf(pattern: CommandPattern, part: CommandPart): 'yes' | 'maybe' | 'no' {
  if (part.words.length === 0) return 'no';
  if (part.words[0] === undefined) return 'yes';
  const { pieces, anyArguments } = pattern;
  const texts = textsOf(part);
  if (matchPieces(pieces, anyArguments, texts.words) || matchText(pattern, part.text)) return 'yes';
  if (texts.called !== texts.words && matchPieces(pieces, anyArguments, texts.called)) return 'yes';
  return reachOfWords(pattern, texts);
}

/** Whether a pattern matches a text as it is written, over several commands too. */
export function matchText({ writtenPieces, anyArguments }: CommandPattern, text: string): boolean {
  return matchPieces(writtenPieces, anyArguments, text.trim(), ' ');
}

/** Words, with other spellings of the same taken into account: options before a subcommand, in another order, or joined. */
function reachOfWords(pattern: CommandPattern, texts: PartTexts): 'yes' | 'maybe' | 'no' {
  const [first = '', ...others] = pattern.pieces;
  const { name, rest } = texts;
  if (others.length > 0) {
    if (matchesAfterOptions(pattern, texts)) return 'yes';
    return texts.hasUnknown && first.split(GAP)[0] === name ? 'maybe' : 'no';
  }
  const [wantedName, ...wanted] = first.split(GAP);
  if (wantedName !== '' && wantedName?.toLowerCase() !== name.toLowerCase()) return 'no';
  if (!pattern.anyArguments) return reachExact(wanted, texts);
  const options = wanted.filter(isOption);
  const operands = wanted.filter((word) => !isOption(word));
  const inOrder = reachOperands(operands, rest);
  if (inOrder === 'no' || options.every((option) => hasOption(rest, option))) return inOrder;
  return texts.hasUnknown ? 'maybe' : 'no';
}

/**
 * Whether a pattern with asterisks matches the words with options before the subcommand left out. That can only matter to a piece
 * which holds the end of the name and what follows it; what such a piece meets first leaves the most for the pieces after it.
 */
function matchesAfterOptions({ pieces, anyArguments }: CommandPattern, texts: PartTexts): boolean {
  const { name, rest, afterName, starts } = texts;
  if (starts.has(rest.length) && matchPieces(pieces, anyArguments, name)) return true;
  return pieces.some((piece, index) => {
    const gap = piece.indexOf(GAP);
    if (gap < 1 || (index === 0 ? piece.slice(0, gap) !== name : !name.endsWith(piece.slice(0, gap)))) return false;
    const follows = piece.slice(gap + 1);
    for (const at of starts.values()) {
      if (!afterName.startsWith(follows, at)) continue;
      const end = at + follows.length;
      const ends = end === afterName.length || (anyArguments && afterName.charAt(end) === GAP);
      if (index < pieces.length - 1 || ends)
        return matchPieces(pieces, anyArguments, `${name}${GAP}${afterName.slice(at)}`);
    }
    return false;
  });
}

function reachExact(wanted: readonly string[], { rest, starts }: PartTexts): 'yes' | 'maybe' | 'no' {
  const start = rest.length - wanted.length;
  if (starts.has(start) && wanted.every((word, index) => word === rest[start + index])) return 'yes';
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

/** Whether an option is among the words: itself, with a value, or as letters of others (`-rf` in `-r -fv`). */
function hasOption(words: readonly Word[], option: string): boolean {
  if (words.some((word) => word === option || word?.startsWith(`${option}=`) === true)) return true;
  if (option.startsWith('--')) return false;
  const letters = words.filter((word) => isOption(word) && word?.startsWith('--') === false).join('');
  return everyChar(option.slice(1), (letter) => letters.includes(letter));
}

function matchPieces(pieces: readonly string[], anyArguments: boolean, text: string, gap = GAP): boolean {
  const [first = '', ...others] = pieces;
  if (!text.startsWith(first)) return false;
  const last = others.pop();
  if (last === undefined) {
    return anyArguments
      ? first === '' || text.length === first.length || text.startsWith(gap, first.length)
      : text.length === first.length;
  }
  let at = first.length;
  for (const piece of others) {
    const found = text.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  if (!anyArguments) return text.length - last.length >= at && text.endsWith(last);
  return last === '' || text.includes(`${last}${gap}`, at) || (text.length - last.length >= at && text.endsWith(last));
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
