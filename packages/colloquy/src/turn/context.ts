import type { HookOutcome } from '../hooks/run-hooks.ts';
import type { Json, NewEntry } from '../log/entries.ts';

/**
 * Why the engine adds text to a conversation. `interrupt`, `continue`, `stop_hook` and `first_prompt` are told to the model and
 * shown; `environment`, `hook`, `task`, what became of background work, and
 * `agent_prompt`, the task of a subagent, are told to the model only; `warning` is shown only; `hook_stop` stands in the log only.
 */
export type ContextSource =
  | 'environment'
  | 'agent_prompt'
  | 'first_prompt'
  | 'hook'
  | 'task'
  | 'interrupt'
  | 'continue'
  | 'output_reminder'
  | 'files_rewound'
  | 'stop_hook'
  | 'hook_stop'
  | 'warning';

export function contextOf(source: ContextSource, text: string): NewEntry & { kind: 'context' } {
  return { kind: 'context', role: 'user', content: [{ type: 'text', text }], source };
}

/** What hooks say to people: what went wrong with them, and their messages. */
export function hookNews({ warnings, systemMessages }: HookOutcome): NewEntry[] {
  return [...warnings, ...systemMessages].map((text) => contextOf('warning', text));
}

/** What hooks say to the model: why they block, and what it should know besides. */
export function hookContext({ block, additionalContext }: HookOutcome): NewEntry[] {
  return [...(block === undefined ? [] : [block]), ...additionalContext].map((text) => contextOf('hook', text));
}

/** Why hooks have ended the turn. */
export function hookStop({ stopReason }: HookOutcome): NewEntry & { kind: 'context' } {
  return contextOf('warning', stopReason ?? 'A hook ended the turn.');
}

/** The text of a prompt's blocks. */
export function promptText(content: readonly Json[]): string {
  return content
    .map((block) =>
      typeof block === 'object' && block !== null && 'text' in block && typeof block.text === 'string'
        ? block.text
        : '',
    )
    .filter((text) => text !== '')
    .join('\n');
}
