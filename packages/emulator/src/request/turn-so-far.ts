import { blocksOf, isRecord, textOf, type RequestMessage } from './messages-request.ts';

const REMINDER = /<system-reminder>[\s\S]*?<\/system-reminder>/g;
/** What agents put into user messages in their own words. An interruption also ends what was asked before it. */
const AGENTS_WORDS = /^Working directory: |^\[Request interrupted by user/;
const INTERRUPTED = /^\[Request interrupted by user/;

/** A tool call of this turn; `result` is absent when the history holds none. */
export type ToolCall = { name: string; input: unknown; result: { text: string; isError: boolean } | undefined };

/** What a history says about the turn in progress. */
export type TurnSoFar = {
  /** The texts of the newest message in which a user wrote something, in order. Some may be context that hooks added. */
  prompts: string[];
  /** One element for each answer since then, holding its tool calls. */
  rounds: ToolCall[][];
  /** Everything users wrote before, oldest first. */
  earlier: string[];
};

/** Reads the turn in progress out of a history: it depends on nothing else, so a retry or a restart continues it. */
export function turnSoFar(messages: readonly RequestMessage[]): TurnSoFar {
  const said = messages.map((message) => (message.role === 'user' ? userTexts(message) : []));
  const at = said.findLastIndex((texts) => texts.some((text) => !AGENTS_WORDS.test(text)));
  const newest = said[at] ?? [];
  const asked = newest.slice(newest.findLastIndex((text) => INTERRUPTED.test(text)) + 1);
  const after = messages.slice(at + 1);
  const results = new Map(after.flatMap(resultsIn));
  return {
    prompts: asked.filter(isUsers),
    rounds: after.filter((message) => message.role === 'assistant').map((message) => callsIn(message, results)),
    earlier: [...said.slice(0, Math.max(0, at)).flat(), ...newest.slice(0, newest.length - asked.length)].filter(
      isUsers,
    ),
  };
}

function isUsers(text: string): boolean {
  return !AGENTS_WORDS.test(text);
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
