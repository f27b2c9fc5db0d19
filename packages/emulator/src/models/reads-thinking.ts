import { findModel, type Model } from './model-table.ts';

/**
 * Whether a model is shown thinking that another has made. From the models with preserved thinking on, blocks are read by
 * their maker, and those of Opus and Fable also by Fable and Mythos of the same or a later version; older blocks are read by
 * every model that is not older than their maker.
 * @see docs/internals/facts/messages-api.md, section 7
 */
export function readsThinkingOf(makerId: string, reader: Model): boolean {
  const maker = findModel(makerId);
  if (maker === undefined) return false;
  if (maker.id === reader.id) return true;
  if (!maker.preservesThinking) return versionOf(reader) >= versionOf(maker);
  if (!isFable(reader) || maker.line === 'sonnet' || maker.line === 'haiku') return false;
  return !isFable(maker) || versionOf(reader) >= versionOf(maker);
}

function isFable({ line }: Model): boolean {
  return line === 'fable' || line === 'mythos';
}

/** 4.5 for `claude-opus-4-5-20251101`. */
function versionOf({ id }: Model): number {
  return Number(/-(\d+(?:-\d)?)(?:-\d{8})?$/.exec(id)?.[1]?.replace('-', '.') ?? 0);
}
