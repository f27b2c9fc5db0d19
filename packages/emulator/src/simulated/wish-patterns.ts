import type { Wish } from './parse-wishes.ts';

/** A word, or something in quotes or backticks. */
const TOKEN = String.raw`(?:"[^"]+"|'[^']+'|\`[^\`]+\`|[^\s:,]+)`;

const READ =
  /^(read|open|cat|print|view|show(?: me)?|look at|summari[sz]e|what is in|what's in)\s+(?:the\s+)?(?:files?\s+)?([\s\S]+)$/i;
const RUN = /^(?:run|execute)\s+(?:the\s+command\s+|the\s+)?([\s\S]+)$/i;
const EDIT = new RegExp(
  String.raw`^(?:edit|change|in|modify)\s+(?:the\s+)?(?:file\s+)?(${TOKEN})\s*[:,]?\s+(?:and\s+)?(?:replace|change)\s+([\s\S]+?)\s+(?:with|by|to)\s+([\s\S]+)$`,
  'i',
);
const REPLACE_IN = new RegExp(
  String.raw`^(?:replace|change)\s+([\s\S]+?)\s+(?:with|by|to)\s+([\s\S]+?)\s+in\s+(?:the\s+)?(?:file\s+)?(${TOKEN})$`,
  'i',
);
const WRITE = new RegExp(
  String.raw`^(?:write|create)\s+(?:to\s+)?(?:the\s+|a\s+)?(?:file\s+)?(${TOKEN})\s*(?::\s*|\s+with\s+(?:the\s+)?(?:contents?\s+|text\s+)?)([\s\S]+)$`,
  'i',
);
const LIST =
  /^(?:list|find|glob|show me)\s+(?:me\s+)?(?:all\s+)?(?:of\s+)?(?:the\s+)?(files?\b)?\s*(?:matching\s+|named\s+|called\s+)?(\S*?)(?:\s+files?)?(?:\s+(?:in|under)\s+(?:the\s+(?:folder\s+)?)?(\S+))?$/i;
const SEARCH = /^(?:search(?:\s+for)?|grep(?:\s+for)?|look\s+for)\s+([\s\S]+?)(?:\s+in\s+(\S+))?$/i;
const CALL = /^(?:call|use)\s+(?:the\s+)?(?:tool\s+)?([\w-]+)(?:\s+tool)?(?:\s+with)?\s+(\{[\s\S]*\})$/i;
const FIRST = /^what did i (?:say|write|ask|tell you)(?: you| to you)? (?:at )?first/i;
const MY = /^(?:do you (?:know|remember) )?what(?:'s| is| was)? my ([\w ]{1,40}?)(?: is)?$/i;
const WHO = /^(?:who am i|do you (?:know|remember) my name)$/i;
const ANY_FILE = ['read', 'open', 'cat', 'view'];

/** The wish of one clause, such as `read a.txt`; undefined for anything else. */
export function wishOf(clause: string): Wish | undefined {
  const said = withoutEnd(clause);
  return (
    recallWish(said) ??
    editWish(said) ??
    writeWish(clause) ??
    callWish(said) ??
    readWish(said) ??
    runWish(said) ??
    searchWish(said) ??
    listWish(said)
  );
}

function recallWish(said: string): Wish | undefined {
  if (FIRST.test(said)) return { type: 'recall', what: 'first' };
  if (WHO.test(said)) return { type: 'recall', what: 'name' };
  const [, what] = MY.exec(said) ?? [];
  return what === undefined ? undefined : { type: 'recall', what: what.toLowerCase() };
}

function editWish(said: string): Wish | undefined {
  const [, file, from, to] = EDIT.exec(said) ?? [];
  if (file !== undefined && from !== undefined && to !== undefined)
    return { type: 'edit', file: bare(file), from: bare(from), to: bare(to) };
  const [, from2, to2, file2] = REPLACE_IN.exec(said) ?? [];
  if (file2 === undefined || from2 === undefined || to2 === undefined) return undefined;
  return { type: 'edit', file: bare(file2), from: bare(from2), to: bare(to2) };
}

function writeWish(clause: string): Wish | undefined {
  const [, file, content] = WRITE.exec(clause) ?? [];
  if (file === undefined || content === undefined) return undefined;
  const [, fenced] = /^```\w*\n([\s\S]*?\n?)```$/.exec(content.trim()) ?? [];
  return { type: 'write', file: bare(file), content: fenced ?? bare(content.trim()) };
}

function callWish(said: string): Wish | undefined {
  const [, tool, json] = CALL.exec(said) ?? [];
  if (tool === undefined || json === undefined) return undefined;
  try {
    JSON.parse(json);
    return { type: 'call', tool, json };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Files come first; what follows them is a question about them. */
function readWish(said: string): Wish | undefined {
  const [, verb, rest] = READ.exec(said) ?? [];
  if (verb === undefined || rest === undefined) return undefined;
  const files: string[] = [];
  let left = rest;
  for (;;) {
    const [token] = /^(?:"[^"]+"|'[^']+'|`[^`]+`|\S+?)(?=[,.;:!?]*(?:\s|$))/.exec(left) ?? [];
    const isAlone = files.length === 0 && left === token && ANY_FILE.includes(verb.toLowerCase());
    if (token === undefined || !(looksLikeFile(token) || isAlone)) break;
    files.push(bare(token));
    left = left.slice(token.length);
    const [connector] = /^(?:,\s*(?:and\s+)?|\s+and\s+)/i.exec(left) ?? [];
    if (
      connector === undefined ||
      !looksLikeFile(/^\S*?(?=[,.;:!?]*(?:\s|$))/.exec(left.slice(connector.length))?.[0] ?? '')
    )
      break;
    left = left.slice(connector.length);
  }
  const question = left.replace(/^[,.;:!?]*\s*(?:and\s+)?/i, '').trim();
  return files.length === 0 ? undefined : { type: 'read', files, question };
}

function runWish(said: string): Wish | undefined {
  const [, command] = RUN.exec(said) ?? [];
  return command === undefined ? undefined : { type: 'run', command: bare(command.trim()) };
}

function searchWish(said: string): Wish | undefined {
  const [, sought, path] = SEARCH.exec(said) ?? [];
  return sought === undefined
    ? undefined
    : { type: 'search', pattern: asPattern(bare(sought)), path: path === undefined ? undefined : bare(path) };
}

function listWish(said: string): Wish | undefined {
  const [, files, word = '', place] = LIST.exec(said) ?? [];
  const name = bare(word);
  const path = place === undefined ? undefined : bare(place);
  if (name === '') return files === undefined ? undefined : { type: 'list', pattern: '*', path };
  if (/[*?{[]/.test(name)) return { type: 'list', pattern: name, path };
  if (!/^find/i.test(said)) return { type: 'list', pattern: `${name.replace(/\/$/, '')}/*`, path };
  return { type: 'list', pattern: name.includes('/') ? name : `**/*${name}*`, path };
}

function looksLikeFile(token: string): boolean {
  return (
    /^["'`]/.test(token) ||
    /[./\\]\w/.test(token) ||
    /^[A-Z]+$/.test(token) ||
    /^(?:Make|Docker|Rake|Gem|Proc)file$/.test(token)
  );
}

/** Without the quotes or backticks around it. */
function bare(token: string): string {
  return /^(?:"[^"]*"|'[^']*'|`[^`]*`)$/.test(token) ? token.slice(1, -1) : token;
}

/** Words that are no regular expression are sought as they stand. */
function asPattern(sought: string): string {
  try {
    RegExp(sought);
    return sought;
  } catch {
    return sought.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  }
}

/** Without the courtesies and punctuation at the end; a dot that stands alone, as in `ls .`, stays. */
function withoutEnd(clause: string): string {
  return clause
    .trim()
    .replace(/,?\s+(?:please|for me|thanks|thank you)[.!?]*$/i, '')
    .replace(/(?<=[^\s.])[.!?]$/, '');
}
