import fc from 'fast-check';

/** Put around a command that must not run unasked. Each of them runs it, in bash 5.2, or would where the wrapper is installed. */
const HOSTILE_WRAPPERS: readonly ((command: string) => string)[] = [
  (command) => `(${command})`,
  (command) => `{ ${command}; }`,
  (command) => `! ${command}`,
  (command) => `echo a; ${command}`,
  (command) => `echo a && ${command}`,
  (command) => `false || ${command}`,
  (command) => `echo a | ${command}`,
  (command) => `${command} | cat`,
  (command) => `${command} & wait`,
  (command) => `echo a\n${command}`,
  (command) => `echo a \\\n&& ${command}`,
  (command) => `# a\n${command} # b`,
  (command) => `if true; then ${command}; fi`,
  (command) => `if ${command}; then echo; else echo; fi`,
  (command) => `for i in 1; do ${command}; done`,
  (command) => `while ${command}; do break; done`,
  (command) => `until ${command}; do break; done`,
  (command) => `case a in a) ${command};; esac`,
  (command) => `case $(${command}) in *) ;; esac`,
  (command) => `for ((i=0;i<1;i++)); do ${command}; done`,
  (command) => `f() { ${command}; }; f`,
  (command) => `function g { ${command}; }\ng`,
  (command) => `git() { ${command}; }; git status`,
  (command) => `echo $(${command})`,
  (command) => `echo "$(${command})"`,
  (command) => `echo \`${inBackticks(command)}\``,
  (command) => `echo "\`${inBackticks(command).replaceAll('"', '\\"')}\``.concat('"'),
  (command) => `cat <(${command})`,
  (command) => `echo > >(${command})`,
  (command) => `cat <<< "$(${command})"`,
  (command) => `cat <<E\n$(${command})\nE`,
  (command) => `echo \${nothing:-$(${command})}`,
  (command) => `echo $((1 + $(${command}; echo 1)))`,
  (command) => `x=$(${command})`,
  (command) => `export x="$(${command})"`,
  (command) => `a=(1 $(${command}))`,
  (command) => `[ -n "$(${command})" ]`,
  (command) => `[[ -n $(${command}) ]]`,
  (command) => `eval ${quote(command)}`,
  (command) => `sh -c ${quote(command)}`,
  (command) => `bash -c ${doubleQuote(command)}`,
  (command) => `bash <<< ${quote(command)}`,
  (command) => `sh <<'E'\n${command}\nE`,
  (command) => `bash <<E\n${command}\nE`,
  (command) => `echo ${quote(command)} | sh`,
  (command) => `printf %s ${quote(command)} | bash`,
  (command) => `trap ${quote(command)} EXIT`,
  (command) => `env sh -c ${quote(command)}`,
  (command) => `env -i PATH="$PATH" sh -c ${quote(command)}`,
  (command) => `env -S ${doubleQuote(`sh -c ${quote(command)}`)}`,
  (command) => `timeout 5 sh -c ${quote(command)}`,
  (command) => `nice -n 5 bash -c ${quote(command)}`,
  (command) => `nohup sh -c ${quote(command)}`,
  (command) => `time ${command}`,
  (command) => `setsid sh -c ${quote(command)}`,
  (command) => `stdbuf -oL sh -c ${quote(command)}`,
  (command) => `sudo -n sh -c ${quote(command)}`,
  (command) => `xargs -I{} sh -c ${quote(command)} <<< a`,
  (command) => `echo a | xargs sh -c ${quote(command)}`,
  (command) => `find . -maxdepth 0 -exec sh -c ${quote(command)} \\;`,
  (command) => `git -c alias.x=${quote(`!${command}`)} x`,
  (command) => `git -c core.pager=${quote(command)} -p log`,
  (command) => `git bisect run sh -c ${quote(command)}`,
  (command) => `x=${quote(command)}; eval "$x"`,
  (command) => `x=${quote(command)}; bash -c "$x"`,
  (command) => `command eval ${quote(command)}`,
  (command) => `exec sh -c ${quote(command)}`,
  (command) => `coproc { ${command}; }; wait`,
];

