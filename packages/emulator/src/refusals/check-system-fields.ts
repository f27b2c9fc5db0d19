import { isRecord } from '../request/messages-request.ts';
import { checkExtra, checkOneOf, EFFORTS } from './check-fields.ts';
import { refuse } from './refusal.ts';

/** The first name is the documented one, the second what Claude Code 2.1.328 sends. */
const OUTPUT_CONFIG_BETAS = ['mid-conversation-output-config-2026-07-01', 'per-turn-control-2026-07-01'];
const CLEAR_AT_BETA = 'mid-conversation-system-clear-at-2026-08-21';

/**
 * The fields of a system message amid the conversation: some betas let it set the effort from here on, or be shown for one
 * turn only.
 * @see the type BetaSystemMessageParam of `@anthropic-ai/sdk` 1.10.0
 */
export function checkSystemFields(
  message: Record<string, unknown>,
  { place, betas }: { place: string; betas: readonly string[] },
): void {
  const allowed = ['role', 'content'];
  if (OUTPUT_CONFIG_BETAS.some((beta) => betas.includes(beta))) allowed.push('output_config');
  if (betas.includes(CLEAR_AT_BETA)) allowed.push('clear_at');
  checkExtra(message, allowed, place);
  checkOneOf(`${place}.clear_at`, message.clear_at, ['next_user_message', 'never']);
  const config = message.output_config ?? {};
  if (!isRecord(config)) refuse(`${place}.output_config: Input should be an object`);
  checkExtra(config, ['effort'], `${place}.output_config`);
  checkOneOf(`${place}.output_config.effort`, config.effort, EFFORTS);
}

/** A system message may do without content where it sets the effort instead. */
export function isEffortOnly({ content, output_config: config }: Record<string, unknown>): boolean {
  const isEmpty = content === undefined || (Array.isArray(content) && content.length === 0);
  return isEmpty && isRecord(config) && typeof config.effort === 'string';
}
