import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { createSdkMcpServer, type Options, tool } from 'colloquy';
import { createApiEngine, createMemoryStore, type Store } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { promptOf } from './recorded-session.ts';
import { newestBlocks, openScene, resultOf } from './scene.ts';

/** A store that can be told to fail from now on. */
function failingStore(): { store: Store; fail: () => void } {
  const store = createMemoryStore();
  const refuse = async (): Promise<never> => {
    throw new Error('The disk is full');
  };
  const fail = (): void => {
    store.append = refuse;
    store.sync = refuse;
  };
  return { store, fail };
}

test('a store that fails in a turn ends the session for its readers, and nothing else', async () => {
  const { store, fail } = failingStore();
  const emulator = createEmulator({
    script: [
      () => {
        fail();
        return text('Hello');
      },
    ],
  });
  const engine = createApiEngine({ store, send: emulator.send });
  const session = await engine.open({ tools: [], env: {} });
  const messages = session.messages();
  await session.send(promptOf('Hi'));
  const reading = (async () => {
    for await (const message of messages) expect(message.type).not.toBe('result');
  })();
  await expect(reading).rejects.toThrow(/disk is full/);
  await expect(session.send(promptOf('More'))).rejects.toThrow(/disk is full/);
  // Nobody closes the session itself: it has closed itself, and what failed then is nobody's unhandled rejection.
  await new Promise((resolve) => setImmediate(resolve));
  await engine.close();
});

test('an answer with permission updates that make no sense denies the call, and the session goes on', async () => {
  const options: Options = {
    mcpServers: {
      n: createSdkMcpServer({ name: 'n', tools: [tool('note', 'Notes.', {}, async () => ({ content: [] }))] }),
    },
    canUseTool: async () => ({ behavior: 'allow', updatedPermissions: [{ type: 'nonsense' } as never] }),
  };
  await using scene = await openScene([toolUse('mcp__n__note'), text('Well.'), text('Next.')], options);
  expect(resultOf(await scene.turn('Note'))).toMatchObject({ subtype: 'success', result: 'Well.' });
  expect(newestBlocks(scene.emulator, 1)).toMatchObject([
    { is_error: true, content: expect.stringContaining('not a permission update') },
  ]);
  expect(resultOf(await scene.turn('Go on'))).toMatchObject({ result: 'Next.' });
});

test('canUseTool that is given up and fails afterwards is not an unhandled rejection', async () => {
  let fail = (_error: Error): void => {};
  let tellAsked = (): void => {};
  const asked = new Promise<void>((resolve) => (tellAsked = resolve));
  const options: Options = {
    mcpServers: {
      n: createSdkMcpServer({ name: 'n', tools: [tool('note', 'Notes.', {}, async () => ({ content: [] }))] }),
    },
    canUseTool: (_name, _input, { signal }) => {
      tellAsked();
      return new Promise((_resolve, reject) => {
        fail = reject;
        signal.addEventListener('abort', () => reject(new Error('given up')));
      });
    },
  };
  await using scene = await openScene([toolUse('mcp__n__note'), text('Next.')], options);
  const first = scene.turn('Note');
  await asked;
  await scene.control('interrupt', {});
  expect(resultOf(await first)).toMatchObject({ terminal_reason: 'aborted_tools' });
  fail(new Error('too late'));
  expect(resultOf(await scene.turn('Go on'))).toMatchObject({ result: 'Next.' });
});
