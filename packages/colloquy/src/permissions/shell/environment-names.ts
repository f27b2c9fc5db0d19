/** Variables that change nothing but how a program talks, colours or counts. */
const HARMLESS: ReadonlySet<string> = new Set([
  'CI',
  'CLICOLOR',
  'CLICOLOR_FORCE',
  'COLUMNS',
  'FORCE_COLOR',
  'GOARCH',
  'GOOS',
  'LANG',
  'LANGUAGE',
  'LC_ALL',
  'LC_COLLATE',
  'LC_CTYPE',
  'LC_MESSAGES',
  'LC_NUMERIC',
  'LC_TIME',
  'LINES',
  'NODE_ENV',
  'NO_COLOR',
  'RUST_BACKTRACE',
  'TERM',
  'TZ',
]);

/** Beginnings of the names of variables that make programs run others, or that change what a command's name means. */
const DANGEROUS_PREFIXES = [
  'BASH_',
  'CARGO_',
  'CLASSPATH',
  'DYLD_',
  'GCONV_PATH',
  'GIT_',
  'JAVA_TOOL',
  'LD_',
  'LESS',
  'MAKE',
  'MAN',
  'NODE_OPTIONS',
  'NODE_PATH',
  'npm_',
  'NPM_',
  'PERL',
  'PIP_',
  'PYTHON',
  'RUBY',
  'RUSTC',
  'RUST_WRAPPER',
  'SSH_',
  'TAR_',
];
const DANGEROUS_SUFFIXES = ['PATH', 'PAGER', 'EDITOR', 'SHELL', 'SHELLOPTS', 'COMMAND', 'OPTS', 'OPTIONS', 'FLAGS'];
const DANGEROUS: ReadonlySet<string> = new Set([
  'BROWSER',
  'CDPATH',
  'ENV',
  'EXECIGNORE',
  'FIGNORE',
  'GLOBIGNORE',
  'HISTCMD',
  'HOME',
  'IFS',
  // Bash calculates what these are set to.
  'OPTIND',
  'POSIXLY_CORRECT',
  'PS0',
  'PS4',
  'RANDOM',
  'SECONDS',
  'SRANDOM',
  'VISUAL',
]);

/**
 * Whether setting a variable changes nothing that matters. Names in small letters are those of the script itself; programs read
 * the few of them that are left out here.
 */
export function isHarmlessVariable(name: string): boolean {
  if (HARMLESS.has(name)) return true;
  return name === name.toLowerCase() && !name.startsWith('npm_') && !name.endsWith('_proxy');
}

/** Whether a variable may make a program run something else, or another program run in its place. */
export function isDangerousVariable(name: string): boolean {
  return (
    DANGEROUS.has(name) ||
    DANGEROUS_PREFIXES.some((prefix) => name.startsWith(prefix)) ||
    DANGEROUS_SUFFIXES.some((suffix) => name.endsWith(suffix))
  );
}
