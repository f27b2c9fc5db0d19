import type { CommandPart } from './command-part.ts';

/**
 * Programs that can be allowed with whatever arguments: none of their options runs another program, and none writes elsewhere than
 * to files that are plainly named. Interpreters, wrappers, and what changes the system or talks to others is not among them.
 */
const WITH_ANY_ARGUMENTS: ReadonlySet<string> = new Set(
  (
    'basename cat cksum cmp comm cut df diff dirname du echo egrep expand fgrep fold grep head id join ls md5sum mkdir nl od paste ' +
    'printf ps pwd readlink realpath rev rmdir seq sha1sum sha256sum sha512sum sleep stat strings tac tail test touch tr true uname wc ' +
    'which whoami'
  ).split(' '),
);

/** Programs with subcommands of which the same can be said. */
const WITH_SUBCOMMAND: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['git', new Set('add blame commit diff log ls-files rev-parse show status'.split(' '))],
  ['npm', new Set(['ls', 'outdated', 'run', 'test', 'view'])],
]);

/** Subcommands that need the name of what they run. */
const NAMES_A_SCRIPT: ReadonlySet<string> = new Set(['run']);

const PLAIN_WORD = /^[A-Za-z0-9][\w:.@-]*$/;

/**
 * The words with which commands like this one begin, so that they can be allowed whatever follows. Undefined: what may follow could
 * run anything, or destroy something.
 */
export function safePrefix(part: CommandPart): string | undefined {
  const [name, ...rest] = part.words;
  if (name === undefined || part.unclear !== undefined || part.unseen !== undefined) return undefined;
  if (WITH_ANY_ARGUMENTS.has(name)) return name;
  const [subcommand, script] = rest;
  if (subcommand === undefined || WITH_SUBCOMMAND.get(name)?.has(subcommand) !== true) return undefined;
  if (!NAMES_A_SCRIPT.has(subcommand)) return `${name} ${subcommand}`;
  return script !== undefined && PLAIN_WORD.test(script) ? `${name} ${subcommand} ${script}` : undefined;
}
