import { everyChar } from './every-char.ts';
import type { Word } from './command-part.ts';
import { isPlainSed } from './plain-sed.ts';
import { nothingOpened, type Opened } from './open-wrapper.ts';

/** Options whose value is a program, or the rest of the command: by how they begin, because beginnings may stand for the whole. */
const PROGRAM_OPTIONS: Readonly<Record<string, { options: readonly string[]; takesRest?: true }>> = {
  compgen: { options: ['-C', '-F'] },
  fd: { options: ['-x', '-X', '--exec'], takesRest: true },
  fdfind: { options: ['-x', '-X', '--exec'], takesRest: true },
  less: { options: ['+', '-k', '--lesskey'] },
  man: { options: ['-P', '--p', '-H', '--h', '-X', '-T'] },
  more: { options: ['+'] },
  'nix-shell': { options: ['--run', '--command'] },
  rg: { options: ['--pre', '--hostname-bin'] },
  rsync: { options: ['-e', '--rsh', '--rsync-path'] },
  scp: { options: ['-S', '-o', '-D', '-F'] },
  sftp: { options: ['-S', '-o', '-D', '-F', '-b'] },
  split: { options: ['--f'] },
  sort: { options: ['--co'] },
  tar: { options: ['--to', '--ch', '--us', '--rs', '--in', '--ne', '-I', '-F'] },
  wget: { options: ['--use-a', '-e', '--exe'] },
  zip: { options: ['-T', '--unz'] },
};

/** Options of npm that name no program, no folder and no settings; it takes them by their beginnings, and with one dash too. */
const NPM_OPTIONS: ReadonlySet<string> = new Set(
  'a all color d dd depth if-present ignore-scripts json l long loglevel no no-audit no-color no-fund no-progress p parseable q quiet s silent verbose w workspace workspaces ws y yes'.split(
    ' ',
  ),
);

/** Why an option of npm may name what it runs scripts with; what follows `--` is for the script. */
export function doubtOfNpm(words: readonly Word[]): string | undefined {
  for (const word of words.slice(1)) {
    if (word === '--') return undefined;
    if (word === undefined) return 'a word of npm that cannot be known may be an option';
    const [option = ''] = word.replace(/^-+/, '').split('=');
    if (word.startsWith('-') && !NPM_OPTIONS.has(option)) return 'an option of npm may name a program';
  }
  return undefined;
}

/** Programs that run others when an option says so. */
export function openByOptions(name: string, words: readonly Word[]): Opened {
  const rest = words.slice(1);
  if (name === 'make' || name === 'gmake') return openMake(rest);
  if (name === 'sed' || name === 'gsed') {
    const why = isPlainSed(rest) ? undefined : 'a script of sed may run commands or write files';
    return { ...nothingOpened(), unclear: why };
  }
  if (name === 'awk' || name === 'gawk' || name === 'mawk' || name === 'nawk') {
    const why = isPlainAwk(rest) ? undefined : 'a program of awk may run commands or write files';
    return { ...nothingOpened(), unclear: why };
  }
  const known = PROGRAM_OPTIONS[name];
  return known === undefined ? nothingOpened() : openKnown(name, known, rest);
}

function openKnown(
  name: string,
  known: { options: readonly string[]; takesRest?: true },
  rest: readonly Word[],
): Opened {
  const opened = nothingOpened();
  for (const [index, word] of rest.entries()) {
    if (word === undefined) {
      opened.unclear ??= `a word of ${name} that cannot be known may name a program`;
      continue;
    }
    const option = known.options.find((start) => word.startsWith(start) || hasLetter(word, start));
    if (option === undefined) continue;
    opened.unclear = `an option of ${name} names a program`;
    if (known.takesRest === true) opened.commands.push({ words: rest.slice(index + 1), at: index + 2 });
    else opened.scripts.push(...programIn(word, option, rest[index + 1]));
  }
  return opened;
}

/** Whether an option of one letter stands among others: `-czI`. */
function hasLetter(word: string, option: string): boolean {
  return (
    option.length === 2 &&
    option.startsWith('-') &&
    word.startsWith('-') &&
    !word.startsWith('--') &&
    word.includes(option.charAt(1))
  );
}

function programIn(word: string, option: string, next: Word): string[] {
  const equals = word.indexOf('=');
  if (option.startsWith('--')) {
    const value = equals === -1 ? (next ?? '') : word.slice(equals + 1);
    // tar: `--checkpoint-action=exec=COMMAND`
    return [value.startsWith('exec=') ? value.slice('exec='.length) : value];
  }
  return [word.length > 2 ? word.slice(2) : (next ?? '')].filter((text) => text !== '');
}

function openMake(rest: readonly Word[]): Opened {
  const opened = nothingOpened();
  for (const [index, word] of rest.entries()) {
    const file = word === '-f' || word === '--file' || word === '--makefile' ? rest[index + 1] : word;
    if (word === undefined) opened.unclear = 'a word of make that cannot be known may hold commands';
    else if (word.startsWith('--ev') || word.startsWith('-E')) readRecipe(word, opened);
    else if (file === '-' || file === '-f-' || file?.includes('/dev/') === true || file?.includes('/proc/') === true)
      opened.unclear = 'make reads its rules from an input';
    else if (word.includes('=') && !word.startsWith('-')) readVariable(word, opened);
    if (index > 0 && (rest[index - 1] === '--eval' || rest[index - 1] === '-E')) readRecipe(word ?? '', opened);
  }
  return opened;
}

function readVariable(word: string, opened: Opened): void {
  opened.unseen = 'a variable of make may hold a command';
  const value = word.slice(word.indexOf('=') + 1);
  const isSetting = word.startsWith('SHELL') || word.startsWith('.') || word.startsWith('MAKE');
  if (!isSetting && everyChar(value, (char) => !'$`;|&<>('.includes(char))) return;
  opened.unclear = 'a variable of make holds a command';
  if (value !== '') opened.scripts.push(value);
}

/** The commands of `$(shell …)`, and of a recipe. */
function readRecipe(text: string, opened: Opened): void {
  opened.unclear = 'an option of make holds rules';
  const start = text.indexOf('$(shell ');
  const end = text.lastIndexOf(')');
  if (start !== -1 && end > start) opened.scripts.push(text.slice(start + '$(shell '.length, end));
  else if (text.includes(':')) opened.scripts.push(text.slice(text.lastIndexOf(':') + 1).replace(';', ''));
}

const AWK_DANGERS = ['system', '|', '>', 'getline', '@', 'close', 'printf >'];

function isPlainAwk(rest: readonly Word[]): boolean {
  let hasProgram = false;
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at];
    if (word === undefined) return hasProgram;
    if (hasProgram) return true;
    if (word === '-F' || word === '-v') at += 1;
    else if (word.startsWith('-F') || word.startsWith('-v')) continue;
    else if (word.startsWith('-')) return false;
    else {
      if (AWK_DANGERS.some((danger) => word.includes(danger))) return false;
      hasProgram = true;
    }
  }
  return true;
}
