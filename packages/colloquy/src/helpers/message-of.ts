const MAX_CHARS = 20_000;

/** What an error says, whatever was thrown: text that is not blank, of bounded length. Never throws itself. */
export function messageOf(error: unknown): string {
  const text = textOf(error);
  if (text.trim() === '') return 'It failed without saying why';
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)} [cut]` : text;
}

function textOf(error: unknown): string {
  try {
    const message: unknown = error instanceof Error ? error.message : error;
    return typeof message === 'string' ? message : String(message);
  } catch {
    // Thrown by the very thing that was thrown, such as an object without a prototype: there is nothing to quote.
    return '';
  }
}
