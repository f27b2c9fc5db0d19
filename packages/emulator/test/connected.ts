import Anthropic, { type ClientOptions } from '@anthropic-ai/sdk';
import { createEmulator, type EmulatorOptions, type Reply } from '@colloquy/emulator';

export type Fields = Omit<Anthropic.MessageCreateParamsNonStreaming, 'stream'>;

/** An emulator over HTTP and the official client, which does not retry unless told to. */
export async function connectedTo(options: EmulatorOptions = {}, more: ClientOptions = {}) {
  const emulator = createEmulator(options);
  const at = await emulator.listen();
  const client = new Anthropic({ baseURL: at.url, apiKey: 'any', maxRetries: 0, ...more });
  return { emulator, client, [Symbol.asyncDispose]: () => at.close() };
}

/** The same with a script. */
export function connected(...script: Reply[]): ReturnType<typeof connectedTo> {
  return connectedTo({ script });
}

/** What the client needs to ask for a message. */
export const fields = (more: Partial<Fields> = {}): Fields => ({
  model: 'claude-fable-5-2',
  max_tokens: 20_000,
  messages: [{ role: 'user', content: 'Hello' }],
  ...more,
});

/** What a call rejects with; undefined when it succeeds. */
export const caught = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error,
  );
