import { randomUUID } from 'node:crypto';
import { SessionBusyError, SessionNotFoundError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';
import type { Entry, NewEntry, Seq } from '../../log/entries.ts';
import { emptyState, foldEntry, type OpenTurn } from '../../log/fold.ts';
import { describeOwner, newOwner } from '../../log/owner.ts';
import type { Store } from '../../log/store.ts';
import { NO_USAGE } from '../../log/totals.ts';

/** Read and written at once; others get their turn in between. */
const PAGE = 200;
/** How long others are kept away when this process stalls in the middle, in milliseconds. */
const LEASE_TTL_MS = 30_000;

/**
 * Copies a session's entries up to and including `upTo` (default: all) into a new session, number by number. A turn that is open
 * there is closed, and prompts that wait are withdrawn: they belong to the session they were given to. The copy is there when it is whole:
 * one that is cut off leaves none, and can be made again under the same id.
 * @throws SessionNotFoundError | SessionBusyError while another process makes this very one
 */
export async function copySession(
  store: Store,
  from: string,
  o: { id?: string | undefined; title?: string | undefined; upTo?: Seq | undefined } = {},
): Promise<string> {
  const source = await store.sessions.get(from);
  if (source === undefined) throw new SessionNotFoundError(from);
  const id = o.id ?? randomUUID();
  const title = o.title ?? `${source.title ?? source.firstPrompt ?? 'Session'} (fork)`;
  const lease = await store.draft({ id, cwd: source.cwd, title, data: source.data }, newOwner(), LEASE_TTL_MS);
  try {
    const upTo = Math.min(o.upTo ?? source.head, source.head);
    await copyEntries(store, from, { upTo, append: appenderTo(store, id, lease.epoch) });
    await store.publish(id, lease.epoch);
  } catch (error) {
    // What cannot be removed now is removed when somebody wants it again, or when the store is opened.
    if (!lease.lost.aborted) await store.sessions.delete(id).catch(() => undefined);
    throw error;
  } finally {
    await lease.release();
  }
  return id;
}

type Append = (entries: readonly NewEntry[]) => Promise<void>;

/** What is appended becomes durable when the copy is published. */
function appenderTo(store: Store, id: string, epoch: number): Append {
  return async (entries) => {
    const appended = await store.append(id, entries, { epoch, sync: 'lazy' });
    if (!appended.ok) throw new SessionBusyError(id, describeOwner(undefined));
  };
}

async function copyEntries(store: Store, from: string, { upTo, append }: { upTo: Seq; append: Append }): Promise<void> {
  const state = emptyState();
  const uuids = new NewUuids();
  while (state.seq < upTo) {
    const page = await store.read(from, { after: state.seq, upTo, limit: PAGE });
    if (page.length === 0) throw new SessionNotFoundError(from);
    for (const entry of page) foldEntry(state, entry);
    await append(page.map((entry) => uuids.renew(withoutPlace(entry))));
  }
  await append([...closing(state, from), { kind: 'fork', from: { session: from, seq: state.seq } }]);
}

/** The prompts of a copy are messages of their own: each has a new uuid, wherever it is named. */
class NewUuids {
  readonly #made = new Map<string, string>();

  renew(entry: NewEntry): NewEntry {
    switch (entry.kind) {
      case 'prompt':
        return { ...entry, ...this.#renewPrompt(entry) };
      case 'prompt_taken':
        return entry.uuid === undefined ? entry : { ...entry, uuid: this.#of(entry.uuid) };
      case 'rewind': {
        const { prompt, prompts } = entry;
        return {
          ...entry,
          ...(prompt === undefined ? {} : { prompt: this.#of(prompt) }),
          ...(prompts === undefined ? {} : { prompts: prompts.map((uuid) => this.#of(uuid)) }),
        };
      }
      case 'turn_end':
        return { ...entry, result: this.#renewResult(entry.result) };
      default:
        return entry;
    }
  }

  #renewPrompt({ uuid, once }: NewEntry & { kind: 'prompt' }): { uuid: string; once?: string } {
    const made = randomUUID();
    this.#made.set(uuid, made);
    return { uuid: made, ...(once === `key:${uuid}` ? { once: `key:${made}` } : {}) };
  }

  #renewResult(result: unknown): unknown {
    if (!isRecord(result)) return result;
    const { user_message_uuid: first, user_message_uuids: all } = result;
    return {
      ...result,
      ...(typeof first === 'string' ? { user_message_uuid: this.#of(first) } : {}),
      ...(Array.isArray(all) ? { user_message_uuids: all.map((uuid) => this.#of(String(uuid))) } : {}),
    };
  }

  #of(uuid: string): string {
    return this.#made.get(uuid) ?? uuid;
  }
}

function withoutPlace(entry: Entry): NewEntry {
  const { v: _v, seq: _seq, at: _at, epoch: _epoch, ...rest } = entry;
  return rest;
}

function closing(state: ReturnType<typeof emptyState>, from: string): NewEntry[] {
  const facts: NewEntry[] = state.queue.map(({ seq }) => ({
    kind: 'prompt_withdrawn',
    prompt: seq,
    by: 'fork',
    once: `take:${seq}`,
  }));
  const { turn } = state;
  if (turn === undefined) return facts;
  if (turn.request !== undefined) facts.push(...closedAnswer(turn.request, state.segment?.model ?? ''));
  const written = turn.request?.blocks.map(({ block }) => block).filter((block) => block.type === 'tool_use') ?? [];
  const open = [...turn.calls.filter(({ done }) => !done).map(({ block }) => block), ...written];
  for (const block of open) {
    const content = `This call belongs to session ${from}, from which this one was forked; it was not run here.`;
    facts.push({ kind: 'tool_result', toolUseId: block.id, content, isError: true, outcome: 'interrupted' });
  }
  facts.push({ kind: 'turn_end', turn: turn.id, reason: 'forked', result: forkedResult(state) });
  return facts;
}

/** The blocks that are copied are whole: they stand as the answer. One that had not begun is as if it had not been asked for. */
function closedAnswer(request: NonNullable<OpenTurn['request']>, model: string): NewEntry[] {
  const { id, attempt, blocks } = request;
  if (blocks.length > 0) {
    const timings = { apiMs: 0, ttftMs: null, model };
    return [
      {
        kind: 'model_response',
        request: id,
        messageId: '',
        stopReason: 'end_turn',
        stopDetails: null,
        usage: NO_USAGE,
        timings,
      },
    ];
  }
  const error = {
    message: 'The session was forked here.',
    status: null,
    error: 'unknown',
    attempt,
    maxRetries: 0,
    retryDelayMs: 0,
  };
  return [{ kind: 'model_error', request: id, error, next: 'owner_lost', discards: [] }];
}

function forkedResult(state: ReturnType<typeof emptyState>): unknown {
  return {
    type: 'result',
    subtype: 'error_during_execution',
    is_error: true,
    duration_ms: 0,
    duration_api_ms: 0,
    num_turns: 0,
    stop_reason: null,
    total_cost_usd: state.totals.costUsd,
    usage: state.turn?.usage,
    modelUsage: state.totals.byModel,
    permission_denials: [],
    errors: ['The session was forked in the middle of this turn'],
    terminal_reason: 'turn_setup_failed',
  };
}
