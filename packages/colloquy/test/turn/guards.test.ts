import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEmulator, stall, text, toolUse, toolUses } from '@colloquy/emulator';
import { ConfigurationError, type Options } from 'colloquy';
import { createApiEngine, createMemoryStore } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { newestBlocks, openScene } from './scene.ts';

/** A folder to work in, and one beside it with a secret. */
function newPlace(): { cwd: string; outside: string } {
  const root = temporaryFolder('guards');
  const [cwd, outside] = [join(root, 'work'), join(root, 'outside')];
  mkdirSync(cwd);
  mkdirSync(outside);
  writeFileSync(join(cwd, 'notes.txt'), 'notes');
  writeFileSync(join(outside, 'secret.txt'), 'SECRET');
  return { cwd, outside };
}

/** Turns a link while somebody is being asked, and allows what was asked. */
function turning(link: string, to: string): NonNullable<Options['canUseTool']> {
  return async () => {
    rmSync(link, { force: true });
    symlinkSync(to, link);
    return { behavior: 'allow' };
  };
}

test('a link that is turned while a person is asked leads nowhere: to write', async () => {
  const { cwd, outside } = newPlace();
  const script = [toolUse('Write', { file_path: 'new.txt', content: 'x' }), text('done')];
  const canUseTool = turning(join(cwd, 'new.txt'), join(outside, 'made.txt'));
  await using scene = await openScene(script, { cwd, tools: ['Write'], canUseTool });
  await scene.turn('go');
  expect(newestBlocks(scene.emulator, 1)).toMatchObject([
    { is_error: true, content: expect.stringContaining('led elsewhere when this call was allowed') },
  ]);
  expect(existsSync(join(outside, 'made.txt'))).toBe(false);
});

test('a link that is turned while a person is asked leads nowhere: to read', async () => {
  const { cwd, outside } = newPlace();
  const script = [toolUse('Read', { file_path: 'notes.txt' }), text('done')];
  const canUseTool = turning(join(cwd, 'notes.txt'), join(outside, 'secret.txt'));
  await using scene = await openScene(script, { cwd, tools: ['Read'], permissionMode: 'strict', canUseTool });
  await scene.turn('go');
  expect(JSON.stringify(newestBlocks(scene.emulator, 1))).not.toContain('SECRET');
});

test('what a person allowed outside the folder is done there', async () => {
  const { cwd, outside } = newPlace();
  const path = join(outside, 'made.txt');
  const script = [toolUse('Write', { file_path: path, content: 'x' }), text('done')];
  const canUseTool = async () => ({ behavior: 'allow' as const });
  await using scene = await openScene(script, { cwd, tools: ['Write'], canUseTool });
  await scene.turn('go');
  expect(readFileSync(path, 'utf8')).toBe('x');
});

test('an answer whose changes could not hold is refused, and leaves no trace', async () => {
  const { cwd } = newPlace();
  const emulator = createEmulator({ script: [toolUse('Bash', { command: 'true' }), text('done')] });
  const store = createMemoryStore();
  await using engine = closing(createApiEngine({ store, send: emulator.send, askThroughLog: true }));
  const session = await engine.open({ cwd, tools: ['Bash'], env: { PATH: process.env['PATH'] } });
  const messages = session.placed({ door: true });
  await session.send({ type: 'user', message: { role: 'user', content: 'go' }, parent_tool_use_id: null });
  for await (const batch of messages) {
    for (const item of batch) {
      if (!('message' in item) || item.message.type !== 'system' || item.message.subtype !== 'permission_request')
        continue;
      const { request } = item.message;
      const rules = [{ toolName: '???' }];
      const update = { type: 'addRules', rules, behavior: 'allow', destination: 'session' };
      const before = (await store.read(session.id, { after: 0 })).length;
      const decision = { behavior: 'allow' as const, updatedPermissions: [update] };
      await expect(session.control('answer', { request, decision })).rejects.toThrow(ConfigurationError);
      expect(await store.read(session.id, { after: 0 })).toHaveLength(before);
      await session.control('answer', { request, decision: { behavior: 'allow' } });
    }
    if (batch.some((item) => 'message' in item && item.message.type === 'result')) break;
  }
});

test('a thousand prompts that wait are withdrawn in one go', async () => {
  await using scene = await openScene([stall({ afterEvents: 3 })]);
  const running = scene.turn('stalls');
  await scene.emulator.nextRequest();
  const waiting = Array.from({ length: 1_000 }, () => scene.send('wait'));
  await Promise.all(waiting);
  const { cancelled, still_queued } = await scene.control('interrupt', { cancelQueued: true });
  expect([cancelled?.length, still_queued]).toEqual([1_000, []]);
  await running;
});

test.each([
  ['a circle', [Object.assign({ type: 'text', text: 'x' }, { self: undefined as unknown })]],
  ['a BigInt', [{ type: 'text', text: 'x', n: 1n }]],
])('a prompt that holds %s is refused, and the session goes on', async (_what, content) => {
  if (content[0] !== undefined && 'self' in content[0]) content[0].self = content[0];
  await using scene = await openScene([text('done')]);
  await expect(scene.send(content)).rejects.toThrow(ConfigurationError);
  expect((await scene.turn('go')).at(-1)).toMatchObject({ result: 'done' });
});

test('of many calls that only read, ten run at the same time', async () => {
  const { cwd } = newPlace();
  const calls = Array.from({ length: 50 }, () => ({ name: 'Read', input: { file_path: 'notes.txt' } }));
  let [running, most] = [0, 0];
  const count = async () => {
    most = Math.max(most, (running += 1));
    // Time enough for as many as begin together.
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return {};
  };
  const hooks = { PreToolUse: [{ hooks: [count] }] };
  await using scene = await openScene([toolUses(calls), text('done')], { cwd, tools: ['Read'], hooks });
  await scene.turn('go');
  expect(most).toBe(10);
  expect(newestBlocks(scene.emulator, 1)).toHaveLength(50);
});

/** An engine that is closed with its scope. */
function closing<T extends { close(): Promise<void> }>(engine: T): T & AsyncDisposable {
  return Object.assign(engine, { [Symbol.asyncDispose]: () => engine.close() });
}
