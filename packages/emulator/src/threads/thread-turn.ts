import type { Caller } from '../exchange/context.ts';
import { checkExtra } from '../refusals/check-fields.ts';
import { refuse } from '../refusals/refusal.ts';
import { isRecord } from '../request/messages-request.ts';
import { withAnswer, type HeldConversation, type ThreadStore } from './thread-store.ts';

/** One request of a thread, or of none. */
export type ThreadTurn = {
  /** The body as it would be without threads: the whole conversation. */
  body: unknown;
  /** The request has been accepted: nobody else may continue from where it does. */
  begin(): void;
  /** The answer is held, for the next request to continue from. `contentOf` is called only if so. */
  keep(answer: { id: string; contentOf(): unknown }, nowMs: number): void;
  /** The answer has ended; when it was not kept, the request may be made again. */
  end(): void;
};

const BETA = 'message-threads-2026-08-12';
const CREATE_ONLY = ['system', 'tools'] as const;
/** The documentation says that there are such fields; which they are is told by the helper of the official client alone. */
const FIXED = ['model', 'output_config'];
const UNSUPPORTED = ['context_management'];

const NO_THREAD = { begin: nothing, keep: nothing, end: nothing };

/** Puts the held conversation before what a request sends. @throws Refusal */
export function threadTurn(
  body: unknown,
  o: { betas: readonly string[]; caller: Caller; threads: ThreadStore; nowMs: number },
): ThreadTurn {
  // Without the beta the field is refused as an unknown one, with all others.
  if (!isRecord(body) || body.thread === undefined || !o.betas.includes(BETA)) return { body, ...NO_THREAD };
  const { thread, ...rest } = body;
  if (thread === null) return { body: rest, ...NO_THREAD };
  const previousId = checkThread(thread);
  const unsupported = UNSUPPORTED.filter((field) => (rest[field] ?? null) !== null);
  if (unsupported.length > 0) {
    refuse(`thread: cannot be combined with ${unsupported.join(', ')}`, {
      details: { error_code: 'thread_unsupported_request', unsupported },
    });
  }
  const { workspaceId } = o.caller;
  const before = previousId === undefined ? undefined : o.threads.find(previousId, { workspaceId, nowMs: o.nowMs });
  const whole = before === undefined ? rest : continued(rest, before);
  let isKept = false;
  return {
    body: whole,
    begin() {
      if (before) before.state = 'in_flight';
    },
    keep(answer, nowMs) {
      const conversation = {
        workspaceId,
        createOnly: before?.createOnly ?? only(rest, CREATE_ONLY),
        fixed: fingerprintOf(rest),
        messages: withAnswer(Array.isArray(whole.messages) ? whole.messages : [], answer.contentOf()),
      };
      o.threads.keep(answer.id, conversation, nowMs);
      isKept = true;
    },
    end() {
      if (before) before.state = isKept ? 'continued' : 'open';
    },
  };
}

/** The id to continue from; undefined for a new thread. */
function checkThread(thread: unknown): string | undefined {
  if (!isRecord(thread)) refuse('thread: Input should be an object');
  switch (thread.type) {
    case 'create':
      checkExtra(thread, ['type'], 'thread.create');
      return undefined;
    case 'continue':
      checkExtra(thread, ['type', 'previous_message_id'], 'thread.continue');
      return typeof thread.previous_message_id === 'string'
        ? thread.previous_message_id
        : refuse('thread.continue.previous_message_id: Field required');
    default:
      return refuse("thread.type: Input should be 'create' or 'continue'");
  }
}

function continued(body: Record<string, unknown>, before: HeldConversation): Record<string, unknown> {
  for (const field of CREATE_ONLY) {
    if (body[field] !== undefined)
      refuse(`${field}: a request that continues a thread must leave it out; the thread keeps its own`);
  }
  const now = fingerprintOf(body);
  const changed = FIXED.filter((field) => now[field] !== before.fixed[field]);
  if (changed.length > 0) {
    refuse(`thread: ${changed.join(', ')} must stay the same in all requests of a thread`, {
      details: { error_code: 'thread_fingerprint_mismatch' },
    });
  }
  if (!Array.isArray(body.messages)) refuse('messages: Field required');
  return { ...body, ...before.createOnly, messages: [...before.messages, ...body.messages] };
}

function fingerprintOf(body: Record<string, unknown>): HeldConversation['fixed'] {
  return Object.fromEntries(FIXED.map((field) => [field, JSON.stringify(body[field])]));
}

function only(body: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(fields.filter((field) => body[field] !== undefined).map((field) => [field, body[field]]));
}

function nothing(): void {
  // A request of no thread.
}
