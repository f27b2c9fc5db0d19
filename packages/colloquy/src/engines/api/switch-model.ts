import { ConfigurationError } from '../../errors.ts';
import { costUsd, modelInfo } from '../../messages-api/models.ts';
import type { HookFields } from '../../options/hook-inputs.ts';
import type { SessionState } from '../../log/fold.ts';
import type { ApiSession } from './api-session.ts';

/** How long the API holds what it has cached for us. */
const CACHE_TTL_MS = 5 * 60_000;

/**
 * Changes the model through the log, past the hooks that want to know of it.
 * @throws ConfigurationError when one of them refuses, or wants somebody to be asked: here nobody is.
 */
export async function switchModel(
  session: ApiSession,
  to: { requested: string | null; model: string | null; by: string },
): Promise<void> {
  const { hooks, world, state } = session;
  const from = world.model();
  const target = to.model ?? session.setup.firstModel;
  const facts = switchFacts(state, { from, to: target, requested: to.requested });
  const before = from === target ? undefined : await hooks.around('PreModelSwitch', facts);
  const word = before?.permission;
  if (before?.continue === false || word?.behavior === 'deny' || word?.behavior === 'ask') {
    const why = word?.reason ?? before?.stopReason ?? 'a hook wants it to stay as it is';
    const nobody = word?.behavior === 'ask' ? ', and nobody can be asked here' : '';
    throw new ConfigurationError(`The model stays ${from}: ${why}${nobody}`);
  }
  await session.log.input([{ kind: 'settings', patch: { model: to.model }, by: to.by }], { sync: 'now' });
  if (from !== target) await hooks.around('PostModelSwitch', facts);
}

function switchFacts(
  { context }: SessionState,
  o: { from: string; to: string; requested: string | null },
): HookFields['PreModelSwitch'] {
  const tokens = context?.tokens ?? 0;
  const usage = { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: tokens, cache_read_input_tokens: 0 };
  return {
    from_model: o.from,
    to_model: o.to,
    requested_model: o.requested,
    source: 'sdk',
    context_tokens: tokens,
    prompt_cache_warm: context !== undefined && Date.now() - Date.parse(context.at) < CACHE_TTL_MS,
    cache_ttl: '5m',
    estimated_cache_write_usd: costUsd(o.to, usage) ?? 0,
    pricing: modelInfo(o.to).price === undefined ? 'default' : 'catalog',
  };
}
