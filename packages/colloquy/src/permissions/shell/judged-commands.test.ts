import { describe, expect, test } from 'vitest';
import type { PermissionModeInput } from '../../options/permissions.ts';
import { analyseCommand } from './analyse-command.ts';
import { decideCommand } from './__fixtures__/decide-command.ts';
import type { CommandRule } from './judge-command.ts';

type Case = { rules?: CommandRule[]; mode?: PermissionModeInput; sandbox?: 'working' | 'none' };

function toRule(behavior: CommandRule['behavior'], text: string): CommandRule {
  const open = text.indexOf('(');
  return { behavior, specifier: open === -1 ? undefined : text.slice(open + 1, -1), text };
}

const rules = (o: { allow?: string[]; ask?: string[]; deny?: string[] }): CommandRule[] => [
  ...(o.deny ?? []).map((text) => toRule('deny', text)),
  ...(o.ask ?? []).map((text) => toRule('ask', text)),
  ...(o.allow ?? []).map((text) => toRule('allow', text)),
];

async function decide(command: string, o: Case = {}) {
  return decideCommand(await analyseCommand(command), o.rules ?? [], o.mode ?? 'default', {
    sandbox: o.sandbox ?? 'none',
    place: async (path) => (path.startsWith('/') || path.startsWith('..') ? 'outside' : 'inside'),
  });
}

/** Those commands that are decided otherwise, with the reason. */
async function otherThan(wanted: readonly string[], commands: readonly string[], o: Case): Promise<string[]> {
  const found: string[] = [];
  for (const command of commands) {
    const { behavior, reason } = await decide(command, o);
    if (!wanted.includes(behavior)) found.push(`${command} → ${behavior}: ${reason}`);
  }
  return found;
}

const DENY_RM = { rules: rules({ allow: ['Bash'], deny: ['Bash(rm:*)'] }) };
const PREFIXES = {
  rules: rules({
    allow: [
      'git status',
      'git fetch',
      'git log',
      'echo',
      'find',
      'xargs',
      'sed',
      'cat',
      'sort',
      'tar',
      'printf',
      'env',
      'bash',
      'awk',
      'make',
    ]
      .map((prefix) => `Bash(${prefix}:*)`)
      .concat('Bash(npm test)'),
  }),
};

