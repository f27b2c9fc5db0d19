import { createEmulator, type Emulator, type Reply } from '@colloquy/emulator';
import type { SDKMessage } from 'colloquy';
import {
  createApiEngine,
  createMemoryStore,
  type Entry,
  type HostedOptions,
  type HostedSession,
  type Store,
} from 'colloquy/internal';
import { temporaryFolder } from '../temporary-folder.ts';

/** A session as a server holds it, over the emulator, with all that its door tells. */
export type HostedScene = AsyncDisposable & {
  session: HostedSession;
  emulator: Emulator;
  store: Store;
  /** Everything told so far. */
  heard: SDKMessage[];
  /** Resolves with the first message that fits, told already or later. */
  heardOne<T extends SDKMessage>(fits: (message: SDKMessage) => message is T, skip?: number): Promise<T>;
  /** The next result that nobody has waited for. */
  result(): Promise<Extract<SDKMessage, { type: 'result' }>>;
  say(
    text: string,
    o?: { by?: string; priority?: 'now' | 'next' | 'later'; uuid?: string },
  ): Promise<{ uuid: string; seq: number }>;
  log(): Promise<readonly Entry[]>;
};

export async function openHosted(
  script: readonly Reply[],
  options: HostedOptions = {},
  place: { store?: Store; severalUsers?: boolean } = {},
): Promise<HostedScene> {
  const emulator = createEmulator({ script });
  const store = place.store ?? createMemoryStore();
  const engine = createApiEngine({
    store,
    send: emulator.send,
    askThroughLog: true,
    by: 'server',
    severalUsers: place.severalUsers === true,
  });
  const session = await engine.open({
    cwd: options.cwd ?? temporaryFolder('hosted'),
    env: { PATH: process.env['PATH'] },
    maxRetries: 0,
    ...(options.toolset === undefined ? { tools: [] } : {}),
    ...options,
  });
  const heard: SDKMessage[] = [];
  const waiting = new Set<() => void>();
  const reading = (async () => {
    for await (const batch of session.placed({ door: true, after: '0.0.0' })) {
      for (const placed of batch) if ('message' in placed) heard.push(placed.message);
      for (const look of waiting) look();
    }
  })();
  const heardOne = <T extends SDKMessage>(fits: (message: SDKMessage) => message is T, skip = 0): Promise<T> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = heard.filter(fits)[skip];
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      reading.then(() => reject(new Error('The session has ended')), reject);
    });
  let results = 0;
  return {
    session,
    emulator,
    store,
    heard,
    heardOne,
    result: () => heardOne((message) => message.type === 'result', results++),
    say: (text, { by, ...rest } = {}) =>
      session.send(
        { type: 'user', message: { role: 'user', content: text }, parent_tool_use_id: null, ...rest },
        { by },
      ),
    log: () => store.read(session.id, { after: 0 }),
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await reading.catch(() => {});
      await engine.close();
    },
  };
}

type System<K extends string> = Extract<SDKMessage, { type: 'system'; subtype: K }>;

/** Whether a message is the system message of this kind. */
export const isSystem =
  <K extends Extract<SDKMessage, { type: 'system' }>['subtype']>(subtype: K) =>
  (message: SDKMessage): message is System<K> =>
    message.type === 'system' && message.subtype === subtype;

/** The results of the newest message of a request, by call. */
export function sentResults(emulator: Emulator, index: number): unknown[] {
  const content = emulator.requests[index]?.messages.at(-1)?.content;
  if (!Array.isArray(content)) return [];
  return content.flatMap((block) =>
    block.type === 'tool_result'
      ? [{ id: block.tool_use_id, content: block.content, ...(block.is_error === true ? { failed: true } : {}) }]
      : [],
  );
}
