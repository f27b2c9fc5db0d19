import type { Json, NewEntry } from '../log/entries.ts';

/**
 * Why the engine adds text to a conversation. `interrupt`, `continue` and `stop_hook` are told to the model and shown;
 * `environment` and `hook` are told to the model only; `warning` is shown only.
 */
export type ContextSource = 'environment' | 'hook' | 'interrupt' | 'continue' | 'stop_hook' | 'warning';

export function contextOf(source: ContextSource, text: string): NewEntry & { kind: 'context' } {
  return { kind: 'context', role: 'user', content: [{ type: 'text', text }], source };
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