describe('a denied command is found', () => {
  test.each<[string, string[]]>([
    [
      'however its name is spelled',
      [
        'rm -f v',
        '/bin/rm v',
        '\\rm v',
        '"rm" v',
        "r''m v",
        'r\\m v',
        "$'rm' v",
        "$'\\x72m' v",
        'rm\tv',
        '  rm v',
        'RM v',
        'r\\\nm v',
      ],
    ],
    [
      'where the name cannot be known',
      [
        '$X v',
        '$(echo rm) v',
        '`echo rm` v',
        '/bin/r? v',
        'r{m,} v',
        '"$SHELL" -c ls',
        'eval "$(printf x)"',
        'bash -c "$(cat x)"',
        'cat x | sh',
      ],
    ],
    [
      'in every place of a compound command',
      [
        'ls && rm v',
        'ls || rm v',
        'ls; rm v',
        'ls & rm v',
        'ls\nrm v',
        'ls | rm v',
        'ls |& rm v',
        '(rm v)',
        '{ rm v; }',
        '! rm v',
        'if true; then rm v; fi',
        'for f in a; do rm $f; done',
        'while true; do rm v; done',
        'until rm v; do :; done',
        'case x in *) rm v;; esac',
        'for ((i=0;i<3;i++)); do rm $i; done',
        'select x in a; do rm v; done',
        'f() { rm v; }; f',
        'function g { rm v; }; g',
        'coproc rm v',
      ],
    ],
    [
      'in substitutions',
      [
        'echo $(rm v)',
        'echo "$(rm v)"',
        'echo `rm v`',
        'echo `echo \\`rm v\\``',
        'cat <(rm v)',
        'ls > >(rm v)',
        'X=$(rm v)',
        'export X=$(rm v)',
        'echo ${x:-$(rm v)}',
        'echo ${x:-`rm v`}',
        'a[$(rm v)]=1',
        'echo $((a[$(rm v)]))',
        '[ -f "$(rm v)" ]',
        '[[ -f $(rm v) ]]',
        'cat <<E\n$(rm v)\nE',
        'cat <<< "$(rm v)"',
      ],
    ],
    ['beside assignments and redirections', ['X=1 rm v', '>f rm v', '2>&1 rm v', 'rm v <<< x 2>&1', 'ls &&\\\n rm v']],
    [
      'behind wrappers',
      [
        'sudo rm v',
        'sudo -u root -- rm v',
        'doas rm v',
        'env rm v',
        'env -i A=b rm v',
        'env -S "rm v"',
        'timeout -s KILL 5 rm v',
        'nice -n 5 rm v',
        'nohup rm v',
        'time -p rm v',
        'command -p rm v',
        'builtin rm',
        'exec -a x rm v',
        'setsid rm v',
        'stdbuf -oL rm v',
        'ionice -c3 rm v',
        'flock f rm v',
        'flock f -c "rm v"',
        'watch rm v',
        'su -c "rm v"',
        'script -c "rm v" f',
        'chroot / rm v',
        'unshare -r rm v',
        'strace -f rm v',
        'busybox rm v',
        'parallel rm ::: v',
        'uv run rm v',
        'env env env rm v',
        'nice timeout 3 sudo env rm v',
      ],
    ],
    [
      'in what xargs and find run',
      [
        'xargs rm',
        'ls | xargs -0 -I{} rm {}',
        'xargs -n1 -P4 -- rm',
        'xargs sh -c "rm v"',
        'find . -exec rm {} \\;',
        'find . -execdir /bin/rm -f {} +',
        'find . -ok rm {} ";"',
        'fd -x rm',
      ],
    ],
    [
      'in scripts for a shell',
      [
        'sh -c "rm v"',
        "bash -xc 'rm v'",
        'bash -o pipefail -c "ls; rm v"',
        "sh -c '$0 v' rm",
        'bash <<< "rm v"',
        'sh <<E\nrm v\nE',
        "sh <<'E'\nrm v\nE",
        'echo "rm v" | sh',
        'eval rm v',
        'eval "rm" "v"',
        'trap "rm v" EXIT',
        '. <(echo rm v)',
      ],
    ],
    [
      'in options and settings that name programs',
      [
        "git -c alias.x='!rm v' x",
        'git -c core.pager="rm v" log',
        'git bisect run rm v',
        'git submodule foreach rm v',
        'git rebase -x "rm v" HEAD~',
        'git fetch --upload-pack="rm v" x',
        'ssh host rm v',
        'ssh -p 22 host "ls; rm v"',
        'ssh -o ProxyCommand="rm v" h',
        'npx -y rm v',
        'npm exec -- rm v',
        'pnpm dlx rm',
        "make --eval='x:;rm v'",
        'make SHELL="rm v"',
        'tar -cf x --checkpoint-action=exec="rm v" y',
      ],
    ],
  ])('%s', async (_, commands) => {
    expect(await otherThan(['deny'], commands, DENY_RM)).toEqual([]);
  });

  test('and what may be one, without being certain, is not allowed', async () => {
    const commands = [
      'python3 -c "import os; os.system(\'rm v\')"',
      'perl -e "unlink v"',
      'bash x.sh',
      '. x.sh',
      'awk \'BEGIN{system("rm v")}\'',
      'sed "1e rm v" n',
      'alias ls=rm; ls v',
      'vim -c "!rm v"',
      'crontab f',
      'PATH=.:$PATH; ls',
      'GIT_SSH_COMMAND="rm v" git fetch x',
      'tar -I "rm v" -xf x',
      'sort --compress-program=rm x',
      'rsync -e "rm v" a b',
      'hash -p /bin/rm ls; ls v',
      'echo rm v > x.sh; ./x.sh',
      'printf -v "a[\\$(rm v)]" x',
      'test -v "a[\\$(rm v)]"',
      'echo ${x@P}',
      'mapfile -C "rm v" x',
      'ls (',
      'ls "',
    ];
    expect(await otherThan(['ask', 'deny'], commands, DENY_RM)).toEqual([]);
  });

  test('and others are left alone', async () => {
    const commands = [
      'ls -la',
      'rmdir x',
      'git rm x',
      'echo rm',
      'echo "rm -f v"',
      'grep rm file',
      'npm rm x',
      'docker rm x',
      './rm.sh',
      'git commit -m "rm v"',
      'ls | grep rm | head',
      'for f in a b; do echo "$f"; done',
      'find . -name "rm"',
      'echo "$(date)"',
      'x=5; echo $x',
      'NODE_ENV=test npm test',
      'FOO=1 npm test',
      'make build',
      'cat <<E\nrm v\nE',
      "cat <<'E' > x\nrm v\nE",
      "sed -i 's/a/b/' x",
      "awk '{print $1}' x",
      'git log --oneline | head -5',
      'tar xzf a.tgz',
      'i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo $i; done',
      '# rm\nls',
      'ls # rm v',
      'cd sub && npm test',
      'echo a > b',
      'ls 2>&1',
      'python3 --version',
    ];
    expect(await otherThan(['allow'], commands, DENY_RM)).toEqual([]);
  });

  test('with options before the subcommand, in another order, or joined', async () => {
    const denied = {
      rules: rules({ allow: ['Bash'], deny: ['Bash(git push:*)', 'Bash(rm -rf *)', 'Bash(npm publish)'] }),
    };
    const commands = [
      'git -C . push',
      'git --no-pager push',
      'git -c a.b=c push origin',
      'git --git-dir=x push',
      'rm -r -f x',
      'rm -fr x',
      'rm x -rf',
      'npm --silent publish',
    ];
    expect(await otherThan(['deny'], commands, denied)).toEqual([]);
    expect(await otherThan(['allow'], ['git pull', 'git log push', 'rm -f x', 'npm publish-x'], denied)).toEqual([]);
  });
});

