import { jsonAnswer } from '../exchange/answers.ts';
import type { Context } from '../exchange/context.ts';
import type { HttpResponse } from '../http-send.ts';
import { findModel, MODELS, type Model } from '../models/model-table.ts';
import { refuse } from '../refusals/refusal.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1000;

/** `GET /v1/models`. */
export function listModels({ recorded }: Context): HttpResponse {
  const query = new URLSearchParams(recorded.query);
  const limit = limitOf(query.get('limit'));
  const after = query.get('after_id');
  const before = query.get('before_id');
  if (after !== null && before !== null) refuse('after_id, before_id: only one of the two can be given');
  const from = after === null ? 0 : placeOf(after) + 1;
  const rest = before === null ? MODELS.slice(from) : MODELS.slice(0, placeOf(before));
  const data = (before === null ? rest.slice(0, limit) : rest.slice(-limit)).map(toModelInfo);
  const page = {
    data,
    has_more: rest.length > data.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
  return jsonAnswer(200, page, recorded.requestId);
}

/** `GET /v1/models/{id}`. */
export function showModel({ recorded }: Context, id: string): HttpResponse {
  const model = findModel(id) ?? refuse(`model: ${id}`, { status: 404 });
  return jsonAnswer(200, toModelInfo(model), recorded.requestId);
}

function placeOf(id: string): number {
  const place = MODELS.findIndex((model) => model.id === id);
  return place === -1 ? refuse(`No model has the id ${id}`) : place;
}

function limitOf(text: string | null): number {
  if (text === null) return DEFAULT_LIMIT;
  const limit = Number(text);
  return Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT
    ? limit
    : refuse(`limit: Input should be a whole number from 1 to ${MAX_LIMIT}`);
}

function toModelInfo(model: Model): { id: string } {
  const can = (supported: boolean): { supported: boolean } => ({ supported });
  const info = {
    type: 'model',
    id: model.id,
    display_name: model.displayName,
    line: model.line,
    created_at: model.createdAt,
    lifecycle: model.lifecycle,
    deprecated_at: null,
    retires_at: null,
    max_input_tokens: model.maxInputTokens,
    max_tokens: model.maxTokens,
    capabilities: {
      batch: can(false),
      citations: can(false),
      code_execution: can(false),
      context_management: {
        supported: false,
        clear_thinking_20251015: can(false),
        clear_tool_uses_20250919: can(false),
        compact_20260112: can(false),
      },
      effort: { supported: true, low: can(true), medium: can(true), high: can(true), xhigh: can(true), max: can(true) },
      image_input: can(true),
      pdf_input: can(true),
      server_tools: { supported: false, code_execution: can(false), web_search: can(false) },
      structured_outputs: can(false),
      thinking: {
        supported: true,
        types: {
          adaptive: can(model.thinking.includes('adaptive')),
          between_tools: can(model.thinking.includes('between_tools')),
          disabled: can(model.thinking.includes('disabled')),
          enabled: can(model.thinking.includes('enabled')),
        },
      },
    },
  };
  return info;
}
