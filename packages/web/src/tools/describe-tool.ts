import { readQuestions } from './read-questions.ts';

/** What a tool call is about, in a word or a line: for cards, prompts and announcements. */
export type ToolDescription = {
  /** The tool's name for people: `mcp__files__read` reads as "files: read". */
  title: string;
  /** One line: the file, the command, the pattern. Empty when the input has not arrived. */
  summary: string;
  /** The summary is code: a path, a command, a pattern. */
  isCode: boolean;
};

type Input = Readonly<Record<string, unknown>>;

/** Describes a call by its name and input; `cwd` shortens paths below it. */
export function describeTool(
  name: string,
  input: Input | undefined,
  o: { cwd?: string | undefined } = {},
): ToolDescription {
  const title = toTitle(name);
  if (input === undefined) return { title, summary: '', isCode: false };
  const path = firstString(input, ['file_path', 'path', 'notebook_path']);
  switch (toKind(name)) {
    case 'command':
      return { title, summary: firstLine(firstString(input, ['command']) ?? ''), isCode: true };
    case 'search': {
      const where = path === undefined ? '' : ` in ${shortPath(path, o.cwd)}`;
      return { title, summary: `${firstString(input, ['pattern']) ?? ''}${where}`, isCode: true };
    }
    case 'file':
      return { title, summary: path === undefined ? '' : shortPath(path, o.cwd), isCode: true };
    default: {
      const asked = readQuestions({ name, input })?.[0]?.question;
      if (asked !== undefined) return { title: 'Question', summary: firstLine(asked), isCode: false };
      const summary =
        firstString(input, ['query', 'url', 'description', 'subject', 'prompt']) ?? path ?? firstScalar(input);
      return { title, summary: firstLine(summary ?? ''), isCode: false };
    }
  }
}

/** What family a tool belongs to; both tool sets of the server are known by name. */
export function toKind(name: string): 'command' | 'file' | 'search' | 'other' {
  switch (name.toLowerCase()) {
    case 'bash':
      return 'command';
    case 'read':
    case 'write':
    case 'edit':
    case 'multiedit':
    case 'notebookedit':
      return 'file';
    case 'glob':
    case 'grep':
      return 'search';
    default:
      return 'other';
  }
}

/** A path below the working directory without it. */
export function shortPath(path: string, cwd: string | undefined): string {
  if (cwd === undefined || cwd === '/') return path;
  return path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path;
}

function toTitle(name: string): string {
  const [, server, tool] = /^mcp__(.+?)__(.+)$/.exec(name) ?? [];
  return server === undefined || tool === undefined ? name : `${server}: ${tool}`;
}

function firstString(input: Input, keys: readonly string[]): string | undefined {
  return keys.map((key) => input[key]).find((value) => typeof value === 'string');
}

function firstScalar(input: Input): string | undefined {
  const value = Object.values(input).find((each) => typeof each === 'string' || typeof each === 'number');
  return value === undefined ? undefined : String(value);
}

function firstLine(text: string): string {
  const [line = '', ...rest] = text.trim().split('\n');
  return rest.length === 0 ? line : `${line} …`;
}
