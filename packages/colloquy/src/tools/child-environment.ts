/** What commands may know of our environment. Credentials are not among it, whatever they are called. */
const PASSED_ON: ReadonlySet<string> = new Set([
  'PATH',
  'HOME',
  'LANG',
  'LANGUAGE',
  'TERM',
  'TZ',
  'TMPDIR',
  'USER',
  'LOGNAME',
  'SHELL',
  'XDG_CACHE_HOME',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'XDG_RUNTIME_DIR',
]);

/** The environment of a command: from ours, only names on the list and `LC_*`. */
export function childEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && (PASSED_ON.has(name) || name.startsWith('LC_'))) passed[name] = value;
  }
  return { ...passed, PWD: cwd };
}
