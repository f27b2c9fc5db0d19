import { blocksOf, isRecord, textOf, type RequestMessage } from './messages-request.ts';

const REMINDER = /<system-reminder>[\s\S]*?<\/system-reminder>/g;

/** A tool call of this turn; `result` is absent when the history holds none. */
export type ToolCall = { name: string; input: unknown; result: { text: string; isError: boolean } | undefined };

/** What a history says about the turn in progress. */
export type TurnSoFar = {
  /** The newest text a user wrote: the last text block outside `<system-reminder>` tags. */
  prompt: string;
  /** One element for each answer since the prompt, holding its tool calls. */
  rounds: ToolCall[][];
  /** Everything users wrote before the prompt, oldest first. */
  earlier: string[];
};

/** Reads the turn in progress out of a history: it depends on nothing else, so a retry or a restart continues it. */
export function turnSoFar(messages: readonly RequestMessage[]): TurnSoFar {
  const texts = messages.flatMap((message, at) =>
    message.role === 'user' ? userTexts(message).map((text) => ({ text, at })) : [],
  );
  const newest = texts.at(-1);
  const after = newest === undefined ? [] : messages.slice(newest.at + 1);
  const results = new Map(after.flatMap(resultsIn));
  const rounds = after.filter((message) => message.role === 'assistant').map((message) => callsIn(message, results));
  return { prompt: newest?.text ?? '', rounds, earlier: texts.slice(0, -1).map(({ text }) => text) };
}

function userTexts(message: RequestMessage): string[] {
  return blocksOf(message.content)
    .map((block) => (block.type === 'text' ? textOf(block.text).replaceAll(REMINDER, '').trim() : ''))
    .filter((text) => text !== '');
}

function resultsIn(message: RequestMessage): [id: string, result: { text: string; isError: boolean }][] {
  return blocksOf(message.content).flatMap((block) =>
    block.type === 'tool_result'
      ? [[String(block.tool_use_id), { text: textOf(block.content), isError: block.is_error === true }]]
      : [],
  );
}

function callsIn(message: RequestMessage, results: Map<string, { text: string; isError: boolean }>): ToolCall[] {
  return blocksOf(message.content).flatMap((block) =>
    block.type === 'tool_use'
      ? [
          {
            name: String(block.name),
            input: isRecord(block.input) ? block.input : {},
            result: results.get(String(block.id)),
          },
        ]
      : [],
  );
}