describe('prefix rules allow', () => {
  test('their commands, composed in every plain way', async () => {
    const commands = [
      'git status',
      '  git status -s  ',
      'git status && git status -s | cat',
      'git status; echo "a; b"',
      'echo $(git status)',
      'echo "$(git status)"',
      'echo `git status`',
      'timeout 5 git status',
      'nice git status',
      'time git status',
      'command git status',
      '(git status)',
      '{ git status; }',
      'if git status; then echo a; fi',
      'for i in a b; do echo $i "$i"; done',
      'while git status; do echo; done',
      'case $x in a) echo;; *) git status;; esac',
      'git status 2>&1',
      'git status > /dev/null 2>&1',
      'git status &',
      '! git status',
      'xargs git status',
      'find . -name "*.ts"',
      'find . -exec cat {} \\;',
      'echo a | xargs cat',
      'env git status',
      'env LANG=C git status',
      'LANG=C git status',
      'x=1; echo $x',
      'bash -c "git status && echo x"',
      'eval git status',
      'cat <<E\nhello $x\nE',
      "cat <<'E'\n$(touch c)\nE",
      'cat <<E | sort\nb\nE',
      'cat <<E && echo\nb\nE',
      'cat <<< x',
      'sed -n 1p x',
      'npm test',
      'echo a \\\n b',
      '# c\ngit status # d',
      'cat < notes.txt',
      '[ -f x ] && git status',
      '[[ -f x && $y == z ]] && git status',
      "echo 'a\nb'",
      'git status;',
      'export foo=bar; git status',
      'set -e; git status',
      "echo $'a\\tb'",
      'git status||echo',
      'echo "é 日本"',
    ];
    expect(await otherThan(['allow'], commands, PREFIXES)).toEqual([]);
  });

  test.each<[string, string[]]>([
    [
      'no other command beside it',
      [
        'git status; touch c',
        'git status & touch c',
        'git status\ntouch c',
        'git status $(touch c)',
        'git status`touch c`',
        'git status <(touch c)',
        'git status >(touch c)',
        'git status <<< "$(touch c)"',
        'cat <<E\n`touch c`\nE',
        '[[ $(touch c) ]]',
        'case $(touch c) in a) ;; esac',
        'for x in $(touch c); do echo; done',
        'while git status; do touch c; done',
        '((x=$(touch c)))',
        'echo ${x:=$(touch c)}',
        'echo "$(git status; touch c)"',
        'git status # x\ntouch c',
      ],
    ],
    [
      'no other name',
      [
        'gitstatus',
        'git statusx',
        '/tmp/git status',
        './git status',
        'GIT status',
        'git "status x"',
        'git\\ status',
        'git\u200b status',
        'git status\u2028touch c',
        'git status\r\ntouch c',
        '$X status',
        'npm test x',
      ],
    ],
    [
      'no writing elsewhere',
      [
        'git status > c',
        'git status >> c',
        'git status >| c',
        'git status >&c',
        'git status &>> c',
        'git status 3> c',
        '{ git status; } > c',
        '(git status) > c',
        'cat < /dev/tcp/1.1.1.1/80',
        'cat < ../../etc/passwd',
      ],
    ],
    [
      'no changed environment',
      [
        'PATH=. git status',
        'IFS=x git status',
        'GIT_PAGER=x git log',
        'env PATH=. git status',
        'export PATH=.; git status',
        'git status() { touch c; }; git status',
        'alias git=touch; git status',
        '. ./x; git status',
      ],
    ],
    [
      'no command of a wrapper that it does not name',
      [
        'find . -exec touch c \\;',
        'find . $X',
        'xargs touch c',
        'echo c | xargs touch',
        'env touch c',
        'bash -c "touch c"',
        'bash <<< "touch c"',
        'timeout 5 touch c',
        'timeout $X git status',
        'nohup touch c',
        'exec touch c',
        'eval "touch c"',
        'trap "touch c" EXIT; echo',
        'cat x | bash',
        'sudo git status',
      ],
    ],
    [
      'no option that runs or writes something',
      [
        'git -c a=b status',
        'git fetch --upload-pack="touch c" .',
        'git fetch "ext::sh -c touch% c"',
        'sort --compress-program="touch" x',
        'tar cf /dev/null x --checkpoint-action=exec="touch c"',
        'sed "1e touch c" n',
        "sed 's/x/touch c/e' n",
        "sed -n 'w c' n",
        "sed 's/[/]/p;s/e;s/a/b/' n",
        'awk \'BEGIN{system("touch c")}\'',
        'awk \'{print > "c"}\' n',
        "make --eval='$(shell touch c)'",
        'make -f - <<< "x:;touch c"',
        'printf -v "a[\\$(touch c)]" x',
      ],
    ],
    [
      'no calculation that may run something',
      [
        'echo $((a[$(touch c)]))',
        'x="a[\\$(touch c)]"; echo $((x))',
        'echo "${x@P}"',
        'echo ${!x}',
        'declare -i x="a[\\$(touch c)]"',
        'let x=1; echo',
      ],
    ],
    [
      'nothing that bash reads in another way than the parser',
      [
        '1x=1; echo',
        '*x=1; echo',
        'éa[1]=2; echo',
        '\\ echo',
        'echo <& -n',
        'echo a>&-n; touch c',
        'echo -n2>&1',
        "cat <<'E'F\nE\ntouch c\nEF",
        "time 'x=1' echo",
      ],
    ],
    ['nothing that cannot be parsed', ['git status |', 'git status ; ; touch c', 'echo "', 'echo $(', 'git status )']],
    [
      'nothing whose here-document ends elsewhere',
      [
        'cat <<E\nE\ntouch c',
        'cat <<"E F"\nx\nE F\ntouch c',
        'cat <<-E\n\tE\ntouch c',
        'cat <<E; touch c\nE',
        'cat <<A <<B\nA\nB\ntouch c',
        "cat <<$'E'\nE\ntouch c",
        'cat <<\\E\nE\ntouch c',
      ],
    ],
  ])('%s', async (_, commands) => {
    expect(await otherThan(['ask', 'deny'], commands, PREFIXES)).toEqual([]);
  });

  test('what a wrapper runs if they name that, too', async () => {
    const named = {
      rules: rules({
        allow: ['Bash(sudo apt:*)', 'Bash(xargs grep:*)', 'Bash(npx prettier *)', 'Bash(bash -c "touch x")'],
      }),
    };
    const commands = ['sudo apt update', 'ls | xargs grep x', 'npx prettier --check .', 'bash -c "touch x"'];
    expect(
      await otherThan(
        ['allow'],
        commands.filter((command) => !command.startsWith('ls')),
        named,
      ),
    ).toEqual([]);
    expect(await otherThan(['ask'], ['sudo rm x', 'sudo', 'npx rimraf .', 'bash -c "touch y"'], named)).toEqual([]);
  });
});

