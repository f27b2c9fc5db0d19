import { createEmulator, text } from '@colloquy/emulator';
import type { SDKMessage } from 'colloquy';
import { createApiEngine, createMemoryStore, type NewEntry, type Store } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { sentMessages } from './scene.ts';

const SESSION = '3a8ae0bc-0000-4000-8000-00000000000a';
const task = {
  task: 'b1',
  taskType: 'local_bash',
  toolUseId: 't1',
  description: 'Wait',
  outputFile: '/tmp/gone/b1.output',
};
const notification: NewEntry = {
  kind: 'prompt',
  uuid: 'n1',
  content: [{ type: 'text', text: 'Task b0 has ended.' }],
  by: 'task',
  origin: { kind: 'task-notification' },
  priority: 'next',
  startsTurn: true,
};

/** A session as a process has left it that was killed. */
async function leftBehind(entries: readonly NewEntry[]): Promise<Store> {
  const store = createMemoryStore();
  await store.sessions.create({ id: SESSION, cwd: '/' });
  const lease = await store.claim(SESSION, 'dead', 1000);
  await store.append(SESSION, entries, { epoch: lease!.epoch });
  await lease!.release();
  return store;
}

async function goOn(store: Store): Promise<{ told: SDKMessage[]; sent: string }> {
  const emulator = createEmulator({ script: [text('Hello.')] });
  const engine = createApiEngine({ store, send: emulator.send });
  await using session = await engine.open({ resume: SESSION, tools: [], settingSources: [], env: {} });
  const messages = session.messages({ after: '0.0.0' });
  await session.send({ type: 'user', message: { role: 'user', content: 'Hi' }, parent_tool_use_id: null });
  const told: SDKMessage[] = [];
  for await (const message of messages) {
    told.push(message);
    if (message.type === 'result') break;
  }
  return { told, sent: JSON.stringify(sentMessages(emulator, 0)) };
}

test('background work of a process that is gone has ended: the program is told, and the model with the next prompt', async () => {
  const store = await leftBehind([{ kind: 'task_started', ...task }]);
  const { told, sent } = await goOn(store);
  expect(told.filter(({ type }) => type === 'system')).toMatchObject([
    { subtype: 'task_started', task_id: 'b1' },
    { subtype: 'background_tasks_changed', tasks: [{ task_id: 'b1' }] },
    { subtype: 'task_updated', task_id: 'b1', patch: { status: 'killed' } },
    { subtype: 'task_notification', task_id: 'b1', status: 'stopped' },
    { subtype: 'background_tasks_changed', tasks: [] },
    { subtype: 'init' },
  ]);
  expect(sent).toContain('Background task b1 (Wait) does not run any longer');
  const again = await goOn(store);
  expect(again.told.filter((message) => message.type === 'system' && message.subtype === 'task_updated')).toHaveLength(
    1,
  );
});

test('what nobody was told of yet is told with the next prompt, and starts no turn by itself', async () => {
  const store = await leftBehind([{ kind: 'task_started', ...task }, notification]);
  const { told, sent } = await goOn(store);
  expect(told.filter(({ type }) => type === 'result')).toMatchObject([{ result: 'Hello.' }]);
  expect(told.at(-1)).not.toHaveProperty('origin');
  expect(sent).toContain('Task b0 has ended.');
  expect(sent.indexOf('Task b0')).toBeLessThan(sent.indexOf('"Hi"'));
  expect((await store.sessions.get(SESSION))?.lastPrompt).toBe('Hi');
});
