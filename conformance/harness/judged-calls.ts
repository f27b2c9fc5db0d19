import type { Options, PermissionResult, PermissionUpdate, SDKMessage } from 'colloquy';
import { type Call, calledIn, scriptOf } from './calls.ts';
import { gather } from './gather.ts';
import type { Scene, Sdk } from './program.ts';

/** How a call was decided: somebody was asked; it was refused without; it ran without. */
export type Decided = 'asked' | 'refused' | 'free';

export type Asked = { tool: string; input: Record<string, unknown>; options: Record<string, unknown> };

/** A callback that remembers what it was asked, and denies, unless it is told what to answer. */
export function asker(answer?: (asked: Asked) => PermissionResult | undefined) {
  const asked = new Map<string, Asked>();
  const canUseTool: NonNullable<Options['canUseTool']> = async (tool, input, options) => {
    const question = { tool, input, options: { ...options } };
    asked.set(options.toolUseID, question);
    return answer?.(question) ?? { behavior: 'deny', message: NOT_NOW };
  };
  return { asked, canUseTool };
}

export const NOT_NOW = 'Not now.';
export const suggestionsOf = ({ options }: Asked): PermissionUpdate[] =>
  (options['suggestions'] as PermissionUpdate[] | undefined) ?? [];

/** Makes calls one after another, and says how each was decided. */
export async function judgeCalls(
  sdk: Sdk,
  at: Scene,
  calls: Readonly<Record<string, Call>>,
  { ask = asker(), options = {} }: { ask?: ReturnType<typeof asker> | undefined; options?: Options },
): Promise<{ decided: Record<string, Decided>; asked: Record<string, Asked>; messages: SDKMessage[] }> {
  at.emulator.script(...scriptOf(Object.values(calls)));
  const { messages } = await gather(
    sdk,
    sdk.query({ prompt: 'Make the calls', options: at.options({ ...BASE, canUseTool: ask.canUseTool, ...options }) }),
  );
  return { ...decisions(Object.keys(calls), messages, ask.asked), messages };
}

const BASE: Options = { model: 'claude-opus-5-5', settingSources: [] };

/** How the calls of these messages were decided, by name, in order. */
export function decisions(
  names: readonly string[],
  messages: readonly SDKMessage[],
  asked: ReadonlyMap<string, Asked>,
): { decided: Record<string, Decided>; asked: Record<string, Asked> } {
  const ids = messages.flatMap((message) =>
    message.type === 'assistant' && message.parent_tool_use_id === null
      ? message.message.content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []))
      : [],
  );
  const denied = new Set(
    messages.flatMap((message) =>
      message.type === 'result' ? message.permission_denials.map(({ tool_use_id }) => tool_use_id) : [],
    ),
  );
  const results = calledIn(messages);
  const decided: Record<string, Decided> = {};
  const questions: Record<string, Asked> = {};
  for (const [index, name] of names.entries()) {
    const id = ids[index] ?? '';
    const question = asked.get(id);
    if (question !== undefined) questions[name] = question;
    decided[name] =
      question !== undefined ? 'asked' : denied.has(id) || isRefusal(results[index]?.told) ? 'refused' : 'free';
  }
  return { decided, asked: questions };
}

/** A refusal that is no entry of permission_denials: it is told in each engine's own words. */
function isRefusal(told: unknown): boolean {
  return /permission|denied|not allowed/i.test(JSON.stringify(told ?? ''));
}
