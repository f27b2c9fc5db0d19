/**
 * Text from a model, a tool or a file, safe to print on a terminal: control characters other than tab and newline are
 * shown as visible symbols, so that no text moves the cursor, hides a line of a permission question or sets the title.
 */
export function plainText(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, visible);
}

/** The same on one line, cut to a length. */
export function oneLine(text: string, maxChars: number): string {
  const line = plainText(text).replaceAll(/\s+/g, ' ').trim();
  return line.length > maxChars ? `${line.slice(0, maxChars - 1)}…` : line;
}

function visible(character: string): string {
  if (character === '\t' || character === '\n') return character;
  const code = character.charCodeAt(0);
  if (code === 0x7f) return '\u2421';
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
}
