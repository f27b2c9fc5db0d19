import {
  block,
  maxTokens,
  pauseTurn,
  refusal,
  text,
  thinking,
  together,
  toolUses,
  webSearch,
  type MessageReply,
  type MessagesRequest,
} from '@colloquy/emulator';
import { randomJson, randomPieces, randomWords } from './random-values.ts';
import type { Random } from './random.ts';

/** The tool that the attacked session has. */
export const TOOL = 'mcp__lab__note';

const KINDS: Record<string, (random: Random) => MessageReply> = {
  text: words,
  'text in several blocks': (random) => together(...random.times(random.whole(2, 3), () => words(random))),
  'a tool call': (random) => calls(random, 1),
  'several tool calls': (random) => calls(random, random.whole(2, 4)),
  'text, then tool calls': (random) => together(words(random), calls(random, random.whole(1, 2))),
  'thinking, then text': (random) => thinking(randomWords(random), words(random)),
  'thinking, then tool calls': (random) => thinking(randomWords(random), calls(random, random.whole(1, 3))),
  'a tool call cut at the token limit': (random) =>
    maxTokens(together(words(random), calls(random, random.whole(1, 2)))),
  'text cut at the token limit': (random) => maxTokens(words(random)),
  'a refusal': () => refusal({ text: 'I will not' }),
  'a refusal after a tool call': (random) => ({ ...refusal(), blocks: calls(random, 1).blocks }),
  nothing: () => ({ type: 'message', blocks: [] }),
  'a search of the API': search,
  'a pause in a search': (random) => pauseTurn(together(words(random), webSearch(randomWords(random)))),
  'a block that nobody knows': (random) =>
    together(words(random), block({ type: 'hologram', image: randomWords(random) }), calls(random, 1)),
};

/** A reply of a random kind. */
export function randomReply(random: Random): { kind: string; reply: MessageReply } {
  const kind = random.pick(Object.keys(KINDS));
  return { kind, reply: KINDS[kind]?.(random) ?? words(random) };
}

/** Calls of the tool, with any value as input. */
export function calls(random: Random, count: number): MessageReply {
  return toolUses(
    random.times(count, () => ({ name: TOOL, input: { value: randomJson(random), more: randomWords(random) } })),
  );
}

function words(random: Random): MessageReply {
  return text(randomPieces(random, randomWords(random, 60)));
}

function search(random: Random): MessageReply {
  const results = [{ url: 'https://example.org/', title: randomWords(random) }];
  return together(
    webSearch(randomWords(random), random.chance(0.8) ? results : { error: 'unavailable' }),
    words(random),
  );
}

/** What comes after the random reply: the outcome of a search that was under way, and words. */
export function goOn({ messages }: MessagesRequest): MessageReply {
  const said = text('Go on, then.');
  const newest = messages.at(-1);
  const blocks = newest?.role === 'assistant' && typeof newest.content !== 'string' ? newest.content : [];
  const open = blocks.findLast(({ type }) => type === 'server_tool_use');
  if (open === undefined) return said;
  const content = { type: 'web_search_tool_result_error', error_code: 'unavailable' };
  return together(block({ type: 'web_search_tool_result', tool_use_id: open.id, content }), said);
}
