import type { Entry, Input, NewEntry } from 'colloquy/internal';
import type { App } from '../../../app-env.ts';
import type { Principal } from '../../../auth/principal.ts';
import { HttpError } from '../../../http/http-error.ts';
import { uuidFrom } from '../../../resources/ids.ts';
import { refuseArchived, type StoredSession } from '../../../resources/sessions.ts';
import type { SentEvent } from './event-bodies.ts';
import { fromEventId, toEventId } from './event-id.ts';
import type { ManagedEvent } from './event-types.ts';
import type { EventsState, OpenCall } from './events-state.ts';
import { PLAIN_DENIAL } from './fold-calls.ts';
import { newFileRoom, resolveContent } from './resolve-content.ts';

/** An event on its way into the log: the entry, and the event as it is answered. */
type Accepted = { entry: NewEntry<Input>; event: (id: string, at: string) => ManagedEvent };

/**
 * Takes events that a client sends: all of them, in one durable batch, or none. They are answered as they were accepted; what becomes of
 * them is told by the stream and the list.
 * @throws SessionNotFoundError | HttpError 400 which names the event that cannot be, 403, 404
 */
export async function sendEvents(
  app: App,
  principal: Principal,
  session: StoredSession,
  sent: readonly SentEvent[],
  nonce: string,
): Promise<ManagedEvent[]> {
  refuseArchived(session);
  const state = await app.events.stateOf(session);
  const batch = new Batch({ app, principal, session, state, nonce });
  for (const [index, event] of sent.entries()) await batch.add(event, index);
  if (batch.accepted.length === 0) return [];
  const uuid = session.row.id;
  const appended = await app.host.use(uuid, (open) => open.input(batch.accepted.map(({ entry }) => entry)));
  const first = appended.ok ? appended.entries[0] : batch.firstOfTwin(appended.winner);
  if (first === undefined) throw taken();
  app.events.onSessionHasWork(session);
  return batch.accepted.map(({ event }, index) => event(toEventId(uuid, first.seq + index), first.at));
}

type BatchOptions = { app: App; principal: Principal; session: StoredSession; state: EventsState; nonce: string };

class Batch {
  readonly accepted: Accepted[] = [];
  readonly #o: BatchOptions;
  readonly #answered = new Set<string>();
  readonly #room = newFileRoom();
  #interrupts = false;

  constructor(o: BatchOptions) {
    this.#o = o;
  }

