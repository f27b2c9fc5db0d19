import { bool, object, optional, text, whole, type Reader } from './data-reader.ts';
import type { RequestMatch, TextMatch } from './request-match.ts';
import { ScenarioError } from './scenario-error.ts';

const textParts = object({
  equals: optional(text),
  contains: optional(text),
  startsWith: optional(text),
  endsWith: optional(text),
});

const readText: Reader<TextMatch> = (value, path) => {
  if (typeof value === 'string') return value;
  const match = textParts(value, path);
  if (Object.keys(match).length === 0)
    throw new ScenarioError(path, 'needs a string, or equals, contains, startsWith or endsWith');
  return match;
};

const fields = object({
  model: optional(text),
  lastUserText: optional(readText),
  system: optional(readText),
  toolResultFor: optional(text),
  toolResult: optional(readText),
  offersTool: optional(text),
  stream: optional(bool),
  nth: optional(whole(1)),
});

export const readMatch: Reader<RequestMatch> = (value, path) => {
  const match = fields(value, path);
  if (Object.keys(match).length === 0) throw new ScenarioError(path, 'has no condition; leave it out');
  return match;
};
