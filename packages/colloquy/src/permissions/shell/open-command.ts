import { everyChar } from './every-char.ts';
import type { Word } from './command-part.ts';
import type { Input } from './findings.ts';
import { fileName } from './part-texts.ts';
import { openBuiltin } from './open-builtin.ts';
import { openGit } from './open-git.ts';
import { doubtOfNpm, openByOptions } from './open-options.ts';
import { addScript, nothingOpened, type Opened, openWrapper } from './open-wrapper.ts';
import { WRAPPERS } from './wrapper-options.ts';

const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh', 'mksh', 'ash', 'rbash', 'yash']);
/** Programs of other languages, which run the code they are given. */
const INTERPRETERS: ReadonlySet<string> = new Set([
  'bun',
  'dc',
  'deno',
  'elvish',
  'ed',
  'emacs',
  'ex',
  'expect',
  'fish',
  'gdb',
  'irb',
  'lua',
  'm4',
  'mysql',
  'nu',
  'osascript',
  'perl',
  'php',
  'psql',
  'pwsh',
  'rscript',
  'ruby',
  'socat',
  'sqlite3',
  'tclsh',
  'tsx',
  'vi',
  'vim',
  'nvim',
  'xonsh',
]);
const INTERPRETER_BEGINNINGS = ['python', 'pypy', 'node', 'perl5', 'ruby2', 'ruby3', 'lua5', 'php7', 'php8'];
/** Run later, or elsewhere, what they read. */
const SCHEDULERS: ReadonlySet<string> = new Set([
  'at',
  'batch',
  'capsh',
  'coreutils',
  'crontab',
  'daemonize',
  'mispipe',
  'run-parts',
  'sg',
  'start-stop-daemon',
  'parallel',
  'screen',
  'tmux',
  'entr',
  'sem',
]);
/** Without a command they start a shell, which reads its input. */
const STARTS_SHELL: ReadonlySet<string> = new Set(['sudo', 'su', 'doas', 'ssh', 'chroot', 'unshare', 'nsenter']);
/** Those whose operands begin with a command. */
const RUNS_OPERANDS: ReadonlySet<string> = new Set(['parallel', 'sem', 'entr']);
/** Options of a shell after which `-c` still only runs the script. */
const PLAIN_SHELL_LETTERS = 'ceuxvn';
/** Folders of the system's own programs: a wrapper by that path is the wrapper. */
const SYSTEM_FOLDERS: ReadonlySet<string> = new Set(['/bin/', '/usr/bin/']);

/** What a command runs besides itself: commands among its words, scripts in its options or input, code that is not looked into. */
export function openCommand(words: readonly Word[], input: Input): Opened {
  const [called] = words;
  if (called === undefined || called === '') return nothingOpened();
  const name = fileName(called).toLowerCase();
  const opened = openByName(name, words, input);
  const folder = called.slice(0, called.length - name.length);
  const isItself = called === name || (SYSTEM_FOLDERS.has(folder) && called.endsWith(`/${name}`));
  return isItself ? opened : { ...opened, transparent: false };
}

function openByName(name: string, words: readonly Word[], input: Input): Opened {
  if (SHELLS.has(name)) return openShell(words, input);
  if (name === 'xargs') return openXargs(words);
  if (name === 'find') return openFind(words);
  if (name === 'git') return openGit(words);
  const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
  if (name === 'ssh' && wrapper !== undefined) return openSsh(words, openWrapper(wrapper, words));
  if (name === 'time' && wrapper !== undefined && words.some((word) => word?.includes('=') === true)) {
    // Quoted, `a=b` would be the command.
    return { ...openWrapper(wrapper, words), unclear: 'it cannot be told which word after time is the command' };
  }
  if (wrapper !== undefined) {
    const opened = openWrapper(wrapper, words);
    if (opened.commands.length === 0 && input !== undefined && STARTS_SHELL.has(name)) addScript(opened, input.text);
    // In another folder, or without our environment, a command may be another: git, for instance, does what settings there say.
    if (name === 'env' && words.slice(1, opened.commands[0]?.at).some((word) => word?.startsWith('-') === true))
      return { ...opened, transparent: false };
    return name === 'npm' ? { ...opened, unclear: opened.unclear ?? doubtOfNpm(words) } : opened;
  }
  if (INTERPRETERS.has(name) || INTERPRETER_BEGINNINGS.some((start) => name.startsWith(start)))
    return isVersionOnly(words)
      ? nothingOpened()
      : { ...nothingOpened(), unseen: `${name} runs code of its own language` };
  if (SCHEDULERS.has(name) || name.startsWith('ld-linux')) return openScheduler(name, words);
  return openBuiltin(name, words) ?? openByOptions(name, words);
}

const isVersionOnly = (words: readonly Word[]): boolean =>
  words.length === 2 && (words[1] === '--version' || words[1] === '-V' || words[1] === '-v');

function openScheduler(name: string, words: readonly Word[]): Opened {
  const at = words.findIndex((word, index) => index > 0 && word?.startsWith('-') !== true);
  const commands = at === -1 || !RUNS_OPERANDS.has(name) ? [] : [{ words: [...words.slice(at), undefined], at }];
  return { ...nothingOpened(), commands, unseen: `${name} runs what it is given later or elsewhere` };
}

