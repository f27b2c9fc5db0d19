import { isDangerousVariable, isHarmlessVariable } from './environment-names.ts';
import { everyChar } from './every-char.ts';
import type { Word } from './command-part.ts';
import { addScript, nothingOpened, type Opened } from './open-wrapper.ts';
import { isName } from './read-expansion.ts';

/** Builtins after which names of commands mean something else, or code is kept for later. */
const CHANGES_SHELL: ReadonlySet<string> = new Set([
  'alias',
  'autoload',
  'bind',
  'complete',
  'compopt',
  'coproc',
  'enable',
  'fc',
  'hash',
  'shopt',
]);
/** Words that begin constructs. As the name of a command they mean that a construct was not recognised. */
const RESERVED: ReadonlySet<string> = new Set([
  '!',
  '{',
  '}',
  'case',
  'coproc',
  'do',
  'done',
  'elif',
  'else',
  'esac',
  'fi',
  'for',
  'function',
  'if',
  'in',
  'select',
  'then',
  'until',
  'while',
]);
const PLAIN_SET_LETTERS = 'eufvxnCbho';

/** What builtins of the shell run; undefined when the name is none of those that run something. */
export function openBuiltin(name: string, words: readonly Word[]): Opened | undefined {
  const opened = nothingOpened();
  const rest = words.slice(1);
  switch (name) {
    case 'eval':
      if (rest.length > 0) addScript(opened, rest.includes(undefined) ? undefined : rest.join(' '));
      return { ...opened, transparent: true };
    case 'trap': {
      const [script] = rest[0] === '--' ? rest.slice(1) : rest;
      if (rest.length > 1 && script !== '-' && script !== '') addScript(opened, script);
      return { ...opened, transparent: true };
    }
    case '.':
    case 'source':
      return {
        ...opened,
        runsUnknown: rest[0] === undefined || rest[0].startsWith('/dev/'),
        unseen: 'it runs a script, which nobody looked into',
        unclear: 'what a script leaves behind in the shell is not known',
      };
    case 'coproc':
      return rest.length === 0 ? opened : { ...opened, commands: [{ words: rest, at: 1 }] };
    case 'command':
      return openCommandBuiltin(rest);
    default:
      return undefined;
  }
}

function openCommandBuiltin(rest: readonly Word[]): Opened {
  const start = rest.findIndex((word) => word === undefined || !word.startsWith('-'));
  const options = start === -1 ? rest : rest.slice(0, start);
  if (options.some((word) => word === '-v' || word === '-V')) return nothingOpened();
  if (options.some((word) => word !== '-p' && word !== '--')) return { ...nothingOpened(), runsUnknown: true };
  if (start === -1) return nothingOpened();
  return { ...nothingOpened(), commands: [{ words: rest.slice(start), at: start + 1 }], transparent: true };
}

/** Why a builtin makes unknown what the commands after it do, or runs what hides in a name; undefined when it does not. */
export function whyBuiltinUnclear(name: string, words: readonly Word[]): string | undefined {
  const rest = words.slice(1);
  if (RESERVED.has(name)) return `${name} stands where a command should`;
  if (CHANGES_SHELL.has(name)) return `${name} changes what the commands after it mean`;
  switch (name) {
    case 'set':
      return rest.every(isPlainSetting) ? undefined : 'set changes how the shell reads the rest';
    case 'declare':
    case 'typeset':
    case 'local':
    case 'readonly':
    case 'export':
      // A name alone may have got its value before, and is given to programs now.
      return rest.every((word) => isHarmless(word) || ['-x', '-r', '-g', '-a', '-p'].includes(word ?? ''))
        ? undefined
        : `${name} is used in a way that is not understood`;
    case 'unset':
      // Without PATH, programs are looked for in the current folder.
      return rest.every((word) => (isVariable(word) && !isDangerousVariable(word)) || word === '-v' || word === '-f')
        ? undefined
        : 'unset may calculate';
    case 'read':
    case 'mapfile':
    case 'readarray':
    case 'getopts':
    case 'wait':
      return rest.some((word) => word === undefined || word.includes('[') || word.startsWith('-C'))
        ? `${name} may calculate a name`
        : undefined;
    case 'let':
      return 'let calculates with what cannot be followed';
    case 'printf':
      return rest[0] === undefined || rest[0].startsWith('-v') ? 'printf may calculate a name' : undefined;
    case 'test':
    case '[':
      return rest.some((word) => word === '-v' || word === '-R') ? 'it tests a name that may be calculated' : undefined;
    default:
      return undefined;
  }
}

/** Variables that a builtin sets. */
export function variablesSetBy(name: string, words: readonly Word[]): string[] {
  if (!['read', 'mapfile', 'readarray', 'getopts', 'printf', 'wait'].includes(name)) return [];
  const given = words.slice(1).filter((word) => word !== undefined);
  // `read -aNAME`, `wait -pNAME`
  const joined = given
    .filter((word) => word.startsWith('-'))
    .flatMap((word) => ['a', 'p'].map((letter) => word.slice(word.indexOf(letter) + 1)));
  return [...given, ...joined].filter(isName);
}

const isVariable = (word: Word): word is string => word !== undefined && isName(word);
const isHarmless = (word: Word): boolean => isVariable(word) && isHarmlessVariable(word);

function isPlainSetting(word: Word): boolean {
  if (word === undefined) return false;
  if (['pipefail', 'errexit', 'nounset', 'xtrace', 'noglob', '-o', '+o', '--'].includes(word)) return true;
  return (
    (word.startsWith('-') || word.startsWith('+')) &&
    everyChar(word.slice(1), (letter) => PLAIN_SET_LETTERS.includes(letter))
  );
}
