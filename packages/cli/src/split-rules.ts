/** Splits `Read, Bash(git diff, --stat)` at the commas outside of parentheses; rules may also come one a time. */
export function splitRules(text: string): string[] {
  const rules: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index <= text.length; index += 1) {
    const character = text[index];
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character !== undefined && (character !== ',' || depth > 0)) continue;
    rules.push(text.slice(start, index).trim());
    start = index + 1;
  }
  return rules.filter((rule) => rule !== '');
}
