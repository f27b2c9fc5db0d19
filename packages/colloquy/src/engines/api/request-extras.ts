import { ConfigurationError } from '../../errors.ts';
import { modelInfo } from '../../messages-api/models.ts';
import type { Options } from '../../options/options.ts';

const DEFAULT_THINKING_TOKENS = 8_192;

/** The request's fields for thinking and effort, as far as the model takes them; what it does not take is left out. */
export function requestExtras(options: Options, model: string): Record<string, unknown> {
  const { thinking, defaultEffort } = modelInfo(model);
  const wanted = options.thinking;
  const extras: Record<string, unknown> = {};
  if (wanted !== undefined && thinking.accepts.includes(wanted.type)) extras['thinking'] = thinkingField(wanted);
  if (options.effort !== undefined && defaultEffort !== undefined) extras['output_config'] = { effort: options.effort };
  return extras;
}

function thinkingField(wanted: NonNullable<Options['thinking']>): Record<string, unknown> {
  switch (wanted.type) {
    case 'enabled':
      return {
        type: 'enabled',
        budget_tokens: wanted.budgetTokens ?? DEFAULT_THINKING_TOKENS,
        display: wanted.display,
      };
    case 'adaptive':
      return { type: 'adaptive', display: wanted.display };
    case 'disabled':
      return { type: 'disabled' };
    default:
      return wanted satisfies never;
  }
}

/** @throws ConfigurationError when the model that a session begins with refuses the thinking that its options ask for. */
export function checkThinking(options: Options, model: string): void {
  const wanted = options.thinking?.type;
  const { accepts } = modelInfo(model).thinking;
  if (wanted === undefined || accepts.length === 0 || accepts.includes(wanted)) return;
  throw new ConfigurationError(
    `${model} refuses thinking of type \`${wanted}\`; it takes ${accepts.join(', ')}, or leave \`thinking\` out`,
  );
}
