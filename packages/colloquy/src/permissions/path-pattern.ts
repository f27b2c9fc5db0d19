/** What the pattern of a path rule begins from. */
export type PathAnchor = 'root' | 'home' | 'source' | 'folder';

/** A path rule taken apart: `//abs`, `~/home`, `/below the rule's own place`, `./x` and `x` below the working directory. */
export type PathPattern = {
  anchor: PathAnchor;
  /** In the language of gitignore, below the anchor; '' for the anchor itself. */
  pattern: string;
};

const MAGIC = /[*?[\]\\]/;

/** Each makes the work as many times larger as a path is deep. */
const MAX_ANY_DEPTHS = 3;

/** How often a pattern may skip folders in its midst. */
export function anyDepths(pattern: string): number {
  return pattern
    .split('/')
    .slice(0, -1)
    .filter((segment) => segment.includes('**')).length;
}

/** Why brackets hold no pattern of paths; undefined when they do. */
export function whyNoPathPattern(specifier: string): string | undefined {
  if (specifier.startsWith('!')) return 'a pattern cannot take back what another one names, so it may not begin with !';
  if (/[\0\r\n]/.test(specifier)) return 'a pattern of paths is one line';
  if (specifier.split('/').includes('..')) return 'a pattern of paths may not contain ..';
  if (anyDepths(specifier) > MAX_ANY_DEPTHS)
    return `a pattern may have ** at most ${MAX_ANY_DEPTHS} times before its end, because it would take too long to look for`;
  return /(?:^|[^\\])(?:\\\\)*\\$/.test(specifier) ? 'a pattern may not end in a backslash' : undefined;
}

/**
 * `./x` can be read as x in this folder, or as gitignore reads x: at any depth. A refusal takes the wider meaning and a leave the
 * narrower one.
 */
export function parsePathPattern(specifier: string, behavior: 'allow' | 'ask' | 'deny'): PathPattern {
  if (specifier.startsWith('//')) return { anchor: 'root', pattern: trimSlashes(specifier) };
  if (specifier === '~') return { anchor: 'home', pattern: '' };
  if (specifier.startsWith('~/')) return { anchor: 'home', pattern: trimSlashes(specifier.slice(1)) };
  if (specifier.startsWith('/')) return { anchor: 'source', pattern: specifier === '/' ? '' : specifier };
  if (!/^\.(?:\/|$)/.test(specifier)) return { anchor: 'folder', pattern: specifier };
  const below = trimSlashes(specifier.slice(1));
  return { anchor: 'folder', pattern: behavior === 'allow' || below === '' ? below : below.slice(1) };
}

/** With exactly one slash at its beginning; '' stays. */
function trimSlashes(path: string): string {
  const rest = path.replace(/^[/]+/, '').replace(/^(?:\.\/+)+/, '');
  return rest === '' || rest === '.' ? '' : `/${rest}`;
}

/** The folders that a pattern names before its first wildcard, and what is left; undefined for one that may match at any depth. */
export function splitLiteral(pattern: string): { literal: string; rest: string } | undefined {
  const segments = pattern.replace(/^[/]/, '').replace(/[/]$/, '').split('/');
  if (!pattern.startsWith('/') && segments.length === 1) return undefined;
  const magic = segments.findIndex((segment) => MAGIC.test(segment));
  const count = magic === -1 ? segments.length : magic;
  return { literal: segments.slice(0, count).join('/'), rest: segments.slice(count).join('/') };
}

/** A path as a pattern that means this path and nothing else. */
export function escapePattern(path: string): string {
  return path.replaceAll(/[*?[\]\\]/g, '\\$&').replace(/ $/, '\\ ');
}