/** Ways to write the word `touch`. */
const HOSTILE_NAMES: readonly string[] = [
  'touch',
  '"touch"',
  "'touch'",
  'to\\uch',
  't""ouch',
  "to''uch",
  "$'touch'",
  "$'\\x74ouch'",
  '/usr/bin/touch',
  '/usr/bin/t?uch',
  '$(echo touch)',
  '`echo touch`',
  '${nothing:-touch}',
  'to\\\nuch',
  'env touch',
  'command touch',
  'timeout 5 touch',
  'nice touch',
  'A=b touch',
  '>/dev/null touch',
];

/** Put around commands that rules allow: what is run stays the same commands. */
const PLAIN_WRAPPERS: readonly ((command: string) => string)[] = [
  (command) => `(${command}\n)`,
  (command) => `{ ${command}\n}`,
  (command) => `! (${command}\n)`,
  (command) => `{ ${command}\n} 2>&1`,
  (command) => `{ ${command}\n} > /dev/null`,
  (command) => `  ${command}\n  # a note`,
  (command) => `if ${command}\nthen echo yes; else echo no; fi`,
  (command) => `for i in 1 "2 3"; do ${command}\ndone`,
  (command) => `case a in a) ${command}\n;; *) echo ;; esac`,
  (command) => `echo "$(${command}\n)"`,
  (command) => `echo $(${command}\n)`,
  (command) => `sh -c ${quote(command)}`,
  (command) => `bash -c ${quote(command)}`,
  (command) => `timeout 5 sh -c ${quote(command)}`,
  (command) => `eval ${quote(command)}`,
  (command) => `LC_ALL=C sh -c ${quote(command)}`,
  (command) => `[ -f notes.txt ] && ${command}`,
];

const PLAIN_JOINTS = [' && ', ' || ', '; ', ' | ', '\n', ' &\n'] as const;

/** What rules allow in these attacks; nothing of it writes. */
export const ALLOWED_RULES: readonly string[] = ['Bash(echo:*)', 'Bash(git status:*)', 'Bash(cat *)', 'Bash(wc -l *)'];

const ALLOWED_COMMANDS: readonly string[] = [
  'git status',
  'git status -s',
  'cat notes.txt',
  'cat notes.txt t.txt',
  'wc -l notes.txt',
  'echo plain',
  'echo "a; b && c"',
  "echo 'x | $(y) `z`'",
  'echo a\\ b "c  d" e',
  'echo "$HOME" $x ${x:-y}',
  "echo $'tab\\t'",
  "cat <<'E'\n$(not run)\nE",
  'cat <<E | cat -\n$x\nE',
  'cat <<< words',
  'timeout 5 git status',
  'nice cat notes.txt',
  'command echo',
  'echo $((1 + 2))',
];

/** A command line that runs `touch canary`, or would, in some disguise. */
export const hostileCommand: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...HOSTILE_NAMES), fc.array(fc.constantFrom(...HOSTILE_WRAPPERS), { maxLength: 4 }))
  .map(([name, wrappers]) => wrappers.reduce((command, wrap) => wrap(command), `${name} canary`));

/** A command line of which every part is allowed by `ALLOWED_RULES`. */
export const allowedCommand: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom(...ALLOWED_COMMANDS), fc.constantFrom(...PLAIN_JOINTS)), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.array(fc.constantFrom(...PLAIN_WRAPPERS), { maxLength: 3 }),
  )
  .map(([commands, wrappers]) => wrappers.reduce((command, wrap) => wrap(command), join(commands)));

// After a here-document only a new line goes on.
function join(commands: readonly (readonly [string, string])[]): string {
  return commands
    .map(([command, joint], index) => {
      if (index === commands.length - 1) return command;
      return command.includes('<<E') || command.includes("<<'E") ? `${command}\n` : `${command}${joint}`;
    })
    .join('');
}

/** As one word in single quotes. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function doubleQuote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('$', '\\$').replaceAll('`', '\\`')}"`;
}

function inBackticks(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('$', '\\$');
}
