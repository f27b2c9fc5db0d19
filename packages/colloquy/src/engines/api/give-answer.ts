import { isDeepStrictEqual } from 'node:util';
import { ConfigurationError } from '../../errors.ts';
import { jsonCopy } from '../../helpers/json-copy.ts';
import type { Decision, Entry, NewEntry } from '../../log/entries.ts';
import { entriesOf } from '../../log/entries-of.ts';
import type { PermissionState } from '../../permissions/state.ts';
import { checkUpdates } from '../../turn/read-permission-result.ts';
import type { Controls, PermissionAnswer } from '../engine.ts';
import type { ApiSession } from './api-session.ts';

type Answered = Controls['answer']['result'];

/**
 * Takes the answer to a permission request. It is durable before it is acknowledged; the first one wins, in any process, and as often as
 * it is sent: whoever sent it may not have heard so.
 * @throws ConfigurationError for what was not asked, or not answered before its turn ended
 */
export async function giveAnswer(
  session: ApiSession,
  { request, decision, by = session.setup.by }: Controls['answer']['args'],
): Promise<Answered> {
  const toEntry = (): NewEntry & { kind: 'permission_answer' } => ({
    kind: 'permission_answer',
    request,
    decision: toDecision(decision, session.world.permissions.state),
    by,
    once: `answer:${request}`,
  });
  if (!isOpen(session, request)) {
    const winner = await winnerOf(session, request);
    if (winner === undefined) {
      throw new ConfigurationError(
        `Nothing waits for an answer to permission request ${request}; it was answered, or its turn has ended`,
      );
    }
    return winner.by === by && isAgain(winner, toEntry) ? wonBy(winner) : { won: false, by: winner.by };
  }
  const answer = toEntry();
  const appended = await session.log.input([answer], { sync: 'now' });
  if (appended.ok) return { won: true, by, seq: appended.entries.at(-1)?.seq };
  const { winner } = appended;
  if (winner.kind !== 'permission_answer') return { won: false, by: '' };
  return winner.by === by && isAgain(winner, () => answer) ? wonBy(winner) : { won: false, by: winner.by };
}

function isOpen({ state }: ApiSession, request: number): boolean {
  const { calls = [], agents = [] } = state.turn ?? {};
  return (
    calls.some(({ asked }) => asked === request) ||
    agents.some(({ asks }) => asks.some((ask) => ask.request === request))
  );
}

type Winner = Entry & { kind: 'permission_answer' };

const wonBy = ({ by, seq }: Winner): Answered => ({ won: true, by, seq });

function isAgain({ decision }: Winner, toEntry: () => { decision: Decision }): boolean {
  try {
    return isDeepStrictEqual(decision, toEntry().decision);
  } catch (error) {
    // What cannot be taken was not taken then.
    if (error instanceof ConfigurationError) return false;
    throw error;
  }
}

/** Looked for in the log from the request to the end of its turn, because few come late. */
async function winnerOf({ store, id }: ApiSession, request: number): Promise<Winner | undefined> {
  for await (const entry of entriesOf(store, id, { after: request })) {
    if (entry.kind === 'permission_answer' && entry.request === request) return entry;
    // A subagent's turn lies within one of the session.
    if (entry.kind === 'turn_end' && entry.thread === 'main') return undefined;
  }
  return undefined;
}

/** @throws ConfigurationError for an input that is not JSON, and for permission updates that cannot be: they would stay in the log. */
function toDecision(answer: PermissionAnswer, permissions: PermissionState): Decision {
  if (answer.behavior === 'deny') {
    const reason =
      answer.message === undefined || answer.message === '' ? 'The user did not allow this call.' : answer.message;
    return { behavior: 'deny', source: 'person', reason, ...(answer.interrupt === true ? { interrupt: true } : {}) };
  }
  const { updatedPermissions } = answer;
  const input = jsonCopy(answer.updatedInput);
  if (!input.ok) throw new ConfigurationError(`The changed input of the answer is not JSON: ${input.problem}`);
  return {
    behavior: 'allow',
    source: 'person',
    reason: 'The user allowed this call.',
    ...(input.value === undefined ? {} : { updatedInput: input.value }),
    ...(updatedPermissions === undefined ? {} : { suggestions: checkUpdates(updatedPermissions, permissions) }),
  };
}
