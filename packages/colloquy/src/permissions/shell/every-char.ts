/** Whether a test holds for each character of a text. */
export function everyChar(text: string, test: (char: string) => boolean): boolean {
  for (const char of text) if (!test(char)) return false;
  return true;
}
