import type { Entry, Json } from 'colloquy/internal';
import type { App } from '../../../app-env.ts';
import { uuidFrom } from '../../../resources/ids.ts';
import type { StoredSession } from '../../../resources/sessions.ts';
import type { SentEvent } from './event-bodies.ts';
import { toEventId } from './event-id.ts';
import type { ContentBlock, EventBody, ManagedEvent } from './event-types.ts';

/** Entries read at once. */
const PAGE = 500;

type From = { by: string; nonce: string };

/**
 * What a request has sent that was cut off half way: its events as they were accepted then, or undefined when they were not, so that they
 * can be sent now. They were one batch: either all of them are in the log, or none.
 */
export async function findAccepted(
  app: App,
  session: StoredSession,
  sent: readonly SentEvent[],
  from: From,
): Promise<ManagedEvent[] | undefined> {
  const { id, head } = session.row;
  const missing = new Map(sent.map((event, index) => [index, event]));
  const found = new Map<number, ManagedEvent>();
  const calls = new Calls(id);
  const store = await app.engine.store();
  for (let after = 0; after < head && missing.size > 0;) {
    const entries = await store.read(id, { after, upTo: head, limit: PAGE });
    for (const entry of entries) {
      calls.note(entry);
      for (const [index, event] of missing) {
        const body = acceptedAs(event, entry, { ...from, index, calls });
        if (body === undefined) continue;
        found.set(index, { ...body, id: toEventId(id, entry.seq) });
        missing.delete(index);
        break;
      }
    }
    after = entries.at(-1)?.seq ?? head;
  }
  // An interrupt is passed over once the budget is reached.
  if (found.size === 0 || [...missing.values()].some(({ type }) => type !== 'user.interrupt')) return undefined;
  return sent.flatMap((_, index) => found.get(index) ?? []);
}

type Accepted = EventBody & { processed_at: string | null };

/** The event as it was answered, if this is the entry that it has become. */
function acceptedAs(
  event: SentEvent,
  entry: Entry,
  { by, nonce, index, calls }: From & { index: number; calls: Calls },
): Accepted | undefined {
  const uuid = uuidFrom(nonce, `event:${index}`);
  switch (event.type) {
    case 'user.message':
      if (entry.kind !== 'prompt' || entry.uuid !== uuid) return undefined;
      return { type: 'user.message', content: blocks(entry.content), processed_at: null };
    case 'user.interrupt':
      if (entry.kind !== 'interrupt' || entry.once !== `key:${uuid}`) return undefined;
      return { type: 'user.interrupt', processed_at: null };
    case 'user.tool_confirmation': {
      const { tool_use_id, result, deny_message } = event;
      if (entry.kind !== 'permission_answer' || entry.by !== by || entry.decision.behavior !== result) return undefined;
      if (calls.askedBy(entry.request) !== tool_use_id) return undefined;
      const deny = deny_message === undefined || deny_message === null ? {} : { deny_message };
      return { type: 'user.tool_confirmation', tool_use_id, result, ...deny, processed_at: null };
    }
    case 'user.custom_tool_result':
    case 'user.tool_result': {
      const useId = event.type === 'user.custom_tool_result' ? event.custom_tool_use_id : event.tool_use_id;
      if (entry.kind !== 'external_result' || entry.by !== by || calls.named(entry.toolUseId) !== useId)
        return undefined;
      const told = { content: blocks(entry.content), is_error: entry.isError, processed_at: entry.at };
      return event.type === 'user.custom_tool_result'
        ? { type: event.type, custom_tool_use_id: useId, ...told }
        : { type: event.type, tool_use_id: useId, ...told };
    }
    // The schema refuses them.
    case 'user.define_outcome':
    case 'system.message':
      return undefined;
    default:
      return event satisfies never;
  }
}

// Checked when they were accepted.
const blocks = (content: Json): ContentBlock[] => content as ContentBlock[];

/** The calls of a log by what answers to them name. */
class Calls {
  readonly #session: string;
  readonly #events = new Map<string, string>();
  readonly #asked = new Map<number, string>();

  constructor(session: string) {
    this.#session = session;
  }

  note(entry: Entry): void {
    if (entry.kind === 'permission_request') this.#asked.set(entry.seq, entry.toolUseId);
    if (entry.kind !== 'model_block') return;
    // Blocks are stored as the API sent them.
    const { type, id } = entry.block as { type: string; id: string };
    if (type === 'tool_use') this.#events.set(id, toEventId(this.#session, entry.seq));
  }

  /** The event that told of a call. */
  named(toolUseId: string): string | undefined {
    return this.#events.get(toolUseId);
  }

  askedBy(request: number): string | undefined {
    return this.named(this.#asked.get(request) ?? '');
  }
}
