import { isBetaField } from '../models/betas.ts';
import { isRecord } from '../request/messages-request.ts';
import type { FileLookup } from './check-source.ts';
import { BOOLEAN, checkTypes, rulesOf, STRING } from './check-types.ts';
import { refuse } from './refusal.ts';

export type ApiVersion = '2026-10-21' | '2023-06-01';

/** Under which rules a body is checked. */
export type CheckedApi = {
  version: ApiVersion;
  endpoint: 'messages' | 'count_tokens' | 'batch';
  betas: readonly string[];
  /** Where files that the request names are looked up. Default: there are none. */
  files?: FileLookup | undefined;
  /** Types of blocks that an assistant message may hold besides those of the API. Default: none. */
  sentTypes?: ReadonlySet<string> | undefined;
  /** Default `enforced`: see `EmulatorOptions.preservedThinking`. */
  preservedThinking?: PreservedThinking | undefined;
};

/** Whether thinking that does not fit its conversation is refused, or only where a request asks for the check. */
export type PreservedThinking = 'enforced' | 'when_asked';

/** What `output_config.effort` may be. */
export const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'];
const TASK_BUDGET_BETA = 'task-budgets-2026-03-13';
const MAX_MESSAGES = 100_000;
const CONTAINER = {
  is: (value: unknown) => typeof value === 'string' || isRecord(value),
  says: 'Input should be a string or an object',
};
const BODY_RULES = rulesOf({ container: CONTAINER, inference_geo: STRING });
const CHOICE_RULES = rulesOf({ disable_parallel_tool_use: BOOLEAN });
const METADATA_RULES = rulesOf({ user_id: STRING });
const SAMPLING = ['temperature', 'top_p', 'top_k'];
const COUNTED = [
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'cache_control',
  'speed',
];
const CREATED = [
  ...COUNTED,
  'max_tokens',
  'stop_sequences',
  'stream',
  'metadata',
  'service_tier',
  'container',
  'inference_geo',
  'diagnostics',
];

/** The fields of the body, one by one; tools, messages and thinking have files of their own. */
export function checkFields(body: Record<string, unknown>, api: CheckedApi): void {
  checkNames(body, api);
  if (typeof body.model !== 'string') refuse('model: Field required');
  if (api.endpoint !== 'count_tokens') checkMaxTokens(body);
  if (api.endpoint === 'batch') checkBatched(body);
  if (!Array.isArray(body.messages)) refuse('messages: Field required');
  if (body.messages.length === 0) refuse('messages: at least one message is required');
  if (body.messages.length > MAX_MESSAGES) refuse(`messages: at most ${MAX_MESSAGES} messages are allowed`);
  checkSystem(body.system);
  checkToolChoice(body.tool_choice);
  checkOutputConfig(body.output_config, api.betas);
  if (body.stream !== undefined && typeof body.stream !== 'boolean') refuse('stream: Input should be a valid boolean');
  checkStopSequences(body.stop_sequences);
  if (body.metadata !== undefined) checkMetadata(body.metadata);
  checkTypes(body, BODY_RULES, 'request');
  checkOneOf('service_tier', body.service_tier, ['auto', 'standard_only']);
  checkOneOf('speed', body.speed, ['standard', 'fast']);
  for (const name of SAMPLING)
    if (body[name] !== undefined && typeof body[name] !== 'number') refuse(`${name}: Input should be a valid number`);
}

/** Refuses keys of `value` that are not in `allowed`, as the API does with fields it does not know. */
export function checkExtra(value: Record<string, unknown>, allowed: readonly string[], place: string): void {
  for (const key of Object.keys(value))
    if (!allowed.includes(key)) refuse(`${place}.${key}: Extra inputs are not permitted`);
}

function checkNames(body: Record<string, unknown>, api: CheckedApi): void {
  const allowed = api.endpoint === 'count_tokens' ? COUNTED : CREATED;
  for (const name of Object.keys(body)) {
    if (SAMPLING.includes(name) && api.endpoint !== 'count_tokens') {
      if (api.version === '2026-10-21')
        refuse(`${name}: this parameter does not exist in API version 2026-10-21; leave it out`);
    } else if (!allowed.includes(name) && !isBetaField(name, api)) {
      refuse(`${name}: Extra inputs are not permitted`);
    }
  }
}

