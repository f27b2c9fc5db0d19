import type { ShellPlaces, Word } from './command-part.ts';

/** A stretch of text that the shell replaces before it takes words apart. */
export type Expansion = { startIndex: number; endIndex: number };

export type ReadWord = {
  value: Word;
  /** Why it cannot be told what a shell would make of it. */
  doubt: string | undefined;
  /** Only a pattern of file names keeps its value from being known. */
  pattern: boolean;
};

const METACHARS: ReadonlySet<string> = new Set([' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')', '']);
const SPECIAL_PARAMETERS = '@*#?$!-0123456789_';
const ANSI_ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\u0007',
  b: '\b',
  e: '\u001B',
  E: '\u001B',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '?': '?',
};

/** Whether a shell ends a word before this character; '' is the end of the text. */
export const endsWord = (char: string): boolean => METACHARS.has(char);

/**
 * Takes the quotes of one word away, character by character as bash does, and checks with that what the parser took for a word.
 * `expansions` are those that the parser found in it, in order; one that it did not see is a doubt.
 */
export function readWord(
  source: string,
  [start, end]: readonly [start: number, end: number],
  expansions: readonly Expansion[],
  places?: ShellPlaces,
): ReadWord {
  return new WordReader(source, end, expansions, places).read(start);
}

/** The same for text that is read as if in double quotes, where these mean nothing: a here-document. */
export function readQuotedText(source: string, start: number, end: number, expansions: readonly Expansion[]): ReadWord {
  return new WordReader(source, end, expansions).readText(start);
}

class WordReader {
  readonly #source: string;
  readonly #end: number;
  readonly #expansions: ReadonlyMap<number, number>;
  readonly #places: ShellPlaces | undefined;
  #value = '';
  #known = true;
  #pattern = false;
  #doubt: string | undefined;

  constructor(source: string, end: number, expansions: readonly Expansion[], places?: ShellPlaces) {
    this.#source = source;
    this.#end = end;
    this.#places = places;
    this.#expansions = new Map(expansions.map(({ startIndex, endIndex }) => [startIndex, endIndex]));
  }

