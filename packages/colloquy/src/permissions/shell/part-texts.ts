import type { CommandPart, Word } from './command-part.ts';

// Neither can occur in a word of a command.
export const GAP = '\u0000';
const UNKNOWN = '\u0001';

/** A part as patterns are compared with it. Its command must be known. */
export type PartTexts = {
  /** All its words, joined by `GAP`. */
  words: string;
  /** The same, its program called without folders. */
  called: string;
  /** What the program is called, without folders. */
  name: string;
  /** The words after that. */
  rest: readonly Word[];
  afterName: string;
  hasUnknown: boolean;
  /**
   * Which of `rest` may be the first that is no option of the program itself, its length for none, and where in `afterName` each
   * begins: options may have a value or none.
   */
  starts: ReadonlyMap<number, number>;
};

const made = new WeakMap<CommandPart, PartTexts>();

/** The texts of a part, made once: rules may be many, and commands long. */
export function textsOf(part: CommandPart): PartTexts {
  const known = made.get(part);
  if (known !== undefined) return known;
  const [first = '', ...rest] = part.words;
  const name = fileName(first);
  const afterName = joinWords(rest);
  const join = (program: string): string => (rest.length === 0 ? program : `${program}${GAP}${afterName}`);
  const words = join(first);
  const texts: PartTexts = {
    words,
    called: name === first ? words : join(name),
    name,
    rest,
    afterName,
    hasUnknown: rest.includes(undefined),
    starts: startsAfterOptions(rest),
  };
  made.set(part, texts);
  return texts;
}

function startsAfterOptions(rest: readonly Word[]): PartTexts['starts'] {
  const starts = new Map([[0, 0]]);
  let offset = 0;
  for (let at = 1; at <= rest.length; at += 1) {
    offset += (rest[at - 1] ?? UNKNOWN).length + GAP.length;
    const isAfterOption = starts.has(at - 1) && isOption(rest[at - 1]);
    const isAfterValue = starts.has(at - 2) && isOption(rest[at - 2]);
    if (isAfterOption || isAfterValue) starts.set(at, offset);
    else if (!starts.has(at - 1)) break;
  }
  return starts;
}

export const isOption = (word: Word): boolean => word !== undefined && word.length > 1 && word.startsWith('-');

const joinWords = (words: readonly Word[]): string => words.map((word) => word ?? UNKNOWN).join(GAP);

/** What a path calls, without its folders. */
export function fileName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
