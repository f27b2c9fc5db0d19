import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { type Options, query } from 'colloquy';

/** What became of a call that the model made: as a person in front of it would tell. */
export type PlayedCall = {
  decided: 'allow' | 'ask' | 'deny';
  /** The model got an error for a result. */
  failed: boolean;
  /** What the model was told of it. */
  told: string;
  tookMs: number;
};

/** Lets the model make this very call through `query()`, with somebody who answers alike whatever is asked. */
export async function playCall(
  call: { tool: string; input: Record<string, unknown> },
  answer: 'allow' | 'deny',
  options: Options,
): Promise<PlayedCall> {
  const emulator = createEmulator({ script: [toolUse(call.tool, call.input), text('Done')] });
  let asked = false;
  let refused = false;
  const startedMs = performance.now();
  const messages = query({
    prompt: 'Go',
    options: {
      send: emulator.send,
      persistSession: false,
      tools: [call.tool],
      env: { ANTHROPIC_API_KEY: 'test', PATH: process.env['PATH'], HOME: '/nonexistent' },
      canUseTool: async () => {
        asked = true;
        return answer === 'allow' ? { behavior: 'allow' } : { behavior: 'deny', message: 'No.' };
      },
      ...options,
    },
  });
  for await (const message of messages)
    if (message.type === 'system' && message.subtype === 'permission_denied') refused = true;
  const { content } = emulator.requests.at(-1)?.body.messages.at(-1) ?? { content: '' };
  const told = JSON.stringify(typeof content === 'string' ? [] : content.filter(({ type }) => type === 'tool_result'));
  return {
    decided: asked ? 'ask' : refused ? 'deny' : 'allow',
    failed: told.includes('"is_error":true'),
    told,
    tookMs: performance.now() - startedMs,
  };
}
