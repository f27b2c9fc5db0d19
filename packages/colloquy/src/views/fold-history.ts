import { wellFormedJson } from '../helpers/well-formed-json.ts';
import type { Entry, Json } from '../log/entries.ts';
import { dropThinking, dropTurn, foldRefusal, isRequestRefused, makePlain } from './leave-out.ts';
import {
  accept,
  copyOf,
  nothingPending,
  type RequestHistory,
  type SerialisedBlock,
  type SerialisedMessage,
  toMessage,
} from './request-history.ts';
import { isBlankText, toPromptJson, toResultJson } from './sent-blocks.ts';

/** Folds one entry into the history, in place. */
export function foldHistory(history: RequestHistory, entry: Entry): void {
  if (entry.thread !== history.thread) return;
  switch (entry.kind) {
    case 'prompt':
      history.prompts.set(entry.seq, entry.content);
      return;
    case 'prompt_withdrawn':
      history.prompts.delete(entry.prompt);
      return;
    case 'turn_start':
      history.turnStart = {
        messages: history.messages.length,
        pending: copyOf(history.pending),
        ends: history.ends,
      };
      return;
    case 'turn_end':
      // A prompt that a hook has blocked is never told to the model.
      if (entry.reason === 'blocked') dropTurn(history);
      return;
    case 'prompt_taken':
      history.pending.blocks.push(...(history.prompts.get(entry.prompt) ?? []).map(toPromptJson));
      history.prompts.delete(entry.prompt);
      return;
    case 'context':
      if (!NOT_SENT.has(entry.source)) history.pending.blocks.push(...entry.content.map(wellFormedJson));
      return;
    case 'segment':
      if (entry.reason === 'plain') makePlain(history);
      else if (entry.reason !== 'start') dropThinking(history);
      return;
    case 'model_request':
      flushPending(history);
      history.answer = { request: entry.request, blocks: [] };
      return;
    case 'model_block':
      if (history.answer?.request !== entry.request) return;
      accept(history);
      // The API sends text without a word in it, and does not take it back.
      if (!isBlankText(entry.block)) history.answer.blocks.push(toSerialisedBlock(entry.block));
      return;
    case 'model_error':
      history.answer = undefined;
      if (isRequestRefused(entry)) foldRefusal(history, entry);
      return;
    case 'model_response':
      closeAnswer(history, entry);
      return;
    case 'tool_result':
      addResult(history, entry.toolUseId, toResultJson(entry));
      return;
    default:
  }
}

/** A call of an earlier turn, which was put off then, keeps its result even if the turn that ran it is dropped. */
function addResult({ pending, turnStart }: RequestHistory, toolUseId: string, json: string): void {
  pending.results.set(toolUseId, json);
  if (turnStart.pending.calls.includes(toolUseId)) turnStart.pending.results.set(toolUseId, json);
}

/** Context that is not told to the model. */
const NOT_SENT: ReadonlySet<string> = new Set(['warning', 'hook_stop']);

/** Closes the user message that has been gathering, if it holds anything. Called with each request. */
export function flushPending(history: RequestHistory): void {
  const { calls, results, blocks } = history.pending;
  const inOrder = calls.map((id) => results.get(id)).filter((json) => json !== undefined);
  const json = [...inOrder, ...blocks];
  history.pending = nothingPending();
  if (json.length > 0) {
    if (history.messages.length === history.accepted.messages) history.accepted.calls = calls;
    push(
      history,
      'user',
      json.map((text) => ({ json: text, thinking: false, toolUseId: undefined })),
    );
  }
  if (history.blockCount !== history.ends.newest)
    history.ends = { previous: history.ends.newest, newest: history.blockCount };
}

function push(history: RequestHistory, role: SerialisedMessage['role'], blocks: readonly SerialisedBlock[]): void {
  history.messages.push(toMessage(role, blocks));
  history.blockCount += blocks.length;
}

function toSerialisedBlock(block: Json): SerialisedBlock {
  const type = typeof block === 'object' && block !== null && 'type' in block ? block.type : undefined;
  const id = typeof block === 'object' && block !== null && 'id' in block && type === 'tool_use' ? block.id : undefined;
  return {
    json: wellFormedJson(block),
    thinking: type === 'thinking' || type === 'redacted_thinking',
    toolUseId: typeof id === 'string' ? id : undefined,
  };
}

function closeAnswer(history: RequestHistory, entry: Entry & { kind: 'model_response' }): void {
  const blocks = history.answer?.blocks ?? [];
  history.answer = undefined;
  if (entry.messageId !== '') accept(history);
  // A refused turn is dropped: sent again, it would be refused again.
  if (entry.stopReason === 'refusal') return dropTurn(history);
  // Thinking alone is no message, and neither is an empty answer; the API refuses both at the end of a turn.
  if (!blocks.some((block) => !block.thinking)) return;
  push(history, 'assistant', blocks);
  accept(history);
  history.pending.calls = blocks.map((block) => block.toolUseId).filter((id) => id !== undefined);
}
