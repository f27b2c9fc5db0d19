/** Longer lines are data. */
const MAX_LINE_CHARS = 1000;
const SHELL_FENCES = ['', 'sh', 'bash', 'shell', 'zsh', 'console', 'text'];
const PROGRAMS =
  /^(?:npm|npx|pnpm|yarn|node|bun|deno|git|make|docker|python3?|pip3?|uv|cargo|go|bash|sh|ls|cd|curl|apt|apt-get|brew|colloquy)\s+\S/;
const SCRIPT_PATH = /^(?:\.{0,2}\/)?[\w.-]+(?:\/[\w.-]+)+(?:\s|$)/;

/** The shell commands that a text names, each once, in order: lines of code blocks, and code spans that look like one. */
export function findCommands(text: string): string[] {
  const found: string[] = [];
  let fence: { language: string } | undefined;
  for (const line of text.split('\n')) {
    const [, , language] = /^\s{0,3}(```+|~~~+)\s*(\w*)/.exec(line) ?? [];
    if (language !== undefined) {
      fence = fence ? undefined : { language: language.toLowerCase() };
    } else if (fence) {
      if (SHELL_FENCES.includes(fence.language))
        found.push(...commandOf(line, fence.language !== '' && fence.language !== 'text'));
    } else if (/^(?: {4}|\t)\S/.test(line)) {
      found.push(...commandOf(line, false));
    } else {
      for (const [, span] of line.matchAll(/`([^`]+)`/g)) found.push(...commandOf(span ?? '', false));
    }
  }
  return [...new Set(found)];
}

/** The command of a line of code, without prompt sign and comment. In a shell block every line is one. */
function commandOf(line: string, isShell: boolean): string[] {
  if (line.length > MAX_LINE_CHARS) return [];
  const said = line
    .trim()
    .replace(/^\$\s+/, '')
    .replace(/\s+#.*$/, '')
    .trim();
  if (said === '' || said.startsWith('#')) return [];
  return isShell || /^\s*\$\s/.test(line) || PROGRAMS.test(said) || isScript(said) ? [said] : [];
}

/** A path is taken for a command when its first part has no extension other than a script's: `script/test`, not `docs/a.md`. */
function isScript(said: string): boolean {
  if (!SCRIPT_PATH.test(said)) return false;
  const program = said.split(/\s/)[0] ?? '';
  return (
    !program.endsWith('/') &&
    (/\.(?:sh|py|js|mjs|ts)$/.test(program) ? /^\.{0,2}\//.test(program) : !/\.\w+$/.test(program))
  );
}
