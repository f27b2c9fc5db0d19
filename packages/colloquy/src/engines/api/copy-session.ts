import { randomUUID } from 'node:crypto';
import { SessionNotFoundError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';
import type { Entry, NewEntry, Seq } from '../../log/entries.ts';
import { emptyState, foldEntry, type OpenTurn } from '../../log/fold.ts';
import { SessionLog } from '../../log/session-log.ts';
import type { Store } from '../../log/store.ts';
import { NO_USAGE } from '../../log/totals.ts';

const PAGE = 1_000;

/**
 * Copies a session's entries up to and including `upTo` (default: all) into a new session, number by number. A turn that is open
 * there is closed, and prompts that wait are withdrawn: they belong to the session they were given to.
 * @throws SessionNotFoundError
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
  await store.sessions.create({ id, cwd: source.cwd, title, data: source.data });
  try {
    await copyEntries(store, from, id, Math.min(o.upTo ?? source.head, source.head));
  } catch (error) {
    await store.sessions.delete(id);
    throw error;
  }
  return id;
}

async function copyEntries(store: Store, from: string, to: string, upTo: Seq): Promise<void> {
  await using log = await SessionLog.open(store, to);
  const state = emptyState();
  const uuids = new NewUuids();
  while (state.seq < upTo) {
    const page = await store.read(from, { after: state.seq, upTo, limit: PAGE });
    if (page.length === 0) throw new SessionNotFoundError(from);
    for (const entry of page) foldEntry(state, entry);
    await log.append(
      page.map((entry) => uuids.renew(withoutPlace(entry))),
      { sync: 'lazy' },
    );
  }
  await log.append([...closing(state, from), { kind: 'fork', from: { session: from, seq: state.seq } }], {
    sync: 'now',
  });
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
