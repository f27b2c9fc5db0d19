import { isRecord, type MessagesRequest } from '../request/messages-request.ts';
import type { Model } from '../models/model-table.ts';
import { checkExtra, checkOneOf, type CheckedApi } from './check-fields.ts';
import { refuse } from './refusal.ts';

const MIN_BUDGET_TOKENS = 1024;
const HIGH_EFFORTS = ['xhigh', 'max'];
/** Lets a request choose what becomes of thinking blocks that are not shown to the model, and tells of them. */
export const BINDING_BETA = 'thinking-binding-controls-2026-08-01';
const LONG_OUTPUT_BETA = 'output-300k-2026-03-24';
const LONG_OUTPUT_TOKENS = 300_000;
const UPDATES_BETA = 'thinking-display-updates-2026-08-18';

/** What depends on the model: thinking, forced tools, sampling, the cap of max_tokens. */
export function checkThinkingSettings(request: MessagesRequest, o: { model: Model; api: CheckedApi }): void {
  const { model, api } = o;
  const maxTokens = maxTokensOf(model, api);
  if (api.endpoint !== 'count_tokens' && request.max_tokens > maxTokens) {
    refuse(
      `max_tokens: ${request.max_tokens} > ${maxTokens}, which is the maximum allowed number of output tokens for ${model.id}`,
    );
  }
  for (const name of ['temperature', 'top_p', 'top_k']) {
    if (request[name] !== undefined && !model.sampling) refuse(`${name}: ${model.id} does not support this parameter`);
  }
  checkThinking(request, o);
  checkForcedTools(request, model);
}

/** Models with a large window write more in batches, if a beta asks for it. */
function maxTokensOf(model: Model, api: CheckedApi): number {
  const writesMore = api.endpoint === 'batch' && api.betas.includes(LONG_OUTPUT_BETA);
  return writesMore && model.maxInputTokens >= 1_000_000 ? LONG_OUTPUT_TOKENS : model.maxTokens;
}

function checkThinking(request: MessagesRequest, { model, api }: { model: Model; api: CheckedApi }): void {
  const thinking: unknown = request.thinking;
  if (thinking === undefined) return;
  if (!isRecord(thinking)) refuse('thinking: Input should be an object');
  const { type, budget_tokens: budget } = thinking;
  const effort = request.output_config?.effort ?? '';
  if (type !== 'adaptive' && type !== 'enabled' && type !== 'disabled' && type !== 'between_tools') {
    refuse("thinking.type: Input should be 'adaptive', 'enabled', 'disabled' or 'between_tools'");
  }
  if (!model.thinking.includes(type)) {
    refuse(`thinking.type: '${type}' is not supported by ${model.id}; supported: ${model.thinking.join(', ')}`);
  }
  if (type !== 'adaptive' && model.highEffortThinks && HIGH_EFFORTS.includes(effort)) {
    refuse(`thinking.type: '${type}' needs an effort of at most high on ${model.id}`);
  }
  const isShown = type === 'adaptive' || type === 'enabled';
  const bindings = isShown && api.betas.includes(BINDING_BETA) ? ['block_binding'] : [];
  const fields = [
    'type',
    ...(isShown ? ['display'] : []),
    ...(type === 'enabled' ? ['budget_tokens'] : []),
    ...bindings,
  ];
  checkExtra(thinking, fields, `thinking.${type}`);
  const displays = ['summarized', 'omitted', ...(api.betas.includes(UPDATES_BETA) ? ['updates'] : [])];
  checkOneOf('thinking.display', thinking.display, displays);
  checkBinding(thinking.block_binding, `thinking.${type}.block_binding`);
  if (type !== 'enabled') return;
  if (typeof budget !== 'number' || !Number.isInteger(budget)) refuse('thinking.enabled.budget_tokens: Field required');
  if (budget < MIN_BUDGET_TOKENS)
    refuse(`thinking.enabled.budget_tokens: Input should be greater than or equal to ${MIN_BUDGET_TOKENS}`);
  if (request.max_tokens !== undefined && budget >= request.max_tokens)
    refuse('max_tokens must be greater than thinking.budget_tokens');
}

function checkBinding(binding: unknown, place: string): void {
  if (binding === undefined || binding === null) return;
  if (!isRecord(binding)) refuse(`${place}: Input should be an object`);
  checkExtra(binding, ['prefix_mismatch_behavior'], place);
  checkOneOf(`${place}.prefix_mismatch_behavior`, binding.prefix_mismatch_behavior, ['error', 'drop_block']);
}

/** What is to become of thinking that does not fit its conversation; a request that says so opts in to the check. */
export function mismatchBehavior(
  request: MessagesRequest,
  preservedThinking: CheckedApi['preservedThinking'],
): 'error' | 'drop_block' | 'allow' {
  const binding = isRecord(request.thinking?.block_binding) ? request.thinking.block_binding : undefined;
  const wanted = binding?.prefix_mismatch_behavior;
  if (wanted === 'drop_block' || wanted === 'error') return wanted;
  return preservedThinking === 'when_asked' ? 'allow' : 'error';
}

function checkForcedTools(request: MessagesRequest, model: Model): void {
  const choice = request.tool_choice;
  if (choice === undefined || choice.type === 'auto' || choice.type === 'none') return;
  if (!model.forcedTools) refuse(`tool_choice.type: '${choice.type}' is not supported by ${model.id}; use 'auto'`);
  if (request.thinking?.type === 'enabled') refuse('Thinking may not be enabled when tool_choice forces tool use.');
  if (!request.tools?.length) refuse('tool_choice: tools must be given when a tool is to be used');
  if (choice.type === 'tool' && !request.tools.some((tool) => tool.name === choice.name)) {
    refuse(`tool_choice.tool: Tool '${choice.name}' not found in provided tools`);
  }
}
