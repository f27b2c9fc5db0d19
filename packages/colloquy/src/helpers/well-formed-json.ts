/** A surrogate alone, as JSON writes it; of a pair nothing is escaped. A backslash of the text itself is escaped, and so comes twice. */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

/**
 * The JSON of a value, with U+FFFD for each half of a character that stands alone in its texts: JSON can write those, but the
 * Messages API takes no request that holds one, and whatever is said once is sent again and again.
 */
export function wellFormedJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (!LONE_SURROGATE.test(json)) return json;
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'string' ? item.replace(/\p{Surrogate}/gu, '\ufffd') : item,
  );
}
