// Glob patterns, matched without regular expressions: the time is bounded by pattern length times path length for any pattern.

/** Alternatives in braces multiply; more than this is refused. */
const MAX_ALTERNATIVES = 1000;
const MAX_PATTERN_CHARS = 1000;
const MAX_PLAIN_NAMES = 50;

/** A part of a segment: a literal character, any one, any number, or one of a class. */
type Piece = string | { any: 'one' | 'many' } | { negated: boolean; ranges: readonly (readonly [string, string])[] };
type Segment = readonly Piece[] | '**';

/**
 * Prepares a test of relative paths. `*` and `?` stay within a segment and match leading dots too; `**` as a whole segment stands
 * for any number of folders; `[a-z]`, `[!a-z]` for one character, `{a,b}` for either; a backslash takes a character literally.
 * @throws Error which tells the model what is wrong with the pattern.
 */
export function globMatcher(pattern: string): (path: string) => boolean {
  if (pattern.length > MAX_PATTERN_CHARS)
    throw new Error(`The pattern is longer than ${MAX_PATTERN_CHARS} characters.`);
  const alternatives = expandBraces(pattern).map((alternative) => {
    const segments = alternative.split('/').map(toSegment);
    return { segments, literal: longestLiteral(segments) };
  });
  // Most paths are told apart by the text that every match holds, which costs a tenth of a comparison.
  return (path) =>
    alternatives.some(({ segments, literal }) => path.includes(literal) && matchSegments(segments, path.split('/')));
}

/**
 * What the last segment of a pattern may be, in the plainest globs, those that every program reads alike; undefined when some
 * alternative is not plain, or there are too many.
 */
export function plainNames(pattern: string): string[] | undefined {
  const names = expandBraces(pattern).map((alternative) => alternative.slice(alternative.lastIndexOf('/') + 1));
  const arePlain = names.length <= MAX_PLAIN_NAMES && names.every((name) => /^[A-Za-z0-9._*-]+$/.test(name));
  return arePlain && !names.includes('**') ? [...new Set(names)] : undefined;
}

/** The longest text that stands in every path that matches. */
function longestLiteral(segments: readonly Segment[]): string {
  let longest = '';
  for (const segment of segments) {
    let literal = '';
    for (const piece of segment === '**' ? [] : segment) {
      literal = typeof piece === 'string' ? literal + piece : '';
      if (literal.length > longest.length) longest = literal;
    }
  }
  return longest;
}

/** Whether a segment stands for more than its own text. */
export function isMagic(segment: string): boolean {
  return /[*?[\]{}\\]/.test(segment);
}

function toSegment(text: string): Segment {
  if (text === '**') return '**';
  const chars = Array.from(text);
  const pieces: Piece[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? '';
    const next = chars[at + 1];
    const classEnd = char === '[' ? endOfClass(chars, at) : -1;
    if (char === '\\' && next !== undefined) {
      pieces.push(next);
      at++;
    } else if (classEnd !== -1) {
      pieces.push(toClass(chars.slice(at + 1, classEnd)));
      at = classEnd;
    } else if (char === '*') {
      // Several stars in a row are one.
      if (!isAny(pieces.at(-1), 'many')) pieces.push({ any: 'many' });
    } else pieces.push(char === '?' ? { any: 'one' } : char);
  }
  return pieces;
}

/** Where the class that begins at `start` ends; a bracket that comes first in it is one of its characters. */
function endOfClass(chars: readonly string[], start: number): number {
  const negation = chars[start + 1] === '!' || chars[start + 1] === '^' ? 1 : 0;
  return chars.indexOf(']', start + negation + 2);
}

function toClass(body: readonly string[]): Piece {
  const negated = body[0] === '!' || body[0] === '^';
  const chars = negated ? body.slice(1) : body;
  const ranges: [string, string][] = [];
  for (let at = 0; at < chars.length; at++) {
    const from = chars[at] ?? '';
    const to = chars[at + 2];
    const isRange = chars[at + 1] === '-' && to !== undefined;
    ranges.push([from, isRange ? to : from]);
    if (isRange) at += 2;
  }
  return { negated, ranges };
}

/** Both matchers go back only to the newest star: what an older one could still take, the newer one can too. */
function matchSegments(segments: readonly Segment[], names: readonly string[]): boolean {
  return matchWithStars(
    segments.length,
    names.length,
    (at) => segments[at] === '**',
    (at, name) => {
      const segment = segments[at];
      return segment !== undefined && segment !== '**' && matchName(segment, Array.from(names[name] ?? ''));
    },
  );
}

function matchName(pieces: readonly Piece[], chars: readonly string[]): boolean {
  return matchWithStars(
    pieces.length,
    chars.length,
    (at) => isAny(pieces[at], 'many'),
    (at, char) => matchChar(pieces[at], chars[char] ?? ''),
  );
}

function isAny(piece: Piece | undefined, which: 'one' | 'many'): boolean {
  return typeof piece === 'object' && 'any' in piece && piece.any === which;
}

function matchChar(piece: Piece | undefined, char: string): boolean {
  if (typeof piece === 'string') return piece === char;
  if (piece === undefined || isAny(piece, 'many')) return false;
  if ('any' in piece) return true;
  return piece.ranges.some(([from, to]) => char >= from && char <= to) !== piece.negated;
}

function matchWithStars(
  patternLength: number,
  length: number,
  isStar: (at: number) => boolean,
  matches: (patternAt: number, at: number) => boolean,
): boolean {
  let patternAt = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < length) {
    if (patternAt < patternLength && isStar(patternAt)) {
      star = patternAt++;
      starAt = at;
    } else if (patternAt < patternLength && matches(patternAt, at)) {
      patternAt++;
      at++;
    } else if (star === -1) return false;
    else {
      patternAt = star + 1;
      at = ++starAt;
    }
  }
  while (patternAt < patternLength && isStar(patternAt)) patternAt++;
  return patternAt === patternLength;
}

/** All alternatives of a pattern; a brace without its end, or without a comma, is text. */
function expandBraces(pattern: string): string[] {
  const found = firstBraces(pattern);
  if (found === undefined) return [pattern];
  const { start, end, parts } = found;
  const tails = expandBraces(pattern.slice(end + 1));
  const middles = parts.flatMap(expandBraces);
  if (tails.length * middles.length > MAX_ALTERNATIVES)
    throw new Error('The pattern has too many alternatives in braces.');
  return middles.flatMap((middle) => tails.map((tail) => pattern.slice(0, start) + middle + tail));
}

function firstBraces(pattern: string): { start: number; end: number; parts: string[] } | undefined {
  for (let start = pattern.indexOf('{'); start !== -1; start = pattern.indexOf('{', start + 1)) {
    const parts: string[] = [];
    let depth = 0;
    let from = start + 1;
    for (let at = start; at < pattern.length; at++) {
      const char = pattern.charAt(at);
      if (char === '\\') at++;
      else if (char === '{') depth++;
      else if (char === ',' && depth === 1) {
        parts.push(pattern.slice(from, at));
        from = at + 1;
      } else if (char === '}' && --depth === 0) {
        if (parts.length > 0) return { start, end: at, parts: [...parts, pattern.slice(from, at)] };
        break;
      }
    }
  }
  return undefined;
}
