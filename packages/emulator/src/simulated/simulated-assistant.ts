import { summaryOf } from '../context/plan-compaction.ts';
import { text, toolUses } from '../replies/builders.ts';
import { ownWords } from '../replies/own-words.ts';
import type { MessageReply } from '../replies/reply.ts';
import { SIMULATED } from '../replies/sum-up-calls.ts';
import type { MessagesRequest } from '../request/messages-request.ts';
import type { TurnSoFar } from '../request/turn-so-far.ts';
import { forcedTool, sampleInput } from './offered-tools.ts';
import { parseWishes } from './parse-wishes.ts';
import { standing, type WishOutcome } from './plan-steps.ts';
import { factsIn, recall } from './recall.ts';
import { sumUpWish } from './sum-up-wish.ts';

const HELP = `I cannot think, but offline I can do what you spell out:

- \`read README.md and tell me the commands\`
- \`run ls\`
- \`list *.ts\` or \`find notes\`
- \`search for TODO in src\`
- \`write notes.txt: some text\`
- \`edit notes.txt: replace some with more\`
- \`what did I say first?\`, or \`what is my name?\` after \`my name is …\`

For real answers give a key: set ANTHROPIC_API_KEY and start again.`;

/** The next answer to a plain request: a call of the matching tool, or a text that sums up the results. */
export function simulatedAssistant(request: MessagesRequest, turn: TurnSoFar): MessageReply {
  if ((request.compaction ?? null) !== null) return text(summaryOf(request));
  const wishes = turn.prompts.map(parseWishes).findLast((found) => found.length > 0) ?? [];
  const state = standing(wishes, turn.rounds, request);
  const forced = forcedTool(request);
  if (state.type === 'call' && (forced === undefined || state.calls.some(({ name }) => name === forced.name)))
    return toolUses(state.calls);
  if (forced !== undefined) return toolUses([{ name: forced.name, input: sampleInput(forced) }]);
  const said = state.type === 'call' ? [] : state.outcomes.map((outcome) => say(outcome, turn));
  return ownWords(`${SIMULATED} ${said.length === 0 ? smallTalk(turn) : said.join('\n\n')}`, request);
}

function say(outcome: WishOutcome, turn: TurnSoFar): string {
  return outcome.wish.type === 'recall'
    ? recall(outcome.wish.what, outcome.wish.what === 'first' ? turn.earlier : [...turn.earlier, ...turn.prompts])
    : sumUpWish(outcome);
}

function smallTalk(turn: TurnSoFar): string {
  const facts = [...factsIn(turn.prompts.join('\n'))].map(
    ([what, value]) => `Your ${what} is ${value}: I will find that again in this conversation.`,
  );
  return facts.length > 0 ? facts.join(' ') : HELP;
}
