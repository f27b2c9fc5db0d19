import type { MessagesRequest } from '../request/messages-request.ts';
import { turnSoFar } from '../request/turn-so-far.ts';
import type { ScenarioPlay } from '../scenarios/scenario-play.ts';
import { simulatedAssistant } from '../simulated/simulated-assistant.ts';
import { status } from './builders.ts';
import { parseDirectives } from './directives.ts';
import { followDirectives, type TroubleCounts } from './follow-directives.ts';
import { isPlainReply } from './is-reply.ts';
import type { PlainReply, Reply } from './reply.ts';
import type { Asked, StandIn } from './stand-in.ts';

/** What decides answers and changes with them: the rest of the script, the scenario, and how often each trouble has struck. */
export type ReplyState = {
  script: Reply[];
  scenario?: ScenarioPlay | undefined;
  counts: TroubleCounts;
  /** Asked for what script and scenario do not answer; undefined while nobody stands in. */
  standIn?: StandIn | undefined;
};

/**
 * The next reply of the script; without one the scenario's; without one what the prompt's directives ask for; without any the
 * simulated assistant's.
 * @param asked given, a stand-in is asked before these two; a batch, where nobody waits, leaves it out.
 */
export async function chooseReply(request: MessagesRequest, state: ReplyState, asked?: Asked): Promise<PlainReply> {
  const scripted = state.script.shift() ?? ofScenario(request, state.scenario);
  if (scripted !== undefined)
    return typeof scripted === 'function' ? callScript(scripted, request, asked?.signal) : scripted;
  const stoodIn = asked && state.standIn && (await state.standIn(request, asked));
  if (stoodIn !== undefined) return stoodIn;
  const turn = turnSoFar(request.messages);
  // Context that a hook added may stand after the prompt, so the last text with directives counts.
  const directives = turn.prompts.map(parseDirectives).findLast((found) => found.length > 0);
  if (directives !== undefined) return followDirectives(directives, { turn, request, counts: state.counts });
  return simulatedAssistant(request, turn);
}

/** What conditions and reply functions throw is the test's fault: told with a status that no client retries. */
function ofScenario(request: MessagesRequest, scenario: ScenarioPlay | undefined): Reply | undefined {
  try {
    return scenario?.next(request);
  } catch (error) {
    return status(400, { message: `emulator: a condition of the scenario threw: ${String(error)}` });
  }
}

/** @throws the signal's reason when the client goes away, for which a function may wait in vain. */
async function callScript(
  reply: Exclude<Reply, PlainReply>,
  request: MessagesRequest,
  signal: AbortSignal | undefined,
): Promise<PlainReply> {
  try {
    const made: unknown = await unlessAborted(reply(request), signal);
    if (isPlainReply(made)) return made;
    return status(400, { message: 'emulator: a reply function of the script returned what is no reply' });
  } catch (error) {
    signal?.throwIfAborted();
    return status(400, { message: `emulator: a reply function of the script threw: ${String(error)}` });
  }
}

async function unlessAborted<T>(value: T | Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined || !(value instanceof Promise)) return value;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([value, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
