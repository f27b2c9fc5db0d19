import { isDeepStrictEqual } from 'node:util';
import { ConfigurationError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';
import { jsonCopy } from '../../helpers/json-copy.ts';
import type { CallState } from '../../log/call-state.ts';
import type { Entry, Json, NewEntry } from '../../log/entries.ts';
import { entriesOf } from '../../log/entries-of.ts';
import type { SessionState } from '../../log/fold.ts';
import type { Controls } from '../engine.ts';
import type { ApiSession } from './api-session.ts';

type Outcome = Controls['toolResult']['result'];

/**
 * Takes the result of a call that runs elsewhere. It is durable before it is acknowledged; the first one wins, in any process, and as often
 * as it is sent: whoever sent it may not have heard so.
 */
export async function giveToolResult(
  session: ApiSession,
  { toolUseId, content, isError, by = session.setup.by }: Controls['toolResult']['args'],
): Promise<Outcome> {
  const copy = jsonCopy(content);
  if (!copy.ok || !isContent(copy.value))
    throw new ConfigurationError('The content of a tool result must be text, or an array of content blocks');
  const result: Given = {
    kind: 'external_result',
    toolUseId,
    content: copy.value,
    isError: isError === true,
    by,
    once: `result:${toolUseId}`,
  };
  const standing = standingOf(session, toolUseId);
  switch (standing) {
    case 'open':
      break;
    case 'asked':
      throw new ConfigurationError(`Call ${toolUseId} waits for permission; its result can come once it is allowed`);
    case 'here':
      throw new ConfigurationError(`Call ${toolUseId} does not wait for a result: its tool runs here`);
    case 'other':
      return whoSettled(session, result);
    default:
      return standing satisfies never;
  }
  const appended = await session.log.input([result], { sync: 'now' });
  if (appended.ok) return { won: true, by, seq: appended.entries.at(-1)?.seq };
  return appended.winner.kind === 'external_result' ? outcomeOf(appended.winner, result) : { won: false, by: '' };
}

type Given = NewEntry & { kind: 'external_result' };

function outcomeOf(winner: Entry & { kind: 'external_result' }, { by, content, isError }: Given): Outcome {
  const isAgain = winner.by === by && winner.isError === isError && isDeepStrictEqual(winner.content, content);
  return isAgain ? { won: true, by, seq: winner.seq } : { won: false, by: winner.by };
}

function isContent(value: Json): value is string | Json[] {
  return typeof value === 'string' || (Array.isArray(value) && value.every(isBlock));
}

const isBlock = (block: unknown): boolean => isRecord(block) && typeof block['type'] === 'string';

/** `other`: settled, or not known. */
type Standing = 'open' | 'asked' | 'here' | 'other';

function standingOf(session: ApiSession, toolUseId: string): Standing {
  const { turn } = session.state;
  if (turn === undefined) return 'other';
  const call = turn.calls.find(({ block }) => block.id === toolUseId);
  if (call !== undefined) return standingOfCall(session, call);
  // It may be told before its answer is whole.
  const coming = comingCall(session.state, toolUseId);
  if (coming !== undefined) return mayComeEarly(session, coming);
  for (const { asks, calls, external } of turn.agents) {
    if (external.some((each) => each.toolUseId === toolUseId)) return 'open';
    if (asks.some((ask) => ask.toolUseId === toolUseId && !ask.isAnswered)) return 'asked';
    if (calls.includes(toolUseId)) return 'here';
  }
  return 'other';
}

function standingOfCall(session: ApiSession, call: CallState): Standing {
  if (call.done) return call.external === undefined ? 'here' : 'other';
  if (call.external !== undefined) return 'open';
  const early = mayComeEarly(session, call.block.name);
  if (early === 'here' || call.asked === undefined) return early;
  if (call.answered === undefined) return 'asked';
  return call.answered.decision.behavior === 'allow' ? 'open' : 'other';
}

/** Nobody has decided about it yet: whoever declared the tool runs it all the same; a worker waits for what has to be asked. */
function mayComeEarly({ world }: ApiSession, name: string): Standing {
  const tool = world.tools.find(name);
  if (tool?.elsewhere === undefined) return 'here';
  return tool.elsewhere === 'client' || world.tools.policyOf?.(tool) === 'always_allow' ? 'open' : 'asked';
}

function comingCall({ turn }: SessionState, toolUseId: string): string | undefined {
  const blocks = turn?.request?.blocks.map(({ block }) => block) ?? [];
  for (const block of blocks) if (block.type === 'tool_use' && block.id === toolUseId) return block.name;
  return undefined;
}

/**
 * Who was quicker: looked for in the log, because few come late. An interrupt may have settled the call.
 * @throws ConfigurationError when no call that runs elsewhere has this id
 */
async function whoSettled({ store, id }: ApiSession, given: Given): Promise<Outcome> {
  const { toolUseId } = given;
  let interruptedBy = '';
  let isExternal = false;
  let outcome: Outcome | undefined;
  for await (const entry of entriesOf(store, id)) {
    if (entry.kind === 'interrupt') interruptedBy = entry.by;
    if (!('toolUseId' in entry) || entry.toolUseId !== toolUseId) continue;
    if (entry.kind === 'tool_intent' && entry.external === true) isExternal = true;
    if (entry.kind === 'external_result') outcome ??= outcomeOf(entry, given);
    if (entry.kind === 'tool_result' && isExternal) return outcome ?? { won: false, by: interruptedBy };
  }
  if (isExternal) return outcome ?? { won: false, by: '' };
  throw new ConfigurationError(`Session ${id} has no call ${toolUseId} that waits for a result`);
}
