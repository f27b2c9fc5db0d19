import { MODEL_TABLE } from './model-table.ts';
import type { Usage } from './types.ts';

export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max';
export type ThinkingType = 'adaptive' | 'enabled' | 'disabled' | 'between_tools';

/** US dollars per million tokens. */
export type ModelPrice = {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
};

/** What a model can do and costs. */
export type ModelInfo = {
  id: string;
  displayName: string;
  /** Tokens of prompt and answer together. */
  contextWindow: number;
  maxOutputTokens: number;
  /** Undefined: not known, so the model cannot be budgeted. */
  price: ModelPrice | undefined;
  /** Another price for the whole request once its prompt, cached tokens included, is longer than this. */
  longPrompt?: { overTokens: number; price: ModelPrice } | undefined;
  thinking: {
    /** Values of `thinking.type` that are not refused; empty: send no `thinking`. */
    accepts: readonly ThinkingType[];
    /** What happens when a request does not mention thinking. */
    whenOmitted: 'on' | 'off';
    /** `disabled` and `between_tools` are refused above this effort. */
    maxEffortUnlessAdaptive?: Effort | undefined;
  };
  /** Undefined: `output_config.effort` is not sent. */
  defaultEffort: Effort | undefined;
  /** `tool_choice` of type `any` or `tool`. */
  acceptsForcedToolChoice: boolean;
  /** `temperature`, `top_p` and `top_k`, and only under API version 2023-06-01: the newer one refuses them for every model. */
  acceptsSampling: boolean;
  /** Messages of role `system` within the conversation. */
  acceptsSystemMessages: boolean;
  /** Replayed thinking is checked against all that came before it: the conversation must only be appended to. */
  preservesThinking: boolean;
  /** A shorter prefix is silently not cached. */
  minCachePrefixTokens: number;
  /** The day from which the API refuses the model, as `YYYY-MM-DD`. */
  retiresOn?: string | undefined;
};

/** The model of a conversation that names none. */
export const DEFAULT_MODEL = 'claude-opus-5-5';

const ALIASES: Readonly<Record<string, string>> = {
  fable: 'claude-fable-5-2',
  haiku: 'claude-haiku-5-5',
  opus: 'claude-opus-5-5',
  sonnet: 'claude-sonnet-5-5',
};

const BY_ID: ReadonlyMap<string, ModelInfo> = new Map(MODEL_TABLE.map((info) => [info.id, info]));

// Web search is billed per use; the rate is long known, but not in the price list that the table was taken from.
const WEB_SEARCH_USD = 0.01;

/** The id behind `opus`, `sonnet`, `haiku` or `fable`, in any case; any other name is returned as it came, trimmed. */
export function resolveModel(nameOrAlias: string): string {
  const name = nameOrAlias.trim();
  const alias = name.toLowerCase();
  return Object.hasOwn(ALIASES, alias) ? (ALIASES[alias] ?? name) : name;
}

/**
 * What is known of a model, by id, alias or dated id (`claude-haiku-4-5-20251001`; the entry then has the undated id).
 * An unknown model gets an entry that promises nothing: no price, no thinking, no forced tools, a small window.
 */
export function modelInfo(id: string): ModelInfo {
  const resolved = resolveModel(id);
  return BY_ID.get(resolved) ?? BY_ID.get(resolved.replace(/-\d{8}$/, '')) ?? unknownModel(resolved);
}

/** The models of the table, newest first. */
export function listModels(): ModelInfo[] {
  return [...MODEL_TABLE];
}

/** List price of one answer in US dollars, cache reads and both kinds of cache writes included; undefined if no price is known. */
export function costUsd(model: string, usage: Usage): number | undefined {
  const info = modelInfo(model);
  const cacheRead = usage.cache_read_input_tokens ?? 0;
  const cacheWrite = usage.cache_creation_input_tokens ?? 0;
  const promptTokens = usage.input_tokens + cacheRead + cacheWrite;
  const long = info.longPrompt !== undefined && promptTokens > info.longPrompt.overTokens;
  const price = long ? info.longPrompt?.price : info.price;
  if (price === undefined) return undefined;
  // Without a breakdown all writes are of the default kind, which lives for five minutes.
  const written1h = Math.min(usage.cache_creation?.ephemeral_1h_input_tokens ?? 0, cacheWrite);
  const tokenMillionUsd =
    usage.input_tokens * price.input +
    usage.output_tokens * price.output +
    cacheRead * price.cacheRead +
    (cacheWrite - written1h) * price.cacheWrite5m +
    written1h * price.cacheWrite1h;
  return tokenMillionUsd / 1_000_000 + (usage.server_tool_use?.web_search_requests ?? 0) * WEB_SEARCH_USD;
}

function unknownModel(id: string): ModelInfo {
  return {
    id,
    displayName: id,
    contextWindow: 200_000,
    maxOutputTokens: 32_000,
    price: undefined,
    thinking: { accepts: [], whenOmitted: 'off' },
    defaultEffort: undefined,
    acceptsForcedToolChoice: false,
    acceptsSampling: false,
    acceptsSystemMessages: false,
    preservesThinking: true,
    minCachePrefixTokens: 4096,
  };
}
