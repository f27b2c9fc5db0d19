/**
 * Files that make programs run, or that steer this program: no mode writes to them unasked. Compared without regard to case,
 * as some file systems do.
 */
const PROTECTED_NAMES: ReadonlySet<string> = new Set([
  '.git',
  '.gitconfig',
  '.gitmodules',
  '.husky',
  '.claude',
  '.mcp.json',
  '.colloquy',
  '.vscode',
  '.idea',
  '.ssh',
  '.npmrc',
  '.envrc',
  '.bashrc',
  '.bash_profile',
  '.profile',
  '.zshrc',
  '.zprofile',
  '.zshenv',
]);

/** The part of a path that makes it protected; undefined for a path like any other. */
export function protectedPart(path: string): string | undefined {
  return path.split(/[\\/]/).find((name) => PROTECTED_NAMES.has(name.toLowerCase()));
}
