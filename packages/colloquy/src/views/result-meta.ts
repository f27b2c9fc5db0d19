import type { Decision } from '../log/entries.ts';
import type { ToolResultMeta } from '../messages.ts';

/** What a tool's result says of the decision about its call; nothing where there was none, as of a call that makes no sense. */
export function resultMeta(id: string, decision: Decision | undefined): { tool_result_meta?: ToolResultMeta[] } {
  if (decision === undefined) return {};
  const isAllowed = decision.behavior === 'allow';
  return {
    tool_result_meta: [
      {
        id,
        ...(isAllowed ? {} : { non_execution_kind: 'permission-rule' }),
        permission_decision: { decision: isAllowed ? 'accept' : 'reject', ...sourceOf(decision, isAllowed) },
      },
    ],
  };
}

type Source = Omit<NonNullable<ToolResultMeta['permission_decision']>, 'decision'>;

function sourceOf({ source, classification }: Decision, isAllowed: boolean): Source {
  switch (source) {
    case 'callback':
    case 'person':
      // A callback that failed said nothing.
      if (classification === 'failed') return { source: 'config', reason_type: 'other' };
      return { source: classification ?? (isAllowed ? 'user_temporary' : 'user_reject') };
    case 'hook':
      return { source: 'hook', reason_type: 'hook' };
    case 'rule':
    case 'mode':
      return { source: 'config', reason_type: source };
    case 'tool':
    case 'none':
      return { source: 'config', reason_type: isAllowed ? 'mode' : 'other' };
    default:
      return source satisfies never;
  }
}
