/** How a program that runs another is called: its options, then perhaps operands of its own, then the other's command. */
export type Wrapper = {
  /** Letters of options without a value. */
  flags?: string;
  /** Letters of options with one. */
  valued?: string;
  longFlags?: readonly string[];
  longValued?: readonly string[];
  /** Letters and names of options whose value is a command in the language of a shell. */
  scripts?: readonly string[];
  /** Words of its own before the command. */
  operands?: number;
  /** Words that must stand before the command, such as `run` in `uv run`. */
  after?: readonly (readonly string[])[];
  /** Takes `NAME=value` before the command. */
  assigns?: true;
  /** The words are joined and read by a shell, somewhere. */
  joins?: true;
  /** Only runs the command, with these options, so that it needs no leave of its own. */
  transparent?: true;
};

/** Programs that run what their operands say. An option that is not listed makes unknown what they run. */
export const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  builtin: { transparent: true },
  bunx: { flags: 'y', longFlags: ['bun', 'silent', 'verbose'], longValued: ['package'], valued: 'p' },
  busybox: {},
  bwrap: {},
  caffeinate: { flags: 'dimsu', valued: 'tw' },
  catchsegv: {},
  choom: { valued: 'n', longValued: ['adjust'] },
  chpst: { flags: 'vP012', valued: 'ueUbmdonpfclrt/' },
  chronic: { flags: 've' },
  chroot: { longFlags: ['skip-chdir'], longValued: ['userspec', 'groups'], operands: 1 },
  chrt: { flags: 'abdfioRrv', operands: 1 },
  'cross-env': { assigns: true },
  'dbus-run-session': { longValued: ['config-file', 'dbus-daemon'] },
  'dbus-launch': { longFlags: ['exit-with-session', 'sh-syntax', 'csh-syntax'] },
  direnv: { after: [['exec']], operands: 1 },
  docker: {
    after: [['exec'], ['run']],
    flags: 'itd',
    longFlags: ['rm', 'interactive', 'tty', 'detach'],
    valued: 'uwev',
    longValued: ['name', 'user', 'workdir', 'env', 'volume'],
    operands: 1,
  },
  'dumb-init': { flags: 'cv' },
  eatmydata: {},
  doas: { flags: 'nLs', valued: 'uCa' },
  env: {
    flags: 'i0v',
    valued: 'uC',
    longFlags: ['ignore-environment', 'null', 'debug', 'list-signal-handling'],
    longValued: ['unset', 'chdir'],
    scripts: ['S', 'split-string'],
    assigns: true,
    transparent: true,
  },
  exec: { flags: 'cl', valued: 'a', transparent: true },
  fakeroot: { flags: 'ubv', valued: 'lsi' },
  faketime: { flags: 'fm', operands: 1 },
  firejail: { longFlags: ['quiet', 'private', 'noprofile'] },
  flock: {
    flags: 'senuxoFv',
    valued: 'wE',
    longFlags: ['shared', 'exclusive', 'nonblock', 'unlock', 'close', 'no-fork', 'verbose'],
    longValued: ['timeout', 'wait', 'conflict-exit-code'],
    operands: 1,
    scripts: ['c', 'command'],
  },
  gosu: { operands: 1 },
  i386: { flags: 'RvB3' },
  ifne: { flags: 'n' },
  ionice: { flags: 't', valued: 'cn', longFlags: ['ignore'], longValued: ['class', 'classdata'], transparent: true },
  kubectl: {
    after: [['exec']],
    flags: 'it',
    longFlags: ['stdin', 'tty'],
    valued: 'nc',
    longValued: ['namespace', 'container'],
    operands: 1,
  },
  linux32: { flags: 'RvB3' },
  linux64: { flags: 'RvB3' },
  ltrace: { flags: 'cCfhirStTV', valued: 'aAeFlnopsuwx' },
  mise: { after: [['exec'], ['x']], longFlags: [] },
  nice: { flags: '0123456789', valued: 'n', longValued: ['adjustment'], transparent: true },
  nohup: { transparent: true },
  npm: {
    after: [['exec'], ['x']],
    flags: 'y',
    longFlags: ['yes', 'no', 'quiet'],
    longValued: ['package', 'workspace'],
    valued: 'pw',
    scripts: ['c', 'call'],
  },
  npx: {
    flags: 'ynq',
    valued: 'pw',
    longFlags: ['yes', 'no', 'no-install', 'quiet', 'ignore-existing', 'prefer-offline'],
    longValued: ['package', 'workspace'],
    scripts: ['c', 'call'],
  },
  nsenter: { flags: 'aFZmunipCUT', valued: 'tSG', longFlags: ['all', 'no-fork'], longValued: ['target'] },
  numactl: { valued: 'CNmilp', longValued: ['cpunodebind', 'membind', 'interleave', 'physcpubind'] },
  perf: { after: [['stat'], ['record']], flags: 'agdv', valued: 'eo' },
  pipenv: { after: [['run']] },
  pkexec: { longValued: ['user'] },
  pnpm: {
    after: [['exec'], ['dlx'], ['x']],
    flags: 'rc',
    valued: 'C',
    longFlags: ['silent', 'parallel'],
    longValued: ['package', 'filter', 'dir'],
  },
  podman: {
    after: [['exec'], ['run']],
    flags: 'itd',
    longFlags: ['rm', 'interactive', 'tty', 'detach'],
    valued: 'uwev',
    longValued: ['name', 'user', 'workdir', 'env', 'volume'],
    operands: 1,
  },
  poetry: { after: [['run']] },
  prlimit: {},
  proot: {},
  proxychains4: { flags: 'q', valued: 'f' },
  rlwrap: { flags: 'acinrRwN', valued: 'CHPSfgm' },
  runcon: { flags: 'c', valued: 'turl' },
  runuser: {
    flags: 'lmp',
    valued: 'ugGs',
    scripts: ['c', 'command'],
    longFlags: ['login'],
    longValued: ['user', 'group', 'shell'],
  },
  's6-setuidgid': { operands: 1 },
  script: {
    flags: 'aefq',
    valued: 'mTEIOB',
    scripts: ['c', 'command'],
    longFlags: ['quiet', 'return', 'flush', 'append'],
  },
  setarch: { flags: 'RvB3', operands: 1 },
  setpriv: { longFlags: ['no-new-privs', 'clear-groups', 'reset-env'], longValued: ['reuid', 'regid'] },
  setsid: { flags: 'cfw', longFlags: ['ctty', 'fork', 'wait'], transparent: true },
  softlimit: {},
  'ssh-agent': { flags: 'cDdks', valued: 'aEOPt' },
  ssh: {
    flags: '46AaCfGgKkMNnqsTtVvXxYy',
    valued: 'BbcDEeFIiJLlmOopQRSWw',
    operands: 1,
    joins: true,
  },
  stdbuf: { valued: 'ioe', longValued: ['input', 'output', 'error'], transparent: true },
  strace: { flags: 'CDTVcdfhiknqrtvwxyYzZ', valued: 'aEIOPSUXbeops' },
  su: {
    flags: 'lmpPf',
    valued: 'gGsw',
    scripts: ['c', 'command'],
    longFlags: ['login'],
    longValued: ['shell', 'group'],
  },
  'su-exec': { operands: 1 },
  sudo: {
    flags: 'ABbEHiKknPsSvN',
    valued: 'CDghpRrTtUu',
    longFlags: ['preserve-env', 'non-interactive', 'stdin', 'login', 'shell', 'set-home', 'background', 'askpass'],
    longValued: ['user', 'group', 'chdir', 'host', 'prompt', 'chroot', 'role', 'type', 'command-timeout'],
    assigns: true,
  },
  'systemd-run': {
    flags: 'tPqGdS',
    valued: 'HMpu',
    longFlags: ['user', 'scope', 'pty', 'pipe', 'quiet', 'wait', 'collect'],
    longValued: ['unit', 'property', 'slice'],
  },
  taskset: { flags: 'ac', longFlags: ['cpu-list', 'all-tasks'], operands: 1 },
  // A word of the shell itself: what follows is a whole command, with its own variables.
  time: { flags: 'pv', longFlags: ['portability', 'verbose'], assigns: true, transparent: true },
  tini: { flags: 'gsvw', valued: 'pe' },
  torsocks: { flags: 'di', valued: 'uaP' },
  timeout: {
    flags: 'vfp',
    valued: 'ks',
    longFlags: ['foreground', 'preserve-status', 'verbose'],
    longValued: ['kill-after', 'signal'],
    operands: 1,
    transparent: true,
  },
  toybox: {},
  trickle: { flags: 's', valued: 'udwtlL' },
  unbuffer: { flags: 'p' },
  unshare: {
    flags: 'imnpuUCTrcf',
    longFlags: ['fork', 'mount-proc', 'map-root-user', 'map-current-user', 'user', 'net', 'pid', 'mount'],
  },
  uv: {
    after: [['run'], ['tool', 'run']],
    longFlags: ['quiet', 'frozen', 'locked', 'isolated'],
    longValued: ['with', 'python', 'project', 'directory'],
    flags: 'qv',
    valued: 'p',
  },
  uvx: { flags: 'qv', valued: 'p', longFlags: ['quiet'], longValued: ['from', 'with', 'python'] },
  valgrind: {
    flags: 'qv',
    longFlags: ['quiet', 'verbose'],
    longValued: ['tool', 'leak-check', 'log-file', 'error-exitcode'],
  },
  watch: {
    flags: 'bcdegptwx',
    valued: 'n',
    longFlags: ['beep', 'color', 'errexit', 'chgexit', 'no-title', 'exec'],
    longValued: ['interval'],
    joins: true,
  },
  'xvfb-run': {
    flags: 'al',
    valued: 'enfpsw',
    longFlags: ['auto-servernum'],
    longValued: ['server-args', 'server-num'],
  },
  yarn: { after: [['exec'], ['dlx']], flags: 'q', valued: 'p', longFlags: ['quiet', 'silent'] },
  x86_64: { flags: 'RvB3' },
};
