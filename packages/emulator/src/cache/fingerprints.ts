import type { CheckedRequest } from '../refusals/check-request.ts';
import { isRecord } from '../request/messages-request.ts';
import { breakpointsOf } from './breakpoints.ts';
import { messagesSettings, systemSettings } from './level-keys.ts';

/** Why a request could not go on with the cached prefix of the one before it, as `diagnostics.cache_miss_reason` tells. */
export type CacheMissReason =
  | {
      type: 'model_changed' | 'system_changed' | 'tools_changed' | 'messages_changed';
      cache_missed_input_tokens: number;
    }
  | { type: 'previous_message_not_found' | 'unavailable' };

type Fingerprint = {
  workspaceId: string;
  model: string;
  system: string;
  tools: string;
  messages: { count: number; digest: string };
  settings: string;
  /** What a request that goes on with it could read from the cache. */
  cachedTokens: number;
};

const MAX_KEPT = 10_000;

/** Fingerprints of the requests that asked for diagnostics, by the id of their answer; the newest 10,000 are kept. */
export class Fingerprints {
  readonly #kept = new Map<string, Fingerprint>();

  /** The first difference to the request that `diagnostics.previous_message_id` names; undefined when there is none. */
  compare(checked: CheckedRequest, workspaceId: string): CacheMissReason | undefined {
    const { diagnostics } = checked.request;
    if (!isRecord(diagnostics) || typeof diagnostics.previous_message_id !== 'string') return undefined;
    const before = this.#kept.get(diagnostics.previous_message_id);
    if (before?.workspaceId !== workspaceId) return { type: 'previous_message_not_found' };
    const now = fingerprintOf(checked, workspaceId);
    const type = firstDifference(before, now, checked);
    if (type === undefined || type === 'unavailable') return type && { type };
    return { type, cache_missed_input_tokens: before.cachedTokens };
  }

  /** Keeps the request's fingerprint if it asked for diagnostics. */
  keep(messageId: string, checked: CheckedRequest, workspaceId: string): void {
    if (!isRecord(checked.request.diagnostics)) return;
    this.#kept.set(messageId, fingerprintOf(checked, workspaceId));
    const oldest = this.#kept.size > MAX_KEPT ? this.#kept.keys().next().value : undefined;
    if (oldest !== undefined) this.#kept.delete(oldest);
  }
}

function firstDifference(
  before: Fingerprint,
  now: Fingerprint,
  { prompt }: CheckedRequest,
): 'model_changed' | 'system_changed' | 'tools_changed' | 'messages_changed' | 'unavailable' | undefined {
  if (now.model !== before.model) return 'model_changed';
  if (now.system !== before.system) return 'system_changed';
  if (now.tools !== before.tools) return 'tools_changed';
  const { count, digest } = before.messages;
  if (count > prompt.chains.messages.length || prompt.chains.messages.after(count) !== digest)
    return 'messages_changed';
  return now.settings === before.settings ? undefined : 'unavailable';
}

function fingerprintOf(checked: CheckedRequest, workspaceId: string): Fingerprint {
  const { request, model, prompt } = checked;
  const { tools, web, system, messages } = prompt.chains;
  return {
    workspaceId,
    model: `${model.id} ${request.speed ?? 'standard'}`,
    system: system.whole(),
    tools: `${tools.whole()} ${web.whole()}`,
    messages: { count: messages.length, digest: messages.whole() },
    settings: `${systemSettings(checked)} ${messagesSettings(checked)}`,
    cachedTokens: prompt.tokensUpTo(breakpointsOf(prompt, request.cache_control).at(-1)?.at ?? -1),
  };
}
