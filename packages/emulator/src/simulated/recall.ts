import { shorten } from '../replies/sum-up-calls.ts';

const MAX_CHARS = 300;

/** Answers from what users wrote earlier in the conversation: the first thing said, or `my NAME is VALUE`. */
export function recall(what: string, earlier: readonly string[]): string {
  if (what === 'first') {
    const [first] = earlier;
    return first === undefined
      ? 'This is the first thing you have said.'
      : `The first thing you said was: “${shorten(first, MAX_CHARS)}”`;
  }
  const value = earlier.map((text) => factsIn(text).get(what)).findLast((found) => found !== undefined);
  return value === undefined ? `You have not told me your ${what} in this conversation.` : `Your ${what} is ${value}.`;
}

/** The facts a text states about its writer, such as name → Ada. */
export function factsIn(text: string): Map<string, string> {
  const stated = [...text.matchAll(/\bmy ([\w ]{1,40}?) is ([^.,;!?\n]{1,80}?)(?=[.,;!?\n]|\s+and\s|$)/gi)];
  const facts = stated.map(([, what = '', value = '']) => [what.toLowerCase(), value.trim()] as const);
  const [, name] = /\b(?:I am called|call me) (\p{Lu}[\p{L}'-]*)/u.exec(text) ?? [];
  return new Map([...facts, ...(name === undefined ? [] : [['name', name] as const])]);
}
