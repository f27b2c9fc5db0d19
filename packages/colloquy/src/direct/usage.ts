import { costUsd } from '../messages-api/models.ts';
import type { Usage } from '../messages-api/types.ts';

/** What a direct client has used so far, answers that broke off included. Costs are US dollars at list price. */
export type DirectUsage = {
  /** Answers that began, whole or not. */
  requests: number;
  /** Without those read from the cache and those written to it. */
  inputTokens: number;
  outputTokens: number;
  cacheReadInputTokens: number;
  cacheCreationInputTokens: number;
  costUSD: number;
  /** How much less that is than without the prompt cache; below 0 while more was written to it than read. */
  savedUSD: number;
  /** `unknown`: of an answer no price is known, and it is not in the costs. */
  costBasis: 'list' | 'unknown';
};

export const NO_USAGE: DirectUsage = {
  requests: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadInputTokens: 0,
  cacheCreationInputTokens: 0,
  costUSD: 0,
  savedUSD: 0,
  costBasis: 'list',
};

/** The sum with one more answer. */
export function addUsage(total: DirectUsage, model: string, usage: Usage): DirectUsage {
  const cost = costUsd(model, usage);
  return {
    requests: total.requests + 1,
    inputTokens: total.inputTokens + usage.input_tokens,
    outputTokens: total.outputTokens + usage.output_tokens,
    cacheReadInputTokens: total.cacheReadInputTokens + (usage.cache_read_input_tokens ?? 0),
    cacheCreationInputTokens: total.cacheCreationInputTokens + (usage.cache_creation_input_tokens ?? 0),
    costUSD: total.costUSD + (cost ?? 0),
    savedUSD: total.savedUSD + (savedUsd(model, usage) ?? 0),
    costBasis: cost === undefined ? 'unknown' : total.costBasis,
  };
}

/** How much more the same answer would have cost without the prompt cache; undefined if no price is known. */
export function savedUsd(model: string, usage: Usage): number | undefined {
  const cached = (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);
  const cost = costUsd(model, usage);
  const uncached = costUsd(model, {
    ...usage,
    input_tokens: usage.input_tokens + cached,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
  });
  return cost === undefined || uncached === undefined ? undefined : uncached - cost;
}