  /** @throws HttpError */
  async add(event: SentEvent, index: number): Promise<void> {
    const place = `events.${index}`;
    switch (event.type) {
      case 'user.message':
        this.#refuseSpent(place);
        this.accepted.push(await this.#message(event, index));
        return;
      case 'user.interrupt':
        this.#interrupt(event, index);
        return;
      case 'user.tool_confirmation':
        this.accepted.push(this.#confirmation(event, place));
        return;
      case 'user.custom_tool_result':
      case 'user.tool_result':
        this.accepted.push(await this.#result(event, place));
        return;
      // The schema refuses them.
      case 'user.define_outcome':
      case 'system.message':
        return;
      default:
        event satisfies never;
    }
  }

  /** The same request was accepted before, and its answer was lost: where its entries begin. */
  firstOfTwin(winner: Entry): { seq: number; at: string } | undefined {
    const index = this.accepted.findIndex(({ entry }) => entry.once !== undefined && entry.once === winner.once);
    if (index === -1 || !winner.once?.startsWith('key:')) return undefined;
    return { seq: winner.seq - index, at: winner.at };
  }

  async #message(event: SentEvent & { type: 'user.message' }, index: number): Promise<Accepted> {
    const { app, principal, nonce } = this.#o;
    const uuid = uuidFrom(nonce, `event:${index}`);
    const o = { place: `events.${index}`, room: this.#room };
    const content = await resolveContent(app, principal, event.content, o);
    return {
      entry: {
        kind: 'prompt',
        uuid,
        content,
        by: principal.name,
        origin: null,
        // What is said together with an interrupt goes before what waits already.
        priority: this.#interrupts ? 'next' : 'later',
        startsTurn: true,
        once: `key:${uuid}`,
      },
      // Checked blocks.
      event: (id) => ({ type: 'user.message', content: content as { type: string }[], id, processed_at: null }),
    };
  }

  #interrupt({ session_thread_id: thread }: SentEvent & { type: 'user.interrupt' }, index: number): void {
    const { principal, nonce, state } = this.#o;
    if (thread !== undefined && thread !== null && thread !== state.thread.id)
      throw new HttpError(400, `events.${index}.session_thread_id: the session has no thread ${thread.slice(0, 100)}`);
    // Nothing runs that could be interrupted, and nothing does before the budget is raised.
    if (state.core.budget === 'reached') return;
    this.#interrupts = true;
    const once = `key:${uuidFrom(nonce, `event:${index}`)}`;
    this.accepted.push({
      entry: { kind: 'interrupt', by: principal.name, keepQueue: true, once },
      event: (id) => ({ type: 'user.interrupt', id, processed_at: null }),
    });
  }

  #confirmation(event: SentEvent & { type: 'user.tool_confirmation' }, place: string): Accepted {
    const { call } = this.#open(event.tool_use_id, `${place}.tool_use_id`);
    const { asked } = call;
    if (asked === undefined)
      throw new HttpError(
        400,
        `${place}.tool_use_id: this call does not ask for permission, so it cannot be confirmed`,
      );
    if (call.answered !== undefined || call.external !== undefined) throw taken(`${place}.tool_use_id`);
    const { result } = event;
    const message = event.deny_message ?? undefined;
    const decision =
      result === 'allow'
        ? { behavior: 'allow' as const, source: 'person' as const, reason: 'The user allowed this call.' }
        : {
            behavior: 'deny' as const,
            source: 'person' as const,
            reason: message === undefined || message === '' ? PLAIN_DENIAL : message,
          };
    const { name: by } = this.#o.principal;
    return {
      entry: { kind: 'permission_answer', request: asked, decision, by, once: `answer:${asked}` },
      event: (id) => ({
        type: 'user.tool_confirmation',
        tool_use_id: event.tool_use_id,
        result,
        ...(message === undefined ? {} : { deny_message: message }),
        id,
        processed_at: null,
      }),
    };
  }

  async #result(
    event: SentEvent & { type: 'user.custom_tool_result' | 'user.tool_result' },
    place: string,
  ): Promise<Accepted> {
    const isCustom = event.type === 'user.custom_tool_result';
    const { app, principal, session } = this.#o;
    if (!isCustom && session.managed?.isSelfHosted !== true)
      throw new HttpError(400, `${place}: only in self_hosted environments are results of built-in tools sent`);
    const field = `${place}.${isCustom ? 'custom_tool_use_id' : 'tool_use_id'}`;
    const useId = isCustom ? event.custom_tool_use_id : event.tool_use_id;
    const { toolUseId, call } = this.#open(useId, field);
    if (call.isSupplied) throw taken(field);
    if (call.external !== (isCustom ? 'client' : 'worker'))
      throw new HttpError(400, `${field}: this call does not wait for such a result`);
    const content = await resolveContent(app, principal, event.content ?? [], { place, room: this.#room });
    const isError = event.is_error ?? false;
    // Checked blocks.
    const answered = { content: content as { type: string }[], is_error: isError };
    return {
      entry: { kind: 'external_result', toolUseId, content, isError, by: principal.name, once: `result:${toolUseId}` },
      event: (id, processed_at) =>
        isCustom
          ? { type: 'user.custom_tool_result', custom_tool_use_id: useId, ...answered, id, processed_at }
          : { type: 'user.tool_result', tool_use_id: useId, ...answered, id, processed_at },
    };
  }

  /** The call that an event names. @throws HttpError 400 when there is none that is open, or when it was named before */
  #open(id: string, field: string): { toolUseId: string; call: OpenCall } {
    const { calls } = this.#o.state;
    const found = [...calls].find(([, call]) => call.isTold && call.id === id);
    if (found === undefined) {
      const isOurs = fromEventId(this.#o.session.row.id, id) !== undefined;
      throw new HttpError(
        400,
        `${field}: ${isOurs ? 'nothing waits for this answer' : 'no call of this session has this id'}`,
        {
          details: { error_code: 'tool_use_not_waiting' },
        },
      );
    }
    if (this.#answered.has(id)) throw taken(field);
    this.#answered.add(id);
    return { toolUseId: found[0], call: found[1] };
  }

  /** @throws HttpError 400 for a message while the budget is used up */
  #refuseSpent(place: string): void {
    if (this.#o.state.core.budget !== 'reached') return;
    throw new HttpError(400, `${place}: the budget of the session is reached; raise it or remove it first`, {
      details: { error_code: 'budget_reached' },
    });
  }
}

function taken(field = 'events'): HttpError {
  return new HttpError(400, `${field}: this call was answered already; the first answer counts`, {
    details: { error_code: 'tool_use_already_answered' },
  });
}
