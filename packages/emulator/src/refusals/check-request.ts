import { checkCompaction } from '../context/check-compaction.ts';
import { checkContextManagement, type ContextEdit } from '../context/check-context-management.ts';
import { applyClearEdits, type AppliedEdit } from '../context/clear-edits.ts';
import type { Compaction } from '../context/plan-compaction.ts';
import { unseenBlocks } from '../context/unseen-blocks.ts';
import { beginsWithSummary } from '../context/compaction-block.ts';
import { findModel, type Model } from '../models/model-table.ts';
import { Prompt } from '../prompt/prompt.ts';
import { isRecord, type MessagesRequest } from '../request/messages-request.ts';
import { checkAnswerFormat } from './check-answer-format.ts';
import { checkCacheMarkers } from './check-cache-markers.ts';
import { checkDiagnostics } from './check-diagnostics.ts';
import { checkFields, type CheckedApi } from './check-fields.ts';
import { checkMessages } from './check-messages.ts';
import { checkPrefill } from './check-prefill.ts';
import { checkServerTools } from './check-server-tools.ts';
import { checkThinkingBlocks, type InputTransformation } from './check-thinking-blocks.ts';
import { BINDING_BETA, checkThinkingSettings, mismatchBehavior } from './check-thinking-settings.ts';
import { checkToolPairs } from './check-tool-pairs.ts';
import { checkTools } from './check-tools.ts';
import { refuse } from './refusal.ts';

/** A request that the API would accept. */
export type CheckedRequest = {
  request: MessagesRequest;
  model: Model;
  inputTokens: number;
  /** As it was sent. */
  sent: Prompt;
  /** As the model sees it: without thinking that it cannot read. */
  prompt: Prompt;
  /** What was done to thinking blocks, if a beta of the request wants it told. */
  inputTransformations: readonly InputTransformation[] | undefined;
  /** What `context_management` did, if the request has it. */
  context: { originalTokens: number; applied: readonly AppliedEdit[] } | undefined;
  compaction: Compaction | undefined;
};

const DEFAULT_COMPACTION_TOKENS = 150_000;

/** Checks the body of a messages or count_tokens request. @throws Refusal as the API would. */
export function checkRequest(body: unknown, api: CheckedApi): CheckedRequest {
  if (!isRecord(body)) refuse('The request body must be a JSON object');
  checkFields(body, api);
  const model = findModel(String(body.model)) ?? refuse(`model: ${String(body.model)}`, { status: 404 });
  checkTools(body.tools, api.betas);
  checkMessages(body.messages, { api, model });
  // The checks above have proved the shape; only what the emulator reads is named in the type.
  const request = body as MessagesRequest;
  checkThinkingSettings(request, { model, api });
  checkCacheMarkers(request);
  checkDiagnostics(request.diagnostics);
  const cut = checkCompaction(request);
  checkToolPairs(request.messages);
  checkServerTools(request.messages);
  const sent = new Prompt(request);
  const edits = checkContextManagement(request, api.betas);
  if (!isPresent(request.compaction)) checkPrefill(request, { model, sent });
  checkAnswerFormat(request, sent);
  // What follows a signed summary was thought before another beginning, which the API has on record.
  const onMismatch = beginsWithSummary(request.messages) ? 'allow' : mismatchBehavior(request, api.preservedThinking);
  const { leftOut, transformations } = checkThinkingBlocks(request, { model, sent, onMismatch });
  const unseen = { leftOut: unseenBlocks(request, { leftOut, cut }) };
  const seen = unseen.leftOut.size === 0 ? sent : new Prompt(request, unseen);
  const { prompt, applied } = applyClearEdits(request, edits, { prompt: seen, edits: unseen });
  const inputTokens = prompt.tokens;
  if (inputTokens > model.maxInputTokens)
    refuse(`prompt is too long: ${inputTokens} tokens > ${model.maxInputTokens} maximum`);
  const inputTransformations = api.betas.includes(BINDING_BETA) ? transformations : undefined;
  return {
    request,
    model,
    inputTokens,
    sent,
    prompt,
    inputTransformations,
    context: isPresent(request.context_management) ? { originalTokens: seen.tokens, applied } : undefined,
    compaction: compactionOf(request, edits, prompt),
  };
}

function compactionOf(request: MessagesRequest, edits: readonly ContextEdit[], prompt: Prompt): Compaction | undefined {
  if (isPresent(request.compaction)) return { type: 'requested' };
  const edit = edits.find(({ type }) => type === 'compact_20260112');
  const trigger = isRecord(edit?.trigger) ? Number(edit.trigger.value) : DEFAULT_COMPACTION_TOKENS;
  if (edit === undefined || prompt.tokens < trigger) return undefined;
  return { type: 'triggered', pauses: edit.pause_after_compaction === true };
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}