/** Nobody waits for the answers of a batch. */
function checkBatched(body: Record<string, unknown>): void {
  if (body.stream === true) refuse('stream: cannot be used in a batch');
  if (body.max_tokens === 0) refuse('max_tokens: 0 cannot be used in a batch');
  if (body.thread)
    refuse('thread: cannot be used in a batch', { details: { error_code: 'thread_unsupported_request' } });
}

function checkMaxTokens(body: Record<string, unknown>): void {
  const maxTokens = body.max_tokens;
  if (maxTokens === undefined) refuse('max_tokens: Field required');
  if (!Number.isInteger(maxTokens)) refuse('max_tokens: Input should be a valid integer');
  if (Number(maxTokens) < 0) refuse('max_tokens: Input should be greater than or equal to 0');
  if (maxTokens !== 0) return;
  const type = isRecord(body.tool_choice) ? body.tool_choice.type : undefined;
  const thinks = isRecord(body.thinking) && body.thinking.type === 'enabled';
  const hasFormat = isRecord(body.output_config) && (body.output_config.format ?? null) !== null;
  if (body.stream === true || type === 'any' || type === 'tool' || thinks || hasFormat) {
    refuse(
      'max_tokens: 0 cannot be combined with stream, forced tool_choice, output_config.format or thinking of type enabled',
    );
  }
}

function checkSystem(system: unknown): void {
  if (system === undefined) return;
  if (typeof system === 'string') {
    if (system.trim() === '') refuse('system: text content blocks must contain non-whitespace text');
    return;
  }
  if (!Array.isArray(system)) refuse('system: Input should be a string or a list of text blocks');
  for (const [index, block] of system.entries()) {
    const place = `system.${index}`;
    if (!isRecord(block) || block.type !== 'text' || typeof block.text !== 'string')
      refuse(`${place}: Input should be a text block`);
    checkExtra(block, ['type', 'text', 'citations', 'cache_control'], place);
    if (block.text.trim() === '') refuse(`${place}: text content blocks must contain non-whitespace text`);
  }
}

function checkToolChoice(choice: unknown): void {
  if (choice === undefined) return;
  if (!isRecord(choice)) refuse('tool_choice: Input should be an object');
  if (typeof choice.type !== 'string' || !['auto', 'any', 'tool', 'none'].includes(choice.type)) {
    refuse("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'");
  }
  if (choice.type === 'tool' && typeof choice.name !== 'string') refuse('tool_choice.tool.name: Field required');
  checkExtra(choice, ['type', 'name', 'disable_parallel_tool_use'], 'tool_choice');
  checkTypes(choice, CHOICE_RULES, 'tool_choice');
}

function checkOutputConfig(config: unknown, betas: readonly string[]): void {
  if (config === undefined) return;
  if (!isRecord(config)) refuse('output_config: Input should be an object');
  const allowed = betas.includes(TASK_BUDGET_BETA) ? ['effort', 'format', 'task_budget'] : ['effort', 'format'];
  checkExtra(config, allowed, 'output_config');
  checkOneOf('output_config.effort', config.effort, EFFORTS);
  checkTaskBudget(config.task_budget);
  const format = config.format;
  if (format === undefined || format === null) return;
  if (!isRecord(format) || format.type !== 'json_schema' || !isRecord(format.schema)) {
    refuse('output_config.format: Input should be an object with type json_schema and a schema');
  }
}

function checkTaskBudget(budget: unknown): void {
  if (budget === undefined || budget === null) return;
  if (!isRecord(budget) || budget.type !== 'tokens' || typeof budget.total !== 'number')
    refuse('output_config.task_budget: Input should be an object of type tokens with a total');
  checkExtra(budget, ['type', 'total', 'remaining'], 'output_config.task_budget');
}

function checkStopSequences(sequences: unknown): void {
  if (sequences === undefined) return;
  if (!Array.isArray(sequences)) refuse('stop_sequences: Input should be a list of strings');
  for (const [index, sequence] of sequences.entries()) {
    if (typeof sequence !== 'string') refuse(`stop_sequences.${index}: Input should be a valid string`);
    if (sequence.trim() === '') refuse(`stop_sequences.${index}: each stop sequence must contain non-whitespace`);
  }
}

function checkMetadata(metadata: unknown): void {
  if (!isRecord(metadata)) refuse('metadata: Input should be an object');
  checkExtra(metadata, ['user_id'], 'metadata');
  checkTypes(metadata, METADATA_RULES, 'metadata');
}

export function checkOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (value === undefined || value === null) return;
  if (typeof value !== 'string' || !allowed.includes(value))
    refuse(`${name}: Input should be one of ${allowed.join(', ')}`);
}
