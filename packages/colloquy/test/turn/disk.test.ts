// Turns against the disk: what waits for it, what does not, and how often it is waited for.
import { join } from 'node:path';
import { createEmulator, type Emulator, type Reply, text, toolUse } from '@colloquy/emulator';
import { createSdkMcpServer, type Options, type SDKMessage, tool } from 'colloquy';
import { createApiEngine } from 'colloquy/internal';
import { expect, onTestFinished, test, vi } from 'vitest';
import { TestDisk } from '../../src/log/__fixtures__/test-disk.ts';
import type { SqliteDriver } from '../../src/log/sqlite-driver.ts';
import { openDatabase } from '../../src/log/sqlite-schema.ts';
import { SqliteStore } from '../../src/log/sqlite-store.ts';
import { temporaryFolder } from '../temporary-folder.ts';

test('a plain turn has five commits, and waits for the disk twice', async () => {
  const { session, disk, commits } = await openOnDisk([text('One.'), text('Two.')]);
  await turn(session, 'Hi');
  const before = { commits: commits(), syncs: disk.syncs };
  await turn(session, 'And again');
  expect({ commits: commits() - before.commits, syncs: disk.syncs - before.syncs }).toEqual({ commits: 5, syncs: 2 });
});

test('while a prompt is on its way to the disk the model is asked; nothing is promised, and nothing of the user runs', async () => {
  const ran: string[] = [];
  const note = tool('note', 'Notes.', {}, async () => {
    ran.push('tool');
    return { content: [] };
  });
  const { session, disk, emulator } = await openOnDisk([toolUse('mcp__n__note', {}), text('Noted.')], {
    mcpServers: { n: createSdkMcpServer({ name: 'n', tools: [note] }) },
    hooks: { PreToolUse: [{ hooks: [async () => (ran.push('hook'), {})] }] },
    allowedTools: ['mcp__n'],
  });
  disk.hold();
  const messages = session.messages();
  let isAccepted = false;
  const accepted = session.send(promptOf('Note it')).finally(() => (isAccepted = true));
  for await (const message of messages) if (message.type === 'assistant') break;
  await vi.waitFor(() => expect(emulator.requests).toHaveLength(1));
  expect({ isAccepted, ran }).toEqual({ isAccepted: false, ran: [] });
  const rest = session.messages();
  disk.letGo();
  await accepted;
  expect(await untilResult(rest)).toMatchObject({ subtype: 'success', result: 'Noted.' });
  expect(ran).toEqual(['hook', 'tool']);
});

test('a hook that may block prompts is asked about those that are durable', async () => {
  const ran: string[] = [];
  const { session, disk, emulator } = await openOnDisk([text('Fine.')], {
    hooks: { UserPromptSubmit: [{ hooks: [async () => (ran.push('hook'), {})] }] },
  });
  const messages = session.messages();
  const before = disk.syncs;
  disk.hold();
  const accepted = session.send(promptOf('Hi'));
  for await (const message of session.messages()) if (message.type === 'system') break;
  expect({ ran, requests: emulator.requests.length }).toEqual({ ran: [], requests: 0 });
  disk.letGo();
  await accepted;
  expect(await untilResult(messages)).toMatchObject({ result: 'Fine.' });
  expect(ran).toEqual(['hook']);
  // The hook waited for what was under way for the prompt.
  expect(disk.syncs - before).toBe(2);
});

test('a result is told when it is on the disk', async () => {
  const { session, disk } = await openOnDisk([text('Fine.')]);
  const told: string[] = [];
  const messages = session.messages();
  await session.send(promptOf('Hi'));
  disk.hold();
  const reading = (async () => {
    for await (const { type } of messages) {
      told.push(type);
      if (type === 'result') break;
    }
  })();
  await vi.waitFor(() => expect(told).toContain('assistant'));
  expect(told).not.toContain('result');
  disk.letGo();
  await reading;
  expect(told).toContain('result');
});

test('when the disk fails the prompt is refused, no result is told, and the session ends with the error', async () => {
  const { session, disk } = await openOnDisk([text('Fine.')]);
  const messages = session.messages();
  disk.failure = new Error('EIO: i/o error, fdatasync');
  const failed = { name: 'StoreError', cause: disk.failure };
  await expect(session.send(promptOf('Hi'))).rejects.toMatchObject(failed);
  const told: string[] = [];
  const reading = (async () => {
    for await (const { type } of messages) told.push(type);
  })();
  await expect(reading).rejects.toMatchObject(failed);
  expect(told).not.toContain('result');
  await expect(session.send(promptOf('Hi'))).rejects.toMatchObject(failed);
});

type Session = Awaited<ReturnType<ReturnType<typeof createApiEngine>['open']>>;

/** A session in SQLite whose disk is the test's. */
async function openOnDisk(
  script: readonly Reply[],
  options: Options = {},
): Promise<{ session: Session; disk: TestDisk; emulator: Emulator; commits: () => number }> {
  const folder = temporaryFolder('disk');
  const path = join(folder, 'sessions.db');
  const disk = new TestDisk();
  const { driver, commits } = counting(await openDatabase(path));
  const store = new SqliteStore(driver, path, disk.wal(path));
  const emulator = createEmulator({ script });
  const engine = createApiEngine({ store, send: emulator.send });
  const session = await engine.open({ cwd: folder, tools: [], ...options });
  onTestFinished(async () => {
    disk.letGo();
    await Promise.allSettled([session[Symbol.asyncDispose]()]);
    await engine.close();
    await store[Symbol.asyncDispose]().catch(() => {});
  });
  return { session, disk, emulator, commits };
}

function counting(driver: SqliteDriver): { driver: SqliteDriver; commits: () => number } {
  let commits = 0;
  const prepare: SqliteDriver['prepare'] = (sql) => {
    const statement = driver.prepare(sql);
    if (sql !== 'COMMIT') return statement;
    return { ...statement, run: () => ((commits += 1), statement.run()) };
  };
  const counted: SqliteDriver = {
    name: driver.name,
    get inTransaction() {
      return driver.inTransaction;
    },
    exec: (sql) => driver.exec(sql),
    prepare,
    close: () => driver.close(),
  };
  return { driver: counted, commits: () => commits };
}

async function turn(session: Session, prompt: string): Promise<void> {
  const messages = session.messages();
  await session.send(promptOf(prompt));
  await untilResult(messages);
}

async function untilResult(messages: AsyncIterable<SDKMessage>): Promise<SDKMessage | undefined> {
  for await (const message of messages) if (message.type === 'result') return message;
  return undefined;
}

function promptOf(content: string) {
  return { type: 'user' as const, message: { role: 'user' as const, content }, parent_tool_use_id: null };
}
