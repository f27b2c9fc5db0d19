import type { SDKMessage } from '../messages.ts';

/** The batch as programs see it. */
export function withoutLifecycle(batch: readonly SDKMessage[]): readonly SDKMessage[] {
  const has = batch.some(({ type }) => type === 'command_lifecycle');
  return has ? batch.filter(({ type }) => type !== 'command_lifecycle') : batch;
}
