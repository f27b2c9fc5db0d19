import { shown } from '../assertions/partly-equal.ts';
import { isRecord, textOf, type RequestMessage } from '../request/messages-request.ts';
import { newestPrompt, newestResults } from '../request/newest-message.ts';

/** Conditions on a request; all that are given must hold. */
export type RequestMatch = {
  model?: string | undefined;
  /** What the user wrote in the newest message, without reminders; undefined (so nothing fits) when that holds tool results only. */
  lastUserText?: TextMatch | undefined;
  system?: TextMatch | undefined;
  /** The newest message holds a result of this tool. */
  toolResultFor?: string | undefined;
  /** The text of a result in the newest message; with `toolResultFor` of one of that tool. */
  toolResult?: TextMatch | undefined;
  /** This tool is among those the request offers. */
  offersTool?: string | undefined;
  stream?: boolean | undefined;
  /** The request is the nth, from 1, that fits everything else said here. */
  nth?: number | undefined;
};

/** A string is the whole text. */
export type TextMatch =
  | string
  | {
      equals?: string | undefined;
      contains?: string | undefined;
      startsWith?: string | undefined;
      endsWith?: string | undefined;
    };

/** What is looked at in a request, which a client may have written in any shape. */
export type MatchedRequest = {
  readonly messages: readonly RequestMessage[];
  readonly [field: string]: unknown;
};

/** What does not fit, as short clauses; empty when everything fits. `nth` is not looked at: it takes somebody who counts. */
export function mismatches(match: RequestMatch, request: MatchedRequest): string[] {
  const { messages } = request;
  const wrong: (string | undefined)[] = [];
  if (match.model !== undefined && match.model !== request.model)
    wrong.push(`model is ${shown(request.model)}, not ${shown(match.model)}`);
  if (match.stream !== undefined && match.stream !== (request.stream ?? false))
    wrong.push(`stream is ${shown(request.stream ?? false)}`);
  if (match.lastUserText !== undefined)
    wrong.push(textMismatch('lastUserText', newestPrompt(messages), match.lastUserText));
  if (match.system !== undefined) wrong.push(textMismatch('system', textOf(request.system), match.system));
  if (match.offersTool !== undefined && !offers(request.tools, match.offersTool))
    wrong.push(`no tool ${shown(match.offersTool)} is offered`);
  wrong.push(resultMismatch(match, messages));
  return wrong.filter((clause) => clause !== undefined);
}

function offers(tools: unknown, name: string): boolean {
  return Array.isArray(tools) && tools.some((tool) => isRecord(tool) && tool.name === name);
}

function resultMismatch(match: RequestMatch, messages: readonly RequestMessage[]): string | undefined {
  const { toolResultFor, toolResult } = match;
  if (toolResultFor === undefined && toolResult === undefined) return undefined;
  const results = newestResults(messages);
  const ofTool = toolResultFor === undefined ? results : results.filter(({ name }) => name === toolResultFor);
  if (ofTool.length === 0)
    return `the newest message has no result${toolResultFor === undefined ? '' : ` of ${toolResultFor}`}`;
  if (toolResult === undefined) return undefined;
  const found = ofTool.map(({ text }) => textMismatch('toolResult', text, toolResult));
  return found.some((clause) => clause === undefined) ? undefined : found[0];
}

function textMismatch(what: string, text: string | undefined, match: TextMatch): string | undefined {
  if (text === undefined) return `${what} is absent`;
  const { equals, contains, startsWith, endsWith } = typeof match === 'string' ? { equals: match } : match;
  if (equals !== undefined && text !== equals) return `${what} is ${shown(text)}, not ${shown(equals)}`;
  if (contains !== undefined && !text.includes(contains))
    return `${what} is ${shown(text)}, without ${shown(contains)} in it`;
  if (startsWith !== undefined && !text.startsWith(startsWith))
    return `${what} is ${shown(text)}, without ${shown(startsWith)} at its start`;
  if (endsWith !== undefined && !text.endsWith(endsWith))
    return `${what} is ${shown(text)}, without ${shown(endsWith)} at its end`;
  return undefined;
}
