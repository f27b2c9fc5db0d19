import type { Json } from '../log/entries.ts';
import { modelInfo, resolveModel } from '../messages-api/models.ts';
import type { ApiMessage } from '../messages-api/types.ts';
import type { SmallModelRequest, WebSearchRequest } from '../tools/tool.ts';
import { wellFormedJson } from '../helpers/well-formed-json.ts';
import type { ModelCaller } from './model-caller.ts';

/** Answers in a row that may pause for the API's own tools. */
const MAX_PAUSES = 5;

/** One question to the small model. @throws Error when it declines */
export async function askSmallModel(caller: ModelCaller, o: SmallModelRequest, signal: AbortSignal): Promise<string> {
  const answer = await call(caller, o, [{ role: 'user', content: o.prompt }], {}, signal);
  const text = answer.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  if (answer.stop_reason === 'refusal' || text.trim() === '') throw new Error('The small model gave no answer.');
  return text;
}

/** Lets the small model search with the API's own tool; the blocks of its answer. */
export async function searchWeb(caller: ModelCaller, o: WebSearchRequest, signal: AbortSignal): Promise<Json[]> {
  const { allowedDomains: allowed, blockedDomains: blocked } = o;
  const tool = {
    type: 'web_search_20250305',
    name: 'web_search',
    max_uses: o.maxSearches,
    ...(allowed === undefined ? {} : { allowed_domains: allowed }),
    ...(blocked === undefined ? {} : { blocked_domains: blocked }),
  };
  const said: Json[] = [];
  for (let pauses = 0; ; pauses += 1) {
    const messages = [
      { role: 'user', content: o.prompt },
      ...(said.length === 0 ? [] : [{ role: 'assistant', content: said }]),
    ];
    const answer = await call(caller, o, messages, { tools: [tool] }, signal);
    said.push(...answer.content);
    if (answer.stop_reason !== 'pause_turn' || pauses >= MAX_PAUSES) return said;
  }
}

async function call(
  caller: ModelCaller,
  { system, maxTokens }: SmallModelRequest,
  messages: Json[],
  extras: Record<string, Json>,
  signal: AbortSignal,
): Promise<ApiMessage> {
  const model = resolveModel('haiku');
  const effort = modelInfo(model).defaultEffort === undefined ? {} : { output_config: { effort: 'low' } };
  const fields = { model, max_tokens: maxTokens, system, ...effort, ...extras, messages };
  const reading = caller.read({
    model,
    body: (stream) => wellFormedJson({ ...fields, ...(stream ? { stream } : {}) }),
    call: { signal },
    tells: false,
  });
  let next = await reading.next();
  while (next.done !== true) next = await reading.next();
  return next.value.message;
}