  read(start: number): ReadWord {
    const text = this.#source.slice(start, this.#end);
    // What these are is decided before anything is expanded.
    if (text === '[' || text === '{}' || text === '!' || text === '{' || text === '}' || text === '$')
      return { value: text, doubt: undefined, pattern: false };
    let at = start;
    while (at < this.#end) at = this.#readUnquoted(at, start);
    return this.#result();
  }

  readText(start: number): ReadWord {
    let at = start;
    while (at < this.#end) at = this.#readInDoubleQuotes(at, false);
    return this.#result();
  }

  #result(): ReadWord {
    const value = this.#known && !this.#pattern && this.#doubt === undefined ? this.#value : undefined;
    return { value, doubt: this.#doubt, pattern: this.#known && this.#pattern };
  }

  /** Reads on from one place outside of quotes, and gives the next. */
  #readUnquoted(at: number, start: number): number {
    const expansion = this.#expansionAt(at);
    if (expansion !== undefined) return expansion;
    const char = this.#source.charAt(at);
    const next = this.#charAt(at + 1);
    switch (char) {
      case '\\':
        if (next === '') this.#doubtful('it ends in a backslash');
        else if (next !== '\n') this.#value += next;
        return at + 2;
      case "'":
        return this.#readSingleQuoted(at + 1);
      case '"':
        return this.#readDoubleQuoted(at + 1);
      case '$':
        return this.#readDollar(at, next);
      case '`':
        this.#doubtful('a substitution in it cannot be followed');
        return at + 1;
      case '*':
      case '?':
      case '[':
        this.#pattern = true;
        return at + 1;
      case '{':
        this.#known = false;
        return at + 1;
      case '~':
        if (at === start || '=:'.includes(this.#source.charAt(at - 1))) return this.#readTilde(at, next);
        this.#value += char;
        return at + 1;
      default:
        if (METACHARS.has(char) || (char === '#' && at === start))
          this.#doubtful('its words cannot be told apart for certain');
        this.#value += char;
        return at + 1;
    }
  }

  #readTilde(at: number, next: string): number {
    const length = next === '+' ? 2 : 1;
    const place = next === '+' ? this.#places?.folder : this.#places?.home;
    if (place === undefined || !'/:'.includes(this.#charAt(at + length))) this.#known = false;
    this.#value += place ?? '';
    return at + length;
  }

  #readDollar(at: number, next: string): number {
    if (next === "'") return this.#readAnsi(at + 2);
    if (next === '"') this.#doubtful('it has a translated text');
    else if (isParameter(next)) this.#doubtful('an expansion in it cannot be followed');
    this.#value += '$';
    return at + 1;
  }

  #readSingleQuoted(at: number): number {
    const close = this.#source.indexOf("'", at);
    if (close === -1 || close >= this.#end) {
      this.#doubtful('a quote is not closed');
      return this.#end;
    }
    this.#value += this.#source.slice(at, close);
    return close + 1;
  }

  #readDoubleQuoted(start: number): number {
    let at = start;
    while (at < this.#end) {
      if (this.#source.charAt(at) === '"') return at + 1;
      at = this.#readInDoubleQuotes(at, true);
    }
    this.#doubtful('a quote is not closed');
    return at;
  }

  #readInDoubleQuotes(at: number, quoteEscapes: boolean): number {
    const expansion = this.#expansionAt(at);
    if (expansion !== undefined) return expansion;
    const char = this.#source.charAt(at);
    const next = this.#charAt(at + 1);
    if (char === '\\' && next !== '' && (quoteEscapes ? '$`"\\\n' : '$`\\\n').includes(next)) {
      if (next !== '\n') this.#value += next;
      return at + 2;
    }
    if (char === '`' || (char === '$' && isParameter(next)))
      this.#doubtful('an expansion in its quotes cannot be followed');
    this.#value += char;
    return at + 1;
  }

  /** `$'…'` */
  #readAnsi(start: number): number {
    let at = start;
    while (at < this.#end) {
      const char = this.#source.charAt(at);
      if (char === "'") return at + 1;
      if (char !== '\\') {
        this.#value += char;
        at += 1;
        continue;
      }
      const [text, length] = readAnsiEscape(this.#source, at + 1);
      if (text === undefined) this.#known = false;
      else this.#value += text;
      at += 1 + length;
    }
    this.#doubtful('a quote is not closed');
    return at;
  }

  #expansionAt(at: number): number | undefined {
    const end = this.#expansions.get(at);
    if (end === undefined) return undefined;
    const place = this.#placeOf(this.#source.slice(at, end));
    this.#value += place ?? '';
    if (place === undefined) this.#known = false;
    if (end > this.#end || end <= at) {
      this.#doubtful('an expansion in it cannot be followed');
      return this.#end;
    }
    return end;
  }

  #placeOf(expansion: string): string | undefined {
    if (expansion === '$HOME' || expansion === '${HOME}') return this.#places?.home;
    return expansion === '$PWD' || expansion === '${PWD}' ? this.#places?.folder : undefined;
  }

  #charAt(at: number): string {
    return at < this.#end ? this.#source.charAt(at) : '';
  }

  #doubtful(why: string): void {
    this.#doubt ??= why;
  }
}

function isParameter(char: string): boolean {
  return char !== '' && (isNameChar(char) || SPECIAL_PARAMETERS.includes(char) || '({['.includes(char));
}

/** A letter of ASCII, a digit or an underscore. */
export function isNameChar(char: string): boolean {
  return (char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z') || (char >= '0' && char <= '9') || char === '_';
}

/** What an escape of `$'…'` stands for, and its length without the backslash. Undefined: bytes that are no text by themselves. */
function readAnsiEscape(source: string, at: number): [string | undefined, number] {
  const char = source.charAt(at);
  const plain = ANSI_ESCAPES[char];
  if (plain !== undefined) return [plain, 1];
  if (char >= '0' && char <= '7') return numbered(source, at, 0, 3, 8);
  if (char === 'x') return numbered(source, at, 1, 2, 16);
  if (char === 'u' || char === 'U') return [undefined, 1];
  return char === 'c' ? [undefined, 2] : [`\\${char}`, 1];
}

function numbered(source: string, at: number, skip: number, max: number, base: number): [string | undefined, number] {
  let length = 0;
  let code = 0;
  for (; length < max; length += 1) {
    const digit = Number.parseInt(source.charAt(at + skip + length), base);
    if (Number.isNaN(digit)) break;
    code = code * base + digit;
  }
  // A zero byte ends the word, and bytes beyond ASCII depend on those around them.
  return [length === 0 || code === 0 || code > 127 ? undefined : String.fromCharCode(code), skip + length];
}
