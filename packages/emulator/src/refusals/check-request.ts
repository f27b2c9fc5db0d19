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
};

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
  checkToolPairs(request.messages);
  checkServerTools(request.messages);
  const sent = new Prompt(request);
  checkPrefill(request, { model, sent });
  checkAnswerFormat(request, sent);
  const onMismatch = mismatchBehavior(request, api.preservedThinking);
  const { leftOut, transformations } = checkThinkingBlocks(request, { model, sent, onMismatch });
  const prompt = leftOut.size === 0 ? sent : new Prompt(request, leftOut);
  const inputTokens = prompt.tokens;
  if (inputTokens > model.maxInputTokens)
    refuse(`prompt is too long: ${inputTokens} tokens > ${model.maxInputTokens} maximum`);
  const inputTransformations = api.betas.includes(BINDING_BETA) ? transformations : undefined;
  return { request, model, inputTokens, sent, prompt, inputTransformations };
}