function openShell(words: readonly Word[], input: Input): Opened {
  const opened = nothingOpened();
  let hasScript = false;
  let readsInput = false;
  let isPlain = true;
  let at = 1;
  for (; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) return { ...opened, runsUnknown: true };
    if (word === '--' || word === '-') {
      at += 1;
      break;
    }
    if (!word.startsWith('-') && !word.startsWith('+')) break;
    if (word.startsWith('--')) {
      isPlain = false;
      if (word === '--rcfile' || word === '--init-file') at += 1;
      continue;
    }
    const letters = word.slice(1);
    hasScript ||= letters.includes('c');
    readsInput ||= letters.includes('s');
    if (letters.includes('o') || letters.includes('O')) at += 1;
    else isPlain &&= everyChar(letters, (letter) => PLAIN_SHELL_LETTERS.includes(letter));
  }
  const operand = words[at];
  if (hasScript) {
    if (at < words.length) addScript(opened, operand);
    return { ...opened, transparent: isPlain };
  }
  if (at < words.length && !readsInput) {
    if (operand === undefined || isInputFile(operand)) return { ...opened, runsUnknown: true };
    return { ...opened, unseen: `it runs the script ${operand}, which nobody looked into` };
  }
  if (input !== undefined) addScript(opened, input.text);
  return { ...opened, transparent: isPlain && input !== undefined };
}

const isInputFile = (path: string): boolean => path.startsWith('/dev/') || path.startsWith('/proc/');

const XARGS_FLAGS = '0rtpxo';
const XARGS_VALUED = 'adEILnPs';
const XARGS_LONG_FLAGS: ReadonlySet<string> = new Set([
  '--null',
  '--no-run-if-empty',
  '--verbose',
  '--interactive',
  '--exit',
  '--open-tty',
]);
const XARGS_LONG_VALUED: ReadonlySet<string> = new Set([
  '--arg-file',
  '--delimiter',
  '--max-args',
  '--max-chars',
  '--max-lines',
  '--max-procs',
  '--replace',
  '--eof',
]);

function openXargs(words: readonly Word[]): Opened {
  let replaced: string | undefined;
  let at = 1;
  for (; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) return { ...nothingOpened(), runsUnknown: true };
    if (word === '--') {
      at += 1;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    const [long = '', value] = word.split('=', 2);
    if (word.startsWith('--')) {
      if (XARGS_LONG_FLAGS.has(long)) continue;
      if (!XARGS_LONG_VALUED.has(long)) return { ...nothingOpened(), runsUnknown: true };
      if (long === '--replace') replaced = value ?? '{}';
      else if (value === undefined && long !== '--eof' && long !== '--max-lines') at += 1;
      continue;
    }
    const letter = word.charAt(1);
    if (letter === 'i') replaced = word.slice(2) || '{}';
    else if (letter === 'I') replaced = word.length > 2 ? word.slice(2) : words[at + 1];
    if (XARGS_VALUED.includes(letter)) {
      if (word.length === 2) at += 1;
    } else if (!'iel'.includes(letter) && !everyChar(word.slice(1), (other) => XARGS_FLAGS.includes(other)))
      return { ...nothingOpened(), runsUnknown: true };
  }
  const inner = words
    .slice(at)
    .map((word) => (replaced !== undefined && word?.includes(replaced) === true ? undefined : word));
  if (inner.length === 0) return nothingOpened();
  const command = replaced === undefined ? [...inner, undefined] : inner;
  return { ...nothingOpened(), commands: [{ words: command, at }], transparent: true };
}

const FIND_ACTIONS: ReadonlySet<string> = new Set(['-exec', '-execdir', '-ok', '-okdir']);

function openFind(words: readonly Word[]): Opened {
  const opened = nothingOpened();
  for (let at = 1; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined || !FIND_ACTIONS.has(word)) continue;
    const rest = words.slice(at + 1);
    const end = rest.findIndex((other, index) => other === ';' || (other === '+' && rest[index - 1] === '{}'));
    const inner = (end === -1 ? rest : rest.slice(0, end)).map((other) =>
      other?.includes('{}') === true ? undefined : other,
    );
    if (inner.length === 0) opened.runsUnknown = true;
    else opened.commands.push({ words: inner, at: at + 1 });
    at += inner.length;
  }
  if (words.includes(undefined)) opened.unclear = 'a word of find that cannot be known may be an action';
  return opened;
}

function openSsh(words: readonly Word[], opened: Opened): Opened {
  for (const [index, word] of words.entries()) {
    if (word === undefined || !word.startsWith('-')) continue;
    if (word.startsWith('-F')) opened.unclear = 'a configuration of ssh may name programs';
    if (!word.startsWith('-o')) continue;
    const setting = word.length > 2 ? word.slice(2) : words[index + 1];
    const [key, value] = splitSetting(setting ?? 'command ');
    if (!key.toLowerCase().includes('command')) continue;
    opened.unclear = 'an option of ssh names a program';
    opened.scripts.push(value);
  }
  return opened;
}

function splitSetting(setting: string): [string, string] {
  const ends = [setting.indexOf('='), setting.indexOf(' ')].filter((at) => at !== -1);
  const at = Math.min(...ends);
  return ends.length === 0 ? [setting, ''] : [setting.slice(0, at), setting.slice(at + 1)];
}
