/** A member of an object in a text of JSON. */
type Member = { key: string; valueStart: number; valueEnd: number };

/**
 * Sets one value, and leaves every other byte as it is. Along the way missing objects are made. Of keys that are there twice, the
 * last is meant, as in `JSON.parse`. The text must be JSON, and an object at each step of the way.
 */
export function setInJson(text: string, path: readonly string[], value: unknown): string {
  return setMember(text, skipBlanks(text, 0), path, value, { depth: 1, style: styleOf(text) });
}

type Style = { unit: string; lineEnd: string };
type Level = { depth: number; style: Style };

function setMember(text: string, start: number, path: readonly string[], value: unknown, level: Level): string {
  const [key = '', ...rest] = path;
  const { members, end } = readMembers(text, start);
  const found = members.findLast((member) => member.key === key);
  if (found !== undefined && rest.length > 0)
    return setMember(text, found.valueStart, rest, value, { ...level, depth: level.depth + 1 });
  if (found !== undefined) return text.slice(0, found.valueStart) + toText(value, level) + text.slice(found.valueEnd);
  const made = rest.reduceRight((inner: unknown, name) => ({ [name]: inner }), value);
  const last = members.at(-1);
  const before = separatorAt(text, start, members, level);
  const member = `${before}${JSON.stringify(key)}: ${toText(made, level)}`;
  if (last !== undefined) return `${text.slice(0, last.valueEnd)},${member}${text.slice(last.valueEnd)}`;
  const { unit, lineEnd } = level.style;
  const close = unit === '' ? '' : lineEnd + unit.repeat(level.depth - 1);
  return text.slice(0, start + 1) + member + close + text.slice(end);
}

/** What stands before a key: as before the first one that is there. */
function separatorAt(text: string, start: number, members: readonly Member[], { depth, style }: Level): string {
  if (members.length === 0) return style.unit === '' ? '' : style.lineEnd + style.unit.repeat(depth);
  return text.slice(start + 1, skipBlanks(text, start + 1));
}

function toText(value: unknown, { depth, style }: Level): string {
  const text = style.unit === '' ? JSON.stringify(value) : JSON.stringify(value, null, style.unit);
  return text.replaceAll('\n', style.lineEnd + style.unit.repeat(depth));
}

/** How the text is laid out: as its first member is; an empty one gets two blanks. */
function styleOf(text: string): Style {
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const start = skipBlanks(text, 0);
  const first = skipBlanks(text, start + 1);
  if (text.charAt(first) === '}') return { unit: '  ', lineEnd };
  const blanks = text.slice(start + 1, first);
  return { unit: blanks.includes('\n') ? blanks.slice(blanks.lastIndexOf('\n') + 1) : '', lineEnd };
}

function readMembers(text: string, start: number): { members: Member[]; end: number } {
  const members: Member[] = [];
  let at = skipBlanks(text, start + 1);
  while (text.charAt(at) === '"') {
    const keyEnd = endOfValue(text, at);
    // The text is JSON, so that this is a string of it.
    const key = JSON.parse(text.slice(at, keyEnd)) as string;
    const valueStart = skipBlanks(text, skipBlanks(text, keyEnd) + 1);
    const valueEnd = endOfValue(text, valueStart);
    members.push({ key, valueStart, valueEnd });
    at = skipBlanks(text, valueEnd);
    if (text.charAt(at) === ',') at = skipBlanks(text, at + 1);
  }
  return { members, end: at };
}

function endOfValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const char = text.charAt(at);
    if (char === '"') at = endOfString(text, at);
    else {
      if (char === '{' || char === '[') depth += 1;
      if (char === '}' || char === ']') depth -= 1;
      at += 1;
      // A number or a word, which ends where something else begins.
      if (depth === 0 && !'}]'.includes(char)) while (/[\w.+-]/.test(text.charAt(at))) at += 1;
    }
  } while (depth > 0 && at < text.length);
  return at;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1;
  return at + 1;
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  while (/[\s\uFEFF]/.test(text.charAt(at))) at += 1;
  return at;
}
