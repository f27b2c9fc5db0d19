import { countInputTokens } from '../request/count-tokens.ts';
import { findModel, type Model } from '../models/model-table.ts';
import { isRecord, type MessagesRequest } from '../request/messages-request.ts';
import { checkCacheMarkers } from './check-cache-markers.ts';
import { checkFields, type CheckedApi } from './check-fields.ts';
import { checkMessages } from './check-messages.ts';
import { checkSignatures } from './check-signatures.ts';
import { checkThinkingSettings } from './check-thinking-settings.ts';
import { checkToolPairs } from './check-tool-pairs.ts';
import { checkTools } from './check-tools.ts';
import { refuse } from './refusal.ts';

/** A request that the API would accept. */
export type CheckedRequest = { request: MessagesRequest; model: Model; inputTokens: number };

/** Checks the body of a messages or count_tokens request. @throws Refusal as the API would. */
export function checkRequest(body: unknown, api: CheckedApi): CheckedRequest {
  if (!isRecord(body)) refuse('The request body must be a JSON object');
  checkFields(body, api);
  const model = findModel(String(body.model)) ?? refuse(`model: ${String(body.model)}`, { status: 404 });
  checkTools(body.tools);
  checkMessages(body.messages, { api, model });
  // The checks above have proved the shape; only what the emulator reads is named in the type.
  const request = body as MessagesRequest;
  checkThinkingSettings(request, { model, api });
  checkCacheMarkers(request);
  checkToolPairs(request.messages);
  checkSignatures(request, model);
  const inputTokens = countInputTokens(request);
  if (inputTokens > model.maxInputTokens)
    refuse(`prompt is too long: ${inputTokens} tokens > ${model.maxInputTokens} maximum`);
  return { request, model, inputTokens };
}
