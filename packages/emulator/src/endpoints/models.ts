import { jsonAnswer } from '../exchange/answers.ts';
import type { Context } from '../exchange/context.ts';
import type { HttpResponse } from '../http-send.ts';
import { findModel, MODELS, type Model } from '../models/model-table.ts';
import { refuse } from '../refusals/refusal.ts';
import { pageById, valuesOf } from './page-by-id.ts';

const LIFECYCLES = ['active', 'deprecated', 'retired'];

/** `GET /v1/models`: newest first; retired ones only when asked for. */
export function listModels({ recorded }: Context): HttpResponse {
  const query = new URLSearchParams(recorded.query);
  const asked = valuesOf(query, 'lifecycle');
  for (const lifecycle of asked) {
    if (!LIFECYCLES.includes(lifecycle)) refuse(`lifecycle: Input should be one of ${LIFECYCLES.join(', ')}`);
  }
  if (asked.length > LIFECYCLES.length) refuse(`lifecycle: at most ${LIFECYCLES.length} values are allowed`);
  const wanted = asked.length === 0 ? ['active', 'deprecated'] : asked;
  const models = MODELS.filter((model) => wanted.includes(model.lifecycle));
  const { data, ...page } = pageById(models, query);
  return jsonAnswer(200, { data: data.map(toModelInfo), ...page }, recorded.requestId);
}

/** `GET /v1/models/{id}`. */
export function showModel({ recorded }: Context, id: string): HttpResponse {
  const model = findModel(id) ?? refuse(`model: ${id}`, { status: 404 });
  return jsonAnswer(200, toModelInfo(model), recorded.requestId);
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
    deprecated_at: model.deprecatedAt,
    retires_at: model.retiresAt,
    max_input_tokens: model.maxInputTokens,
    max_tokens: model.maxTokens,
    capabilities: {
      batch: can(true),
      citations: can(true),
      code_execution: can(false),
      context_management: {
        supported: true,
        clear_thinking_20251015: can(true),
        clear_tool_uses_20250919: can(true),
        compact_20260112: can(true),
      },
      effort: { supported: true, low: can(true), medium: can(true), high: can(true), xhigh: can(true), max: can(true) },
      image_input: can(true),
      pdf_input: can(true),
      server_tools: { supported: true, code_execution: can(false), web_search: can(true) },
      structured_outputs: can(true),
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
