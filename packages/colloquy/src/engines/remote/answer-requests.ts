import { AbortError, ColloquyError, ConfigurationError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';
import { jsonCopy } from '../../helpers/json-copy.ts';
import { messageOf } from '../../helpers/message-of.ts';
import { randomUuid } from '../../helpers/random-uuid.ts';
import { untilAborted } from '../../helpers/until-aborted.ts';
import type { SDKMessage, SDKPermissionRequestMessage } from '../../messages.ts';
import type { CanUseTool, PermissionUpdate } from '../../options/permissions.ts';
import type { PermissionAnswer } from '../engine.ts';

export type AnswerHost = {
  canUseTool: CanUseTool;
  /** Gives the server an answer; whether it won is nobody's concern here. @throws ConfigurationError for one that it does not take */
  answer(request: number, decision: PermissionAnswer, signal: AbortSignal): Promise<void>;
};

/** Lets a callback answer the session's permission requests. Somebody else may be quicker: its signal aborts then. */
export class RequestAnswerer {
  readonly #host: AnswerHost;
  readonly #open = new Map<number, AbortController>();
  /** The newest request that was put to the callback: they are numbered in order. */
  #newest = 0;
  #isClosed = false;

  constructor(host: AnswerHost) {
    this.#host = host;
  }

  /** Follows the messages of the session. */
  onMessage(message: SDKMessage): void {
    if (message.type === 'result') return this.#abortAll('The turn of this call has ended');
    if (message.type !== 'system') return;
    if (message.subtype === 'permission_request') this.ask(message);
    if (message.subtype === 'permission_answered')
      this.#open.get(message.request)?.abort(new AbortError(`Somebody else has answered: ${message.by}`));
  }

  /** Puts a request to the callback, once. */
  ask(request: SDKPermissionRequestMessage): void {
    if (this.#isClosed || request.request <= this.#newest) return;
    this.#newest = request.request;
    const over = new AbortController();
    this.#open.set(request.request, over);
    void this.#answer(request, over.signal).finally(() => this.#open.delete(request.request));
  }

  close(): void {
    this.#isClosed = true;
    this.#abortAll('The session is closed');
  }

  #abortAll(why: string): void {
    for (const over of this.#open.values()) over.abort(new AbortError(why));
  }

  async #answer(message: SDKPermissionRequestMessage, signal: AbortSignal): Promise<void> {
    const decision = await this.#decide(message, signal);
    if (decision === undefined || signal.aborted) return;
    try {
      await this.#host.answer(message.request, decision, signal);
    } catch (error) {
      // An answer that makes no sense is a denial; one that the server refuses otherwise leaves the request to other viewers.
      if (!(error instanceof ConfigurationError)) return;
      const denial = { behavior: 'deny' as const, message: `The permission request failed: ${error.message}` };
      await this.#host.answer(message.request, denial, signal).catch(() => {});
    }
  }

  /** Undefined: the callback leaves it to somebody else. */
  async #decide(message: SDKPermissionRequestMessage, signal: AbortSignal): Promise<PermissionAnswer | undefined> {
    try {
      const answer: unknown = await untilAborted(this.#ask(message, signal), signal);
      return answer === null ? undefined : readAnswer(answer);
    } catch (error) {
      const why = error instanceof ColloquyError || error instanceof Error ? messageOf(error) : 'canUseTool failed.';
      return { behavior: 'deny', message: `The permission request failed: ${why}` };
    }
  }

  async #ask(message: SDKPermissionRequestMessage, signal: AbortSignal): Promise<unknown> {
    const { tool_name, tool_use_id, input, reason, suggestions, blocked_path, agent_id } = message;
    return this.#host.canUseTool(tool_name, input, {
      signal,
      suggestions: possibleHere(suggestions),
      decisionReason: reason,
      toolUseID: tool_use_id,
      requestId: randomUuid(),
      ...(blocked_path === undefined ? {} : { blockedPath: blocked_path }),
      ...(agent_id === undefined ? {} : { agentID: agent_id }),
    });
  }
}

/** What a server suggests, as far as an answer may change it: for this session. Its files and folders are its operator's. */
function possibleHere(suggestions: readonly unknown[]): PermissionUpdate[] {
  // The server makes its suggestions as permission updates.
  const updates = suggestions as PermissionUpdate[];
  return updates
    .filter(({ type }) => type !== 'addDirectories' && type !== 'removeDirectories')
    .map((update) => ({ ...update, destination: 'session' }));
}

/** What a callback answered, as the server takes it. */
function readAnswer(answer: unknown): PermissionAnswer {
  const { behavior, updatedInput, updatedPermissions, message, interrupt } = isRecord(answer) ? answer : {};
  if (behavior === 'deny') {
    const reason = typeof message === 'string' && message.trim() !== '' ? message : 'canUseTool denied the call.';
    return { behavior, message: reason, ...(interrupt === true ? { interrupt } : {}) };
  }
  if (behavior !== 'allow') return { behavior: 'deny', message: 'canUseTool gave no answer that could be understood.' };
  const input = jsonCopy(updatedInput ?? undefined);
  if (!input.ok || (input.value !== undefined && !isRecord(input.value))) {
    const problem = input.ok ? 'it is no object' : input.problem;
    return { behavior: 'deny', message: `canUseTool allowed the call with an input that is not JSON: ${problem}` };
  }
  return {
    behavior,
    ...(input.value === undefined ? {} : { updatedInput: input.value }),
    ...(Array.isArray(updatedPermissions) && updatedPermissions.length > 0 ? { updatedPermissions } : {}),
  };
}
