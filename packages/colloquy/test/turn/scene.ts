import { createEmulator, type Emulator, type Reply } from '@colloquy/emulator';
import type { Options, SDKMessage } from 'colloquy';
import { createApiEngine, createMemoryStore, type Entry } from 'colloquy/internal';
import { temporaryFolder } from '../temporary-folder.ts';

/** A session over the emulator, played prompt by prompt. */
export type Scene = AsyncDisposable & {
  emulator: Emulator;
  cwd: string;
  /** Sends a prompt and gives all that is told of its turn, up to its result. */
  turn(prompt: string, o?: { partial: boolean }): Promise<SDKMessage[]>;
  /** Sends a prompt and waits for nothing but that it is accepted. */
  send(content: unknown): Promise<unknown>;
  control: Awaited<ReturnType<ReturnType<typeof createApiEngine>['open']>>['control'];
  log(): Promise<readonly Entry[]>;
};

export async function openScene(script: readonly Reply[], options: Options = {}): Promise<Scene> {
  const emulator = createEmulator({ script });
  const store = createMemoryStore();
  const engine = createApiEngine({ store, send: emulator.send });
  const cwd = options.cwd ?? temporaryFolder('turn');
  const session = await engine.open({
    cwd,
    tools: [],
    settingSources: [],
    env: { PATH: process.env['PATH'] },
    ...options,
  });
  return {
    emulator,
    cwd,
    control: (name, args) => session.control(name, args),
    log: () => store.read(session.id, { after: 0 }),
    // A program written in JavaScript may give anything.
    send: (content) =>
      session.send({ type: 'user', message: { role: 'user', content: content as string }, parent_tool_use_id: null }),
    async turn(prompt, o) {
      const messages = session.messages(o);
      const told: SDKMessage[] = [];
      await session.send({ type: 'user', message: { role: 'user', content: prompt }, parent_tool_use_id: null });
      for await (const message of messages) {
        told.push(message);
        if (message.type === 'result') break;
      }
      return told;
    },
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await engine.close();
    },
  };
}

/** The last message of a turn. */
export const resultOf = (messages: readonly SDKMessage[]): SDKMessage | undefined => messages.at(-1);

type SentBlock = { type: string; text?: string; content?: unknown; is_error?: boolean; tool_use_id?: string };
type SentMessage = { role: string; content: string | SentBlock[] };

/** The messages of the request with this number, without cache markers. */
export function sentMessages(emulator: Emulator, index: number): SentMessage[] {
  const body = emulator.requests[index]?.body;
  return JSON.parse(
    JSON.stringify(body?.messages ?? [], (key, value: unknown) => (key === 'cache_control' ? undefined : value)),
  );
}

/** The blocks of the newest message of a request. */
export function newestBlocks(emulator: Emulator, index: number): SentBlock[] {
  const content = sentMessages(emulator, index).at(-1)?.content;
  return typeof content === 'string' || content === undefined ? [] : content;
}
