import type { Json, SessionState } from 'colloquy/internal';
import type { MonetaryAmount } from '../../../resources/managed-session.ts';
import type { ModelUsage, UsageSnapshot } from './event-types.ts';

/** US dollars for an hour in which the session is at work. */
const RUNNING_USD_PER_HOUR = 0.08;
const MS_PER_HOUR = 3_600_000;
const CENTS_PER_USD = 100;

/** Tokens by the kinds that are told. */
export type UsageTotals = {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
  webSearches: number;
};

export const NO_USAGE_YET: UsageTotals = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  webSearches: 0,
};

// As the API tells it: numbers may be absent, or null.
type ApiUsage = {
  input_tokens?: number | null;
  output_tokens?: number | null;
  cache_read_input_tokens?: number | null;
  cache_creation_input_tokens?: number | null;
  cache_creation?: { ephemeral_1h_input_tokens?: number | null } | null;
  server_tool_use?: { web_search_requests?: number | null } | null;
};

/** Usage comes from the log, where the engine keeps what the API has told. */
const asUsage = (usage: Json): ApiUsage => (typeof usage === 'object' && usage !== null ? usage : {});

export function addUsage(totals: UsageTotals, told: Json): UsageTotals {
  const usage = asUsage(told);
  const written = usage.cache_creation_input_tokens ?? 0;
  const written1h = Math.min(usage.cache_creation?.ephemeral_1h_input_tokens ?? 0, written);
  return {
    input: totals.input + (usage.input_tokens ?? 0),
    output: totals.output + (usage.output_tokens ?? 0),
    cacheRead: totals.cacheRead + (usage.cache_read_input_tokens ?? 0),
    cacheWrite5m: totals.cacheWrite5m + written - written1h,
    cacheWrite1h: totals.cacheWrite1h + written1h,
    webSearches: totals.webSearches + (usage.server_tool_use?.web_search_requests ?? 0),
  };
}

/** The usage of one model request. */
export function modelUsage(told: Json): ModelUsage {
  const usage = asUsage(told);
  return {
    input_tokens: usage.input_tokens ?? 0,
    output_tokens: usage.output_tokens ?? 0,
    cache_read_input_tokens: usage.cache_read_input_tokens ?? 0,
    cache_creation_input_tokens: usage.cache_creation_input_tokens ?? 0,
  };
}

/** What a session has used so far. */
export function usageSnapshot(usage: UsageTotals, totals: SessionState['totals'], activeMs: number): UsageSnapshot {
  const cents = listCostCents(totals, activeMs);
  return {
    input_tokens: usage.input,
    output_tokens: usage.output,
    cache_read_input_tokens: usage.cacheRead,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWrite5m,
      ephemeral_1h_input_tokens: usage.cacheWrite1h,
    },
    active_seconds: Math.round(activeMs / 1_000),
    ...(cents === undefined ? {} : { list_cost: toAmount(cents) }),
    server_tool_use: { web_search_requests: usage.webSearches },
  };
}

/** Cents at list price, with their fraction: tokens, web searches and running time; undefined when a model's price is not known. */
export function listCostCents({ costUsd, byModel }: SessionState['totals'], activeMs: number): number | undefined {
  if (Object.values(byModel).some(({ costBasis }) => costBasis === 'unknown')) return undefined;
  return (costUsd + runningUsd(activeMs)) * CENTS_PER_USD;
}

export function runningUsd(activeMs: number): number {
  return (activeMs / MS_PER_HOUR) * RUNNING_USD_PER_HOUR;
}

/** Whole cents, as the API tells amounts. */
export function toAmount(cents: number): MonetaryAmount {
  return { amount: String(Math.round(cents)), currency: 'USD' };
}
