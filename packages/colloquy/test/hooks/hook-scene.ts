import { expect } from 'vitest';
import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator, type Emulator, type Reply, text, toolUse } from '@colloquy/emulator';
import {
  createSdkMcpServer,
  type HookCallback,
  type HookEvent,
  type HookJSONOutput,
  type Options,
  type SDKMessage,
  tool,
} from 'colloquy';
import { createApiEngine, createMemoryStore, type Entry } from 'colloquy/internal';
import { z } from 'zod';

type Session = Awaited<ReturnType<ReturnType<typeof createApiEngine>['open']>>;

/** A session over the emulator in a folder of its own, with a tool that says a word again and one that fails. */
export type HookScene = AsyncDisposable & {
  emulator: Emulator;
  cwd: string;
  id: string;
  /** The words that the tool has said. */
  said: string[];
  turn(prompt: string): Promise<SDKMessage[]>;
  send(prompt: string): Promise<unknown>;
  /** From now on, to the end of the session. */
  messages(): AsyncIterable<SDKMessage>;
  control: Session['control'];
  log(): Promise<readonly Entry[]>;
  close(): Promise<void>;
  /** Closes the session and opens it again, as another process would. */
  reopen(options?: Options): Promise<void>;
};

export async function openHooks(script: readonly Reply[], options: Options = {}): Promise<HookScene> {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'colloquy-hooks-')));
  const emulator = createEmulator({ script });
  const store = createMemoryStore();
  const engine = createApiEngine({ store, send: emulator.send });
  const said: string[] = [];
  const open = (more: Options): Promise<Session> =>
    engine.open({
      cwd,
      tools: [],
      settingSources: [],
      env: { PATH: process.env['PATH'] },
      mcpServers: { e: createSdkMcpServer({ name: 'e', version: '1.0.0', tools: [echo(said), failing] }) },
      ...more,
    });
  let session = await open(options).catch(async (error: unknown) => {
    await rm(cwd, { recursive: true, force: true });
    throw error;
  });
  const scene: HookScene = {
    emulator,
    cwd,
    id: session.id,
    said,
    control: (name, args) => session.control(name, args),
    log: () => store.read(session.id, { after: 0 }),
    send: (prompt) => session.send(userMessage(prompt)),
    messages: () => session.messages(),
    async turn(prompt) {
      const messages = session.messages();
      await session.send(userMessage(prompt));
      return untilResult(messages);
    },
    close: async () => session[Symbol.asyncDispose](),
    async reopen(more = options) {
      await session[Symbol.asyncDispose]();
      session = await open({ ...more, resume: session.id });
      scene.id = session.id;
    },
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await engine.close();
      await rm(cwd, { recursive: true, force: true });
    },
  };
  return scene;
}

/** All that is told up to a result. */
export async function untilResult(messages: AsyncIterable<SDKMessage>): Promise<SDKMessage[]> {
  const told: SDKMessage[] = [];
  for await (const message of messages) {
    told.push(message);
    if (message.type === 'result') break;
  }
  return told;
}

const userMessage = (content: string) => ({
  type: 'user' as const,
  message: { role: 'user' as const, content },
  parent_tool_use_id: null,
});

const echo = (said: string[]) =>
  tool('echo', 'Says it again.', { word: z.string() }, async ({ word }) => {
    said.push(word);
    return { content: [{ type: 'text', text: `said ${word}` }] };
  });

const failing = tool('fail', 'Fails.', {}, async () => {
  throw new Error('out of order');
});

export const ECHO = 'mcp__e__echo';
export const FAIL = 'mcp__e__fail';
/** One call of the tool that says a word again, and the answer after it. */
export const callOf = (word = 'hi'): Reply[] => [toolUse(ECHO, { word }), text('Done.')];

/** A hook that keeps what it is told, and answers. */
export type Recorder = { inputs: unknown[]; ids: unknown[]; hooks: Options['hooks'] };

export function recording(
  event: HookEvent,
  answer: HookJSONOutput | ((input: Record<string, unknown>) => HookJSONOutput | Promise<HookJSONOutput>) = {},
  o: { matcher?: string } = {},
): Recorder {
  const [inputs, ids]: [unknown[], unknown[]] = [[], []];
  const hook: HookCallback = async (input, id) => {
    inputs.push(input);
    ids.push(id);
    return typeof answer === 'function' ? answer(input) : answer;
  };
  return { inputs, ids, hooks: { [event]: [{ ...o, hooks: [hook] }] } };
}

/** What every hook is told in this scene, inside a turn. */
export const baseOf = (scene: HookScene) => ({
  session_id: scene.id,
  transcript_path: '',
  cwd: scene.cwd,
  permission_mode: 'default',
  prompt_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
});

/** The texts that people are told. */
export const warnings = (told: readonly SDKMessage[]): string[] =>
  told.flatMap((message) =>
    message.type === 'system' && message.subtype === 'informational' ? [message.content] : [],
  );

type SentBlock = { type: string; text?: string; content?: unknown; is_error?: boolean; tool_use_id?: string };

/** The blocks of the newest message of a request. */
export function newestBlocks(emulator: Emulator, index: number): SentBlock[] {
  const content = emulator.requests[index]?.body?.messages?.at(-1)?.content;
  const plain: SentBlock[] = JSON.parse(
    JSON.stringify(content ?? [], (key, value: unknown) => (key === 'cache_control' ? undefined : value)),
  );
  return plain;
}

/** The texts of the newest message, without what the engine says of the place. */
export const ownTexts = (emulator: Emulator, index: number): (string | undefined)[] =>
  newestBlocks(emulator, index)
    .map((block) => block.text)
    .filter((words) => words?.startsWith('Working directory:') !== true);

/** All texts of a request. */
export const textOfRequest = (emulator: Emulator, index: number): string =>
  JSON.stringify(emulator.requests[index]?.body?.messages ?? []);
