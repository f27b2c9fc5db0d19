import { ConfigurationError } from '../errors.ts';
import { DEFAULT_MODEL, type Effort, type ModelInfo, modelInfo, resolveModel } from '../messages-api/models.ts';
import type { TextBlockParam } from '../messages-api/types.ts';
import type { OutputForm } from './output-form.ts';
import type { DirectThinking, RequestOptions, ToolDefinition } from './request-options.ts';

const DEFAULT_MAX_TOKENS = 32_000;
const DEFAULT_THINKING_TOKENS = 8_192;
const MIN_THINKING_TOKENS = 1_024;
const EFFORTS: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];

/** A request's parts besides its messages. */
export type RequestFields = {
  model: string;
  maxTokens: number;
  system: readonly TextBlockParam[];
  tools: readonly ToolDefinition[];
  /** Everything else, as it goes over the wire. */
  extras: Record<string, unknown>;
};

export type FieldsWorld = {
  apiVersion: '2026-10-21' | '2023-06-01';
  env: Record<string, string | undefined>;
  form: OutputForm | undefined;
};

/**
 * What the options say, as fields of a request, checked against what is known of the model.
 * @throws ConfigurationError for what the model, or the version of the API, would refuse
 */
export function requestFields(o: RequestOptions, world: FieldsWorld): RequestFields {
  const model = modelOf(o, world.env);
  const info = modelInfo(model);
  const maxTokens = maxTokensOf(o, info);
  checkTools(o, info);
  const outputConfig = {
    ...effortField(o, info),
    ...(world.form === undefined ? {} : { format: { type: 'json_schema', schema: world.form.schema } }),
  };
  const fields: Record<string, unknown> = {
    thinking: thinkingField(o, info, maxTokens),
    output_config: Object.keys(outputConfig).length === 0 ? undefined : outputConfig,
    tool_choice: o.toolChoice,
    stop_sequences: o.stopSequences,
    ...samplingFields(o, info, world.apiVersion),
  };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  checkExtraBody(o.extraBody ?? {}, new Set(given.map(([name]) => name)));
  return {
    model,
    maxTokens,
    system: systemBlocks(o.system),
    tools: o.tools ?? [],
    extras: { ...Object.fromEntries(given), ...o.extraBody },
  };
}

/** The model that options name, else `ANTHROPIC_MODEL`, else the first one. */
export function modelOf(o: Pick<RequestOptions, 'model'>, env: Record<string, string | undefined>): string {
  const fromEnvironment = env['ANTHROPIC_MODEL']?.trim() || undefined;
  return resolveModel(o.model ?? fromEnvironment ?? DEFAULT_MODEL);
}

function maxTokensOf({ maxTokens }: RequestOptions, info: ModelInfo): number {
  if (maxTokens === undefined) return Math.min(DEFAULT_MAX_TOKENS, info.maxOutputTokens);
  // Of a model that is not known, neither is its bound.
  if (!isKnown(info) || maxTokens <= info.maxOutputTokens) return maxTokens;
  throw new ConfigurationError(
    `Option \`maxTokens\` is ${maxTokens}, and ${info.id} gives at most ${info.maxOutputTokens}`,
  );
}

const isKnown = (info: ModelInfo): boolean => info.price !== undefined;

function systemBlocks(system: RequestOptions['system']): readonly TextBlockParam[] {
  const blocks = typeof system === 'string' ? [{ type: 'text' as const, text: system }] : (system ?? []);
  return blocks.filter(({ text }) => text.trim() !== '');
}

function thinkingField({ thinking, effort }: RequestOptions, info: ModelInfo, maxTokens: number): unknown {
  if (thinking === undefined) return undefined;
  const { accepts, maxEffortUnlessAdaptive } = info.thinking;
  if (!accepts.includes(thinking.type)) {
    const takes = accepts.length === 0 ? 'what it takes is not known' : `it takes ${accepts.join(', ')}`;
    throw new ConfigurationError(
      `${info.id} does not take thinking of type \`${thinking.type}\`: ${takes}. Leave \`thinking\` out, or choose another model`,
    );
  }
  const isQuiet = thinking.type === 'disabled' || thinking.type === 'between_tools';
  if (isQuiet && effort !== undefined && maxEffortUnlessAdaptive !== undefined) {
    if (EFFORTS.indexOf(effort) > EFFORTS.indexOf(maxEffortUnlessAdaptive)) {
      throw new ConfigurationError(
        `${info.id} takes thinking of type \`${thinking.type}\` with an effort of at most ${maxEffortUnlessAdaptive}, not ${effort}`,
      );
    }
  }
  return wireThinking(thinking, maxTokens);
}

