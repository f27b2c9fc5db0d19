import { nearestName } from '../../helpers/nearest-name.ts';

/** Endings of the kinds of files that are asked for most; ripgrep knows more. */
const ENDINGS: Readonly<Record<string, string>> = {
  c: 'c h',
  cpp: 'cc cpp cxx hh hpp hxx h inl',
  cs: 'cs',
  css: 'css scss',
  go: 'go',
  html: 'htm html ejs',
  java: 'java jsp',
  js: 'js jsx cjs mjs vue',
  json: 'json sarif',
  kotlin: 'kt kts',
  lua: 'lua',
  md: 'md markdown mdown mdwn mkd mkdn mdx',
  php: 'php php3 php4 php5 phtml',
  py: 'py pyi',
  ruby: 'rb rbw gemspec',
  rust: 'rs',
  sh: 'sh bash zsh ksh',
  sql: 'sql psql',
  swift: 'swift',
  toml: 'toml',
  ts: 'ts tsx cts mts',
  txt: 'txt',
  xml: 'xml xsd xsl xslt svg rng',
  yaml: 'yaml yml',
};

/** Whether a file, by its path below the searched folder, is one of those asked for; as ripgrep's --glob and --type, without it. */
export async function fileFilter(o: {
  globs: readonly string[];
  type: string | undefined;
}): Promise<(path: string) => boolean> {
  const endings = o.type === undefined ? undefined : endingsOf(o.type);
  const { default: ignore } = await import('ignore');
  const wanted = o.globs.filter((glob) => !glob.startsWith('!'));
  const allow = ignore().add(wanted);
  const deny = ignore().add(o.globs.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1)));
  return (path) => {
    if (endings !== undefined && !endings.includes(path.slice(path.lastIndexOf('.') + 1))) return false;
    return (wanted.length === 0 || allow.ignores(path)) && !deny.ignores(path);
  };
}

function endingsOf(type: string): string[] {
  const found = ENDINGS[type];
  if (found !== undefined) return found.split(' ');
  const near = nearestName(type, Object.keys(ENDINGS));
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  throw new Error(
    `The search could not be made: unrecognized file type: ${type}.${hint} Without ripgrep, use a glob instead.`,
  );
}
