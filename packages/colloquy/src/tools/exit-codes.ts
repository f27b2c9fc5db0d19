/** What an exit code other than 0 says that is no error, by command. */
const MEANINGS: Readonly<Record<string, readonly [code: number, meaning: string]>> = {
  grep: [1, 'Nothing matches'],
  egrep: [1, 'Nothing matches'],
  fgrep: [1, 'Nothing matches'],
  rg: [1, 'Nothing matches'],
  diff: [1, 'There are differences'],
  cmp: [1, 'There are differences'],
  test: [1, 'The condition is false'],
  '[': [1, 'The condition is false'],
};

/** Whatever may make the end of a command another one's: several commands, or their substitution. */
const SEVERAL = /[;&\n`]|\|\||\$\(/;

/**
 * What an exit code means, where it is an answer and no error: `grep` that finds nothing, `diff` of files that differ. Only for one
 * command, or one pipeline, whose last command it is; a command that cannot be told apart for certain has no meaning here.
 */
export function meaningOfExit(command: string, exitCode: number | null): string | undefined {
  if (exitCode === null || exitCode === 0 || SEVERAL.test(command)) return undefined;
  const [name = ''] = (command.split('|').at(-1) ?? '').trim().split(/\s/, 1);
  const known = Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : undefined;
  return known?.[0] === exitCode ? known[1] : undefined;
}