describe('without rules', () => {
  const READS = [
    'ls',
    'ls -la src',
    'cat a b',
    'git status',
    'git log --oneline -5',
    'git diff HEAD~1 --stat',
    'grep -rn foo src',
    'head -20 x',
    'find . -name "*.ts" -type f',
    'sort x | uniq -c',
    'cd sub && ls',
    'pwd',
    'date +%s',
    'sed -n 1,5p x',
    'timeout 5 ls',
  ];
  const EDITS = [
    'mkdir -p a/b',
    'touch x',
    'rm -rf build',
    'mv a b',
    'cp a b',
    "sed -i 's/a/b/' x",
    'mkdir x && touch x/y',
  ];

  test('commands that only read inside the folders run in a sandbox, and are asked without one', async () => {
    expect(await otherThan(['allow'], READS, { sandbox: 'working' })).toEqual([]);
    expect(await otherThan(['ask'], READS, { sandbox: 'none' })).toEqual([]);
  });

  test('a flag, a path or a folder that is not known to be harmless is asked', async () => {
    const commands = [
      'ls /',
      'cat ../x',
      'cat ~/x',
      'cat $X',
      'rm x',
      'git log --output=c',
      'sort -o c x',
      'sort --output=c x',
      'uniq a b',
      'date -s x',
      'find . -delete',
      'find . -fprint c',
      'sed -i s/a/b/ x',
      'cd sub && git status',
      'git branch new',
      'git diff --ext-diff',
      'git -c a.b=c status',
      'tree -o x',
      'rg --pre x y',
      'hostname x',
      'tee x',
      'ls > x',
      'env',
      'echo $((x))$(touch c)',
    ];
    expect(await otherThan(['ask'], commands, { sandbox: 'working' })).toEqual([]);
  });

  test('acceptEdits lets simple file commands run inside the folders, in a sandbox', async () => {
    expect(await otherThan(['allow'], EDITS, { mode: 'acceptEdits', sandbox: 'working' })).toEqual([]);
    expect(await otherThan(['ask'], EDITS, { mode: 'acceptEdits', sandbox: 'none' })).toEqual([]);
    const others = ['mkdir /x', 'rm -rf ..', 'rm *', 'cp a /b', 'cp -r a b', 'rm $x', 'npm i'];
    expect(await otherThan(['ask'], others, { mode: 'acceptEdits', sandbox: 'working' })).toEqual([]);
  });

  test.each<[PermissionModeInput, string, string, string]>([
    ['plan', 'allow', 'ask', 'ask'],
    ['readOnly', 'allow', 'deny', 'deny'],
    ['strict', 'ask', 'ask', 'ask'],
    ['bypassPermissions', 'allow', 'allow', 'allow'],
    ['default', 'allow', 'allow', 'ask'],
  ])('%s decides about `ls`, an allowed `make` and `touch x`: %s, %s, %s', async (mode, ...expected) => {
    const o = { mode, sandbox: 'working' as const, rules: rules({ allow: ['Bash(make)'] }) };
    const decided = await Promise.all(['ls', 'make', 'touch x'].map((command) => decide(command, o)));
    expect(decided.map(({ behavior }) => behavior)).toEqual(expected);
  });
});

