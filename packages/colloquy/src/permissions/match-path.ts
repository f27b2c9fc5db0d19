import { join, relative, resolve, sep } from 'node:path';
import ignore from 'ignore';
import { isInside } from './paths.ts';
import { anyDepths, parsePathPattern, type PathPattern, splitLiteral } from './path-pattern.ts';
import type { RuleMatch } from './rule-match.ts';
import type { PlacedRule } from './state.ts';

// No file is named like this, so that only a pattern for all that a folder holds matches it.
const ANY_NAME = '\u0001any\u0001';
/** In a deeper path, a pattern that skips folders several times is not looked for. */
const MAX_DEPTH = 200;

/** Where the patterns of rules begin, and how paths are followed. */
export type PathPlaces = {
  /** The working directory. */
  cwd: string;
  home: string;
  /** The real path. May reject. */
  resolve(path: string): Promise<string>;
};

/** A path of a call: as it is written, made absolute; and what it really is, undefined where that cannot be told. */
export type JudgedPath = {
  written: string;
  real: string | undefined;
  /** It is searched with all that lies below it. */
  searched?: boolean | undefined;
};

/**
 * How far a rule with a pattern of paths reaches paths. As a refusal it is met by the path as written or as it really is, without
 * regard to case; as leave only by what the path really is.
 */
export class PathRule {
  readonly behavior: PlacedRule['behavior'];
  readonly #matchers: readonly Matcher[];
  readonly #maxDepth: number;
  /** The real folder below which everything lies that the rule can be about. */
  readonly #top: string;

  private constructor(behavior: PlacedRule['behavior'], pattern: string, matchers: readonly Matcher[], top: string) {
    this.behavior = behavior;
    this.#maxDepth = anyDepths(pattern) > 1 ? MAX_DEPTH : Number.POSITIVE_INFINITY;
    this.#matchers = matchers;
    this.#top = top;
  }

  static async load(rule: PlacedRule, places: PathPlaces): Promise<PathRule> {
    const { behavior } = rule;
    const parsed = parsePathPattern(rule.specifier ?? '', behavior);
    const base = baseOf(parsed, rule, places);
    const realBase = (await realOrUndefined(base, places)) ?? base;
    const literal = splitLiteral(parsed.pattern)?.literal ?? '';
    const top = (await realOrUndefined(join(base, literal), places)) ?? join(realBase, literal);
    const matchers = [new Matcher(realBase, parsed.pattern, behavior)];
    if (behavior !== 'allow') {
      if (base !== realBase) matchers.push(new Matcher(base, parsed.pattern, behavior));
      // What the rule names may be a link: a refusal is about what it leads to as well.
      if (literal !== '' && top !== join(realBase, literal))
        matchers.push(new Matcher(top, splitLiteral(parsed.pattern)?.rest ?? '', behavior));
    }
    return new PathRule(behavior, parsed.pattern, matchers, top);
  }

  reach(path: JudgedPath): RuleMatch {
    const { written, real } = path;
    if ([written, real ?? ''].some((each) => each.split('/').length > this.#maxDepth))
      return this.behavior === 'allow' ? 'no' : 'unclear';
    if (this.behavior === 'allow') return real !== undefined && this.#matches(real, path) ? 'yes' : 'no';
    if (this.#matches(written, path) || (real !== undefined && real !== written && this.#matches(real, path)))
      return 'yes';
    return real === undefined ? 'unclear' : 'no';
  }

  /** Whether what the rule names lies below a real folder, or, when the folder is read with all it holds, may do so. */
  mayLieBelow(folder: string, access: 'read' | 'write'): boolean {
    return isInside(folder, this.#top) || (access === 'read' && isInside(this.#top, folder));
  }

  #matches(path: string, { searched }: JudgedPath): boolean {
    return this.#matchers.some((matcher) =>
      searched === true ? matcher.matchesAllBelow(path) : matcher.matches(path),
    );
  }
}

/** A pattern of gitignore below a folder. */
class Matcher {
  readonly #base: string;
  readonly #pattern: string;
  readonly #isLeave: boolean;
  readonly #rules: ReturnType<typeof ignore>;

  constructor(base: string, pattern: string, behavior: PlacedRule['behavior']) {
    this.#base = base;
    this.#pattern = pattern;
    this.#isLeave = behavior === 'allow';
    const plain = pattern.startsWith('#') ? `\\${pattern}` : pattern;
    this.#rules = ignore({ ignorecase: !this.#isLeave }).add({ pattern: this.#fold(plain) });
  }

  matches(path: string): boolean {
    const below = this.#below(path);
    if (below === undefined) return false;
    return this.#pattern === '' || (below !== '' && this.#rules.ignores(below));
  }

  /** Whether a pattern names a folder, or whatever it may hold. */
  matchesAllBelow(path: string): boolean {
    const below = this.#below(path);
    if (below === undefined) return false;
    if (this.#pattern === '') return true;
    if (below !== '' && (this.#rules.ignores(below) || this.#rules.ignores(`${below}/`))) return true;
    // A leave for some names is no leave for all of them.
    if (this.#isLeave && !/(?:^|[/])\*\*$/.test(this.#pattern)) return false;
    return this.#rules.ignores(below === '' ? ANY_NAME : `${below}/${ANY_NAME}`);
  }

  /** Undefined for what does not lie below the folder. */
  #below(path: string): string | undefined {
    const inside = this.#isLeave ? isInside(this.#base, path) : isInside(this.#base.toLowerCase(), path.toLowerCase());
    if (!inside) return undefined;
    const way = this.#isLeave ? relative(this.#base, path) : relativeIgnoringCase(this.#base, path);
    // To the library a line end is the end of a path.
    if (this.#isLeave && /[\r\n]/.test(way)) return undefined;
    return this.#fold(sep === '/' ? way : way.replaceAll(sep, '/')).replaceAll(/[\r\n]/g, '_');
  }

  // A file system may take two spellings of the same letters for the same name; a refusal takes them so everywhere.
  #fold(text: string): string {
    return this.#isLeave ? text : text.normalize('NFC');
  }
}

const relativeIgnoringCase = (base: string, path: string): string => relative(base.toLowerCase(), path.toLowerCase());

function baseOf({ anchor }: PathPattern, rule: PlacedRule, places: PathPlaces): string {
  switch (anchor) {
    case 'root':
      return resolve('/');
    case 'home':
      return places.home;
    case 'source':
      return rule.base ?? places.cwd;
    case 'folder':
      return places.cwd;
    default:
      return anchor satisfies never;
  }
}

async function realOrUndefined(path: string, places: PathPlaces): Promise<string | undefined> {
  try {
    return await places.resolve(path);
  } catch {
    return undefined;
  }
}
