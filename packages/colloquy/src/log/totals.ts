import { costUsd, modelInfo } from '../messages-api/models.ts';
import type { Usage } from '../messages-api/types.ts';
import type { ModelUsage, ResultUsage } from '../messages.ts';

/** What a session has used so far, by model and in US dollars at list price. */
export type Totals = { costUsd: number; byModel: Record<string, ModelUsage> };

export const NO_USAGE: ResultUsage = {
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
};

/** The sum of two answers' tokens. */
export function addUsage(a: Usage, b: Usage): ResultUsage {
  const creation = addCreation(a.cache_creation, b.cache_creation);
  const thinking = (a.output_tokens_details?.thinking_tokens ?? 0) + (b.output_tokens_details?.thinking_tokens ?? 0);
  const searches = (a.server_tool_use?.web_search_requests ?? 0) + (b.server_tool_use?.web_search_requests ?? 0);
  return {
    input_tokens: a.input_tokens + b.input_tokens,
    output_tokens: a.output_tokens + b.output_tokens,
    cache_creation_input_tokens: (a.cache_creation_input_tokens ?? 0) + (b.cache_creation_input_tokens ?? 0),
    cache_read_input_tokens: (a.cache_read_input_tokens ?? 0) + (b.cache_read_input_tokens ?? 0),
    ...(creation === undefined ? {} : { cache_creation: creation }),
    ...(thinking === 0 ? {} : { output_tokens_details: { thinking_tokens: thinking } }),
    ...(searches === 0 ? {} : { server_tool_use: { web_search_requests: searches } }),
    service_tier: b.service_tier ?? a.service_tier ?? null,
    ...(b.speed ? { speed: b.speed } : {}),
    ...(b.inference_geo ? { inference_geo: b.inference_geo } : {}),
  };
}

/** The sum with every field that the API's answers have, also those that none of them told. */
export function toldUsage(usage: ResultUsage): ResultUsage {
  return {
    ...usage,
    cache_creation: usage.cache_creation ?? { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens_details: usage.output_tokens_details ?? { thinking_tokens: 0 },
    server_tool_use: { web_search_requests: 0, web_fetch_requests: 0, ...usage.server_tool_use },
    service_tier: usage.service_tier ?? 'standard',
    speed: usage.speed ?? 'standard',
    inference_geo: usage.inference_geo ?? '',
    fallback_credit: null,
    iterations: [],
  };
}

type Creation = Usage['cache_creation'];
function addCreation(a: Creation, b: Creation): Creation {
  if (!a || !b) return a ?? b ?? undefined;
  // A gateway may tell only one of the two.
  return {
    ephemeral_5m_input_tokens: (a.ephemeral_5m_input_tokens ?? 0) + (b.ephemeral_5m_input_tokens ?? 0),
    ephemeral_1h_input_tokens: (a.ephemeral_1h_input_tokens ?? 0) + (b.ephemeral_1h_input_tokens ?? 0),
  };
}

/** The totals after one more answer. */
export function totalsWith(totals: Totals, model: string, usage: Usage): Totals {
  const cost = costUsd(model, usage);
  const info = modelInfo(model);
  const before = totals.byModel[model];
  const after: ModelUsage = {
    inputTokens: (before?.inputTokens ?? 0) + usage.input_tokens,
    outputTokens: (before?.outputTokens ?? 0) + usage.output_tokens,
    thinkingTokens: (before?.thinkingTokens ?? 0) + (usage.output_tokens_details?.thinking_tokens ?? 0),
    cacheReadInputTokens: (before?.cacheReadInputTokens ?? 0) + (usage.cache_read_input_tokens ?? 0),
    cacheCreationInputTokens: (before?.cacheCreationInputTokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
    cacheCreationEphemeral5mInputTokens:
      (before?.cacheCreationEphemeral5mInputTokens ?? 0) + (usage.cache_creation?.ephemeral_5m_input_tokens ?? 0),
    cacheCreationEphemeral1hInputTokens:
      (before?.cacheCreationEphemeral1hInputTokens ?? 0) + (usage.cache_creation?.ephemeral_1h_input_tokens ?? 0),
    canonicalModel: info.id,
    webSearchRequests: (before?.webSearchRequests ?? 0) + (usage.server_tool_use?.web_search_requests ?? 0),
    costUSD: (before?.costUSD ?? 0) + (cost ?? 0),
    contextWindow: info.contextWindow,
    maxOutputTokens: info.maxOutputTokens,
    costBasis: cost === undefined ? 'unknown' : 'list',
  };
  return { costUsd: totals.costUsd + (cost ?? 0), byModel: { ...totals.byModel, [model]: after } };
}
