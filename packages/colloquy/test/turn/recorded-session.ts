import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createEmulator,
  cut,
  emit,
  type Emulator,
  maxTokens,
  type MessageReply,
  refusal,
  stall,
  text,
  thinking,
  together,
  toolUse,
  toolUses,
} from '@colloquy/emulator';
import { createSdkMcpServer, type Options, type SDKMessage, tool } from 'colloquy';
import {
  createApiEngine,
  createMemoryStore,
  type Entry,
  type NewEntry,
  SessionLog,
  type Store,
} from 'colloquy/internal';
import { z } from 'zod';
import { temporaryFolder } from '../temporary-folder.ts';

/** What a session works with, and the effects that its tools had. */
export type Workplace = { options: Options; effects: string[]; started: Promise<void> };

/** A folder with a file, a tool that leaves a word in `effects`, and one that, when it `waits`, never ends by itself. */
export function openWorkplace(o: { waits?: boolean } = {}): Workplace {
  const cwd = temporaryFolder('recorded');
  writeFileSync(join(cwd, 'a.txt'), 'alpha\n');
  const effects: string[] = [];
  const note = tool('note', 'Notes a word.', { word: z.string() }, async ({ word }) => {
    effects.push(word);
    return { content: [{ type: 'text', text: `noted ${word}` }] };
  });
  let tellStarted = (): void => {};
  const started = new Promise<void>((resolve) => (tellStarted = resolve));
  const wait = tool('wait', 'Waits for ever.', { word: z.string() }, async ({ word }) => {
    effects.push(word);
    tellStarted();
    return o.waits === true ? new Promise<never>(() => {}) : { content: [] };
  });
  const options: Options = {
    cwd,
    tools: ['Read'],
    env: { PATH: process.env['PATH'] },
    mcpServers: { n: createSdkMcpServer({ name: 'n', tools: [note, wait] }) },
    allowedTools: ['mcp__n'],
  };
  return { options, effects, started };
}

const read = { name: 'Read', input: { file_path: 'a.txt' } };
const note = (word: string) => ({ name: 'mcp__n__note', input: { word } });

/** A session in which everything has happened once, as its log holds it. */
export async function recordSession(): Promise<readonly Entry[]> {
  const { options, started } = openWorkplace({ waits: true });
  const store = createMemoryStore();
  const emulator = createEmulator({ script: SCRIPT });
  const engine = createApiEngine({ store, send: emulator.send, askThroughLog: true });
  const session = await engine.open({ ...options, allowedTools: ['mcp__n__wait'], maxRetries: 1 });
  const play = async (prompt: string, act: (message: SDKMessage) => Promise<unknown> | undefined): Promise<void> => {
    const messages = session.placed({ door: true, partial: true });
    await session.send(promptOf(prompt));
    for await (const batch of messages) {
      for (const placed of batch) {
        if (!('message' in placed)) continue;
        const { message } = placed;
        if (message.type === 'system' && message.subtype === 'permission_request') {
          await session.control('answer', { request: message.request, decision: { behavior: 'allow' } });
        }
        await act(message);
        if (message.type === 'result') return;
      }
    }
  };
  const nothing = (): undefined => undefined;
  await play('Read it twice and note one', nothing);
  await play('Note two, after a stream that is cut', nothing);
  await play('Think, and note three', nothing);
  await play('Say much', nothing);
  await play('Count', (message) =>
    message.type === 'stream_event' && message.event.type === 'content_block_delta'
      ? session.control('interrupt', {})
      : undefined,
  );
  const waiting = play('Wait', nothing);
  await started;
  await session.control('interrupt', {});
  await waiting;
  await play('Note four, and be refused', nothing);
  await session.control('setModel', { model: 'sonnet' });
  await play('Note five', nothing);
  await session[Symbol.asyncDispose]();
  return store.read(session.id, { after: 0 });
}

const SCRIPT = [
  together(text('I look.'), toolUses([read, read, note('one')])),
  text('It says alpha.'),
  cut({ afterEvents: 9 }, together(text('I note it.'), toolUse('mcp__n__note', { word: 'never' }))),
  together(text('I note it.'), toolUse('mcp__n__note', { word: 'two' })),
  text('Noted.'),
  thinking('Let me think.', toolUse('mcp__n__note', { word: 'three' })),
  thinking('That was it.', text('Done.')),
  maxTokens(together(text('Much'), toolUses([note('cut')]))),
  text('and more.'),
  stall({ afterEvents: 6 }, emit(20)),
  toolUses([{ name: 'mcp__n__wait', input: { word: 'wait' } }, note('after')]),
  toolUse('mcp__n__note', { word: 'four' }),
  refusal({ text: 'I will not' }),
  toolUses([note('five'), note('six')]),
  text('Five and six.'),
] as const;

/** The session as it would be if its process had been killed right after an entry. */
export async function storeWith(entries: readonly Entry[]): Promise<{ store: Store; id: string }> {
  const store = createMemoryStore();
  const id = '3a8ae0bc-0000-4000-8000-00000000000c';
  await store.sessions.create({ id, cwd: '/' });
  const log = await SessionLog.open(store, id);
  if (entries.length > 0) await log.append(entries.map(withoutPlace));
  await log.close();
  return { store, id };
}

function withoutPlace({ v: _v, seq: _seq, at: _at, epoch: _epoch, ...entry }: Entry): NewEntry {
  return entry;
}

export function promptOf(content: string) {
  return { type: 'user' as const, message: { role: 'user' as const, content }, parent_tool_use_id: null };
}

/** A model that answers every request with a text, but notes the word of a prompt `note WORD` first. */
export function plainModel(): Emulator {
  return createEmulator({
    seed: 7,
    script: Array.from({ length: 100 }, () => ({ messages }): MessageReply => {
      const newest = messages.at(-1)?.content;
      const last = typeof newest === 'string' ? newest : newest?.at(-1);
      const said = typeof last === 'object' && 'text' in last ? String(last.text) : '';
      const word = /^note (\w+)$/.exec(said)?.[1];
      return word === undefined ? text('Fine.') : toolUse('mcp__n__note', { word });
    }),
  });
}
