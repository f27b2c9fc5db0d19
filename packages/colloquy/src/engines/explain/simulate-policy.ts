import { isRecord } from '../../helpers/is-record.ts';
import { messageOf } from '../../helpers/message-of.ts';
import type { Decision, Entry, Json, Seq } from '../../log/entries.ts';
import type { Store } from '../../log/store.ts';
import type { Settings } from '../../options/settings.ts';
import type { PermissionCall } from '../../permissions/call.ts';
import { createJudge, type Judge, type JudgeWorld } from './judge.ts';

/** What became of a call: it ran unasked, somebody was asked, or it was refused without a question. */
export type CallOutcome = 'allowed' | 'asked' | 'refused';

/** A recorded call, what was decided about it, and what the policy would have said. */
export type SimulatedCall = {
  session: string;
  seq: Seq;
  at: string;
  tool: string;
  input: Json;
  was: CallOutcome;
  would: CallOutcome;
  /** Why the policy would have said so; absent when the call cannot be judged any longer. */
  decision: Decision | undefined;
  /** Why it cannot. */
  problem: string | undefined;
};

const PAGE = 1_000;
const WOULD = { allow: 'allowed', ask: 'asked', deny: 'refused' } as const;

/**
 * Runs a policy over what was decided in recorded sessions, oldest call first within each. What hooks said then, they are taken to say
 * again; what a person answered is not. Paths are judged by what they are now.
 * @throws ConfigurationError for a policy that cannot be
 */
export async function* simulatePolicy(
  store: Store,
  policy: Pick<Settings, 'permissions'>,
  o: { sessions: readonly string[] } & JudgeWorld,
): AsyncGenerator<SimulatedCall, void, void> {
  const judges = new Map<string, Promise<Judge>>();
  for (const session of o.sessions) {
    const row = await store.sessions.get(session);
    if (row === undefined) continue;
    const judge = judges.get(row.cwd) ?? createJudge({ cwd: row.cwd, settings: policy, settingSources: [] });
    judges.set(row.cwd, judge);
    for await (const call of recordedCalls(store, session)) yield { session, ...(await again(await judge, call, o)) };
  }
}

type RecordedCall = { seq: Seq; at: string; tool: string; input: Json; asked: boolean; decision: Decision };

async function again(judge: Judge, call: RecordedCall, world: JudgeWorld): Promise<Omit<SimulatedCall, 'session'>> {
  const { seq, at, tool, input } = call;
  const common = { seq, at, tool, input, was: outcomeThen(call) };
  try {
    const decision = await judge({ tool, input, hook: hookThen(call.decision) }, world);
    return { ...common, would: WOULD[decision.behavior], decision, problem: undefined };
  } catch (error) {
    return { ...common, would: common.was, decision: undefined, problem: messageOf(error) };
  }
}

function outcomeThen({ asked, decision: { behavior, source } }: RecordedCall): CallOutcome {
  if (asked || source === 'callback' || source === 'person') return 'asked';
  return behavior === 'allow' ? 'allowed' : 'refused';
}

function hookThen({ source, behavior, reason }: Decision): PermissionCall['hook'] {
  return source === 'hook' ? { behavior, reason } : undefined;
}

/** The decisions of a session's log, each with the call that it is about. */
async function* recordedCalls(store: Store, session: string): AsyncGenerator<RecordedCall, void, void> {
  const calls = new Map<string, { tool: string; input: Json; asked: boolean }>();
  for (let after = 0; ;) {
    const page: readonly Entry[] = await store.read(session, { after, limit: PAGE });
    for (const entry of page) {
      if (entry.kind === 'model_block') noteCall(calls, entry.block);
      if (entry.kind === 'permission_request') {
        const call = calls.get(entry.toolUseId);
        if (call !== undefined) call.asked = true;
      }
      if (entry.kind !== 'tool_decision') continue;
      const call = calls.get(entry.toolUseId);
      calls.delete(entry.toolUseId);
      if (call !== undefined) yield { seq: entry.seq, at: entry.at, ...call, decision: entry.decision };
    }
    if (page.length === 0) return;
    after = page.at(-1)?.seq ?? after;
  }
}

function noteCall(calls: Map<string, { tool: string; input: Json; asked: boolean }>, block: Json): void {
  if (!isRecord(block) || block['type'] !== 'tool_use') return;
  const { id, name, input } = block;
  if (typeof id === 'string' && typeof name === 'string') calls.set(id, { tool: name, input, asked: false });
}
