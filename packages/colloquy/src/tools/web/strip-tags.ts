/** Elements whose content is not shown. */
const HIDDEN: ReadonlySet<string> = new Set(['script', 'style', 'noscript', 'template', 'svg', 'head', 'iframe']);
/** Elements that stand in a line of text. */
const INLINE: ReadonlySet<string> = new Set(
  'a abbr b bdi bdo cite code data em font i kbd mark q s samp small span strong sub sup time u var wbr'.split(' '),
);
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** The text of a page without its tags, for pages that are too much for a parser. One pass, whatever the page. */
export function stripTags(html: string): string {
  const parts: string[] = [];
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    parts.push(html.slice(at, open === -1 ? html.length : open));
    if (open === -1) break;
    at = afterTag(html, open, parts);
  }
  return withoutEntities(parts.join(''))
    .replace(/[ \t\r\f]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n')
    .trim();
}

/** Where text goes on after what begins with this `<`. */
function afterTag(html: string, open: number, parts: string[]): number {
  if (html.startsWith('<!--', open)) return after(html, '-->', open + 4);
  const name = /^\/?([a-z][a-z0-9]*)/i.exec(html.slice(open + 1, open + 32));
  if (name?.[1] === undefined) {
    if (html[open + 1] === '!' || html[open + 1] === '?') return after(html, '>', open);
    parts.push('<');
    return open + 1;
  }
  const tag = name[1].toLowerCase();
  if (!INLINE.has(tag)) parts.push('\n');
  const end = after(html, '>', open);
  if (!HIDDEN.has(tag) || name[0].startsWith('/')) return end;
  return after(html, '>', after(html, `</${tag}`, end));
}

/** Without an end, everything to the end of the page belongs to it. */
function after(html: string, end: string, from: number): number {
  const found = html.indexOf(end, from);
  return found === -1 ? html.length : found + end.length;
}

function withoutEntities(text: string): string {
  return text.replace(/&(#x?[0-9a-f]{1,6}|[a-z]{2,6});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : whole;
  });
}