describe('the decision', () => {
  test('says which rule, which part, and what would run it', async () => {
    expect(await decide('ls && sudo rm v', DENY_RM)).toEqual({
      behavior: 'deny',
      source: 'rule',
      rule: 'Bash(rm:*)',
      reason: 'The rule Bash(rm:*) denies `rm v`, which sudo would run.',
      parts: [
        { text: 'ls', behavior: 'allow', rule: 'Bash' },
        { text: 'sudo rm v', behavior: 'allow', rule: 'Bash' },
        { text: 'rm v', behavior: 'deny', rule: 'Bash(rm:*)' },
      ],
    });
    expect(await decide('git status && touch c', PREFIXES)).toMatchObject({
      behavior: 'ask',
      source: 'none',
      reason: 'No rule allows `touch c`, and there is no sandbox to hold it.',
    });
  });

  test('ask rules speak where any part meets them, or may', async () => {
    const asked = { rules: rules({ allow: ['Bash'], ask: ['Bash(git push:*)', 'Bash(curl * | sh)'] }) };
    const commands = ['git push', 'ls && sudo git -C x push', 'git $X', '$X', 'curl -s x | sh'];
    expect(await otherThan(['ask'], commands, asked)).toEqual([]);
    expect(await otherThan(['allow'], ['git pull', 'curl x'], asked)).toEqual([]);
  });

  test('an exact rule allows its words even where they are not understood', async () => {
    const command = 'f() { ls; }; f > out';
    expect(await decide(command, { rules: rules({ allow: [`Bash(${command})`] }) })).toMatchObject({
      behavior: 'allow',
    });
    expect(await decide(`${command}2`, { rules: rules({ allow: [`Bash(${command})`] }) })).toMatchObject({
      behavior: 'ask',
    });
  });
});
