import type { Input, NewEntry } from 'colloquy/internal';
import type { App } from '../../../app-env.ts';
import type { Principal } from '../../../auth/principal.ts';
import { HttpError } from '../../../http/http-error.ts';
import { toToolPolicies, updateAgentTools } from '../../../resources/agents/resolve-agent.ts';
import { deleteSession } from '../../../resources/delete-session.ts';
import type { Budget, ManagedData } from '../../../resources/managed-session.ts';
import { patchMetadata } from '../../../resources/metadata.ts';
import { refuseArchived, type StoredSession } from '../../../resources/sessions.ts';
import type { UpdatedFields } from '../events/fold-events.ts';
import { type EventsState, statusOf } from '../events/events-state.ts';
import { listCostCents } from '../events/session-usage.ts';
import { centsOf } from './create-session.ts';
import { budgetUsd } from './managed-options.ts';
import type { SessionUpdateInput } from './session-bodies.ts';
import { activeTime } from './session-object.ts';

/**
 * Changes a session: nothing of it, if a part of it cannot be. What changes is told as `session.updated`.
 * @throws SessionNotFoundError | HttpError 400, 403
 */
export async function updateSession(
  app: App,
  principal: Principal,
  id: string,
  input: SessionUpdateInput,
): Promise<StoredSession> {
  const session = await app.sessions.getToWrite(principal, id);
  refuseArchived(session);
  const state = await app.events.stateOf(session);
  const change = managedChange(session, state, input);
  const title = input.title === '' ? null : input.title;
  const updated: UpdatedFields = {
    ...(title === undefined || title === (session.row.title ?? null) ? {} : { title }),
    ...(change.metadata === undefined ? {} : { metadata: change.metadata }),
    ...(change.agent === undefined ? {} : { agent: change.agent }),
    ...(change.budget === undefined ? {} : { budget: change.budget }),
  };
  if (Object.keys(updated).length === 0) return session;
  const uuid = session.row.id;
  const activeMs = activeTime(state, Date.now());
  const by = principal.name;
  await app.host.use(uuid, async (open) => {
    if (change.agent !== undefined) await open.control('setTools', { ...toToolPolicies(change.agent), by });
    await open.input([{ kind: 'settings', patch: { updated }, by }]);
    if (session.managed === undefined) await app.sessions.patch(principal, uuid, { title: title ?? undefined });
    else await app.sessions.changeManaged(uuid, () => change, updated.title);
    // Last, because a turn that the budget had ended goes on with it.
    if (change.budget !== undefined) {
      const maxBudgetUsd = change.budget === null ? null : budgetUsd(change.budget, activeMs);
      await open.control('setBudget', { maxBudgetUsd, by });
    }
  });
  return app.sessions.stored(uuid);
}

/** Nothing is sent to a session any more, but it can be read. Done twice, it is archived once. */
export async function archiveSession(app: App, principal: Principal, id: string): Promise<StoredSession> {
  const session = await app.sessions.getToWrite(principal, id);
  if (session.managed === undefined)
    throw new HttpError(400, 'A session of the native API is not archived; it can be deleted');
  if (session.managed.archivedAt !== null) return session;
  const { id: uuid } = session.row;
  // What a turn takes in this very moment is not withdrawn: then the session runs, which the next look tells.
  for (let isDone = false; !isDone;) isDone = await endForGood(app, await app.sessions.stored(uuid), principal.name);
  return app.sessions.changeManaged(uuid, () => ({ archivedAt: new Date().toISOString() }));
}

/** Ends a turn that waits for somebody, withdraws what waits for a turn, and notes that the session is archived: all of it, or nothing. */
async function endForGood(app: App, session: StoredSession, by: string): Promise<boolean> {
  const state = await app.events.stateOf(session);
  refuseRunning(state, 'archived');
  const { core } = state;
  const entries: NewEntry<Input>[] = core.queue.map(({ seq }) => ({
    kind: 'prompt_withdrawn',
    prompt: seq,
    by,
    once: `take:${seq}`,
  }));
  if (core.turn !== undefined) entries.push({ kind: 'interrupt', by, keepQueue: true });
  entries.push({ kind: 'settings', patch: { archived: true }, by });
  return app.host.use(session.row.id, async (open) => (await open.input(entries)).ok);
}

/** Erases a session with everything in its folder; whoever has a stream of it open is told. */
export async function eraseSession(app: App, principal: Principal, id: string): Promise<StoredSession> {
  const session = await app.sessions.getToWrite(principal, id);
  refuseRunning(await app.events.stateOf(session), 'deleted');
  await deleteSession(app, session.row.id);
  return session;
}

function refuseRunning(state: EventsState, what: string): void {
  const status = statusOf(state);
  if (status !== 'running' && status !== 'rescheduling') return;
  throw new HttpError(400, `The session is ${status}: interrupt it and wait until it is idle before it is ${what}`, {
    details: { error_code: 'session_running' },
  });
}

type Change = Partial<Pick<ManagedData, 'metadata' | 'agent' | 'budget'>>;

function managedChange({ managed }: StoredSession, state: EventsState, input: SessionUpdateInput): Change {
  const { metadata, agent, budget } = input;
  if (managed === undefined) {
    for (const [name, value] of Object.entries({ metadata, agent, budget }))
      if (value !== undefined) throw new HttpError(400, `${name}: a session of the native API has none of its own`);
    return {};
  }
  const change: Change = {};
  const patched = patchMetadata(managed.metadata, metadata);
  if (!isSame(patched, managed.metadata)) change.metadata = patched;
  if (agent !== undefined) {
    const updated = updateAgentTools(managed.agent, agent);
    if (!isSame(updated, managed.agent)) change.agent = updated;
    if (change.agent !== undefined && state.core.turn !== undefined)
      throw new HttpError(400, 'agent: the session must be idle, with nothing that waits for an answer');
  }
  if (budget !== undefined && !isSame(budget, managed.budget)) {
    checkBudget(managed.budget, budget, state);
    change.budget = budget;
  }
  return change;
}

/** A budget is there from the beginning; later it changes to what is more than was spent, or goes for good. */
function checkBudget(current: Budget | null, wanted: Budget | null, state: EventsState): void {
  if (wanted === null) return;
  if (current === null) {
    throw new HttpError(400, 'budget: a session has its budget from its creation on; it cannot be added later', {
      details: { error_code: 'budget_create_only' },
    });
  }
  const spent = listCostCents(state.core.totals, activeTime(state, Date.now())) ?? 0;
  if (centsOf(wanted) > spent) return;
  throw new HttpError(400, `budget: ${spent.toFixed(2)} cents are spent; the budget must be more than that`, {
    details: { error_code: 'budget_not_raised' },
  });
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
