const PIECE_CHARS = 16;

/** A text cut into words, each with the white space after it; always the same for the same text. */
export function cutWords(text: string): readonly string[] {
  if (text.trim() === '') return text === '' ? [] : [text];
  return text.match(/\s*\S+\s*/g) ?? [];
}

/** JSON cut into pieces of equal length; they may end anywhere, inside escapes and surrogate pairs too. */
export function cutJson(json: string): readonly string[] {
  const pieces = [''];
  for (let at = 0; at < json.length; at += PIECE_CHARS) pieces.push(json.slice(at, at + PIECE_CHARS));
  return pieces;
}