function wireThinking(thinking: DirectThinking, maxTokens: number): unknown {
  if (thinking.type === 'adaptive') return { type: 'adaptive', display: thinking.display };
  if (thinking.type !== 'enabled') return { type: thinking.type };
  const budget = thinking.budgetTokens ?? Math.min(DEFAULT_THINKING_TOKENS, maxTokens - 1);
  if (!Number.isSafeInteger(budget) || budget < MIN_THINKING_TOKENS || budget >= maxTokens) {
    throw new ConfigurationError(
      `Option \`thinking\` has a budget of ${String(budget)} tokens; it must be a whole number, at least ${MIN_THINKING_TOKENS}, and less than \`maxTokens\` (${maxTokens})`,
    );
  }
  return { type: 'enabled', budget_tokens: budget, display: thinking.display };
}

function effortField({ effort }: RequestOptions, info: ModelInfo): { effort?: Effort } {
  if (effort === undefined) return {};
  if (info.defaultEffort !== undefined) return { effort };
  throw new ConfigurationError(`${info.id} does not take \`effort\`; leave it out, or choose another model`);
}

function checkTools({ tools = [], toolChoice, thinking }: RequestOptions, info: ModelInfo): void {
  const names = new Set<string>();
  for (const { name } of tools) {
    if (names.has(name)) throw new ConfigurationError(`Two tools are named ${name}; give one of them another name`);
    names.add(name);
  }
  if (toolChoice === undefined) return;
  const { type, name } = toolChoice;
  if (tools.length === 0) throw new ConfigurationError('Option `toolChoice` needs `tools` to choose from');
  if (type === 'tool' && (name === undefined || !names.has(name))) {
    throw new ConfigurationError(`Option \`toolChoice\` must name one of the tools: ${[...names].join(', ')}`);
  }
  if (type !== 'any' && type !== 'tool') return;
  if (!info.acceptsForcedToolChoice || thinking?.type === 'enabled') {
    const why = info.acceptsForcedToolChoice ? 'with thinking of type `enabled`' : `by ${info.id}`;
    throw new ConfigurationError(
      `\`toolChoice\` of type \`${type}\` is refused ${why}; say in the prompt which tool to use, or take \`outputSchema\` for an answer in a form`,
    );
  }
}

const SAMPLING = { temperature: 'temperature', topP: 'top_p', topK: 'top_k' } as const;

function samplingFields(o: RequestOptions, info: ModelInfo, apiVersion: string): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of ['temperature', 'topP', 'topK'] as const) {
    if (o[name] === undefined) continue;
    if (apiVersion !== '2023-06-01') {
      throw new ConfigurationError(
        `Version ${apiVersion} of the Messages API takes no \`${name}\`; leave it out, or give \`apiVersion: '2023-06-01'\` and a model that takes it`,
      );
    }
    if (!info.acceptsSampling) {
      throw new ConfigurationError(`${info.id} takes no \`${name}\`; leave it out, or choose an older model`);
    }
    fields[SAMPLING[name]] = o[name];
  }
  return fields;
}

/** Fields with an option of their own: they would pass its checks by. */
const OWN_FIELDS: Readonly<Record<string, string>> = {
  model: 'model',
  max_tokens: 'maxTokens',
  messages: 'the prompt',
  system: 'system',
  stream: 'stream',
  tools: 'tools',
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
};

function checkExtraBody(extra: Record<string, unknown>, given: ReadonlySet<string>): void {
  for (const name of Object.keys(extra)) {
    const option = Object.hasOwn(OWN_FIELDS, name) ? OWN_FIELDS[name] : given.has(name) ? 'another option' : undefined;
    if (option === undefined) continue;
    throw new ConfigurationError(
      `Option \`extraBody\` holds \`${name}\`, which is given by ${option}; leave it out there`,
    );
  }
}
