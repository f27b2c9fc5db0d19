import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createEmulator, paced, text } from '@colloquy/emulator';
import {
  AbortError,
  ConfigurationError,
  ConversationManager,
  getSessionInfo,
  type Options,
  SessionNotFoundError,
  query,
} from 'colloquy';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { collect, offline } from '../programs/offline.ts';

const DAY = 86_400_000;
const stored = (send: Options['send']): Options => {
  const { persistSession: _, ...options } = offline({ send } as never);
  return options;
};

let names = 0;
const newName = (): string => `test ${(names += 1)}`;

test('a conversation goes on under its own id, and another has another history', async () => {
  const emulator = createEmulator();
  const conversations = new ConversationManager({ name: newName(), options: stored(emulator.send) });
  await conversations.start('ticket/17', 'First of all: hello');
  await conversations.start('ticket/18', 'Something else');
  expect(await conversations.continue('ticket/17', 'What did I say first?')).toContain('First of all: hello');
  expect(await conversations.continue('ticket/18', 'What did I say first?')).toContain('Something else');
  expect([await conversations.has('ticket/17'), await conversations.has('ticket/19')]).toEqual([true, false]);
  expect(await getSessionInfo(conversations.sessionId('ticket/17'))).toMatchObject({ customTitle: 'ticket/17' });
});

test('an id that is taken, or not known, is told', async () => {
  const conversations = new ConversationManager({ name: newName(), options: stored(createEmulator().send) });
  await conversations.start('a', 'Hello');
  await expect(conversations.start('a', 'Hello')).rejects.toThrow(ConfigurationError);
  await expect(conversations.continue('b', 'Hello')).rejects.toThrow(SessionNotFoundError);
  expect([await conversations.delete('a'), await conversations.delete('a')]).toEqual([true, false]);
  await conversations.start('a', 'Hello again');
});

test('it survives the end of the process', { timeout: 20_000 }, async () => {
  await using server = await createEmulator().listen();
  const name = newName();
  const run = async (code: string): Promise<string> => {
    const program = `
      import { ConversationManager } from 'colloquy';
      const conversations = new ConversationManager({ name: ${JSON.stringify(name)}, options: { tools: [], settingSources: [] } });
      ${code}; process.exit(0);`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=colloquy-source', '--input-type=module-typescript', '--eval', program],
      {
        cwd: new URL('../..', import.meta.url),
        env: {
          PATH: process.env['PATH'],
          COLLOQUY_HOME: process.env['COLLOQUY_HOME'],
          ANTHROPIC_API_KEY: 'test',
          ANTHROPIC_BASE_URL: server.url,
        },
      },
    );
    return stdout;
  };
  await run("await conversations.start('a', 'My name is Ada')");
  expect(await run("console.log(await conversations.continue('a', 'What did I say first?'))")).toContain(
    'My name is Ada',
  );
});

test('prompts of one conversation are asked in order, and what waits can be given up', async () => {
  const emulator = createEmulator({ script: [text('One'), paced(5, text('Two of them')), text('Three')] });
  const conversations = new ConversationManager({ name: newName(), options: stored(emulator.send) });
  const controller = new AbortController();
  const asked = [
    conversations.start('a', '1'),
    conversations.continue('a', '2'),
    conversations.continue('a', 'never', { signal: controller.signal }),
    conversations.continue('a', '3'),
  ];
  controller.abort();
  const outcomes = await Promise.allSettled(asked);
  expect(outcomes.map((one) => (one.status === 'fulfilled' ? one.value : one.reason instanceof AbortError))).toEqual([
    'One',
    'Two of them',
    true,
    'Three',
  ]);
  expect(emulator.requests).toHaveLength(3);
});

test('clean-up removes exactly the conversations of its name that are old enough, and not those in use', async () => {
  const emulator = createEmulator();
  const options = stored(emulator.send);
  const other = new ConversationManager({ name: newName(), options });
  await other.start('kept', 'Hello');
  await collect(query({ prompt: 'Hello', options }));
  const name = newName();
  let now = Date.now() + 10 * DAY;
  const conversations = new ConversationManager({ name, options, clock: { now: () => now } });
  for (const id of ['a', 'b', 'c']) await conversations.start(id, 'Hello');
  expect(await conversations.cleanUp({ olderThanMs: 11 * DAY })).toEqual([]);
  const slow = createEmulator({ script: [paced(5, text('one two three'))] });
  const running = conversations.continue('b', 'Hello', { send: slow.send });
  await slow.nextRequest();
  const removed = await conversations.cleanUp({ olderThanMs: 9 * DAY });
  expect(removed.toSorted()).toEqual(['a', 'c'].map((id) => conversations.sessionId(id)).toSorted());
  await running;
  expect([await conversations.has('a'), await conversations.has('b'), await other.has('kept')]).toEqual([
    false,
    true,
    true,
  ]);
  now = 0;
  expect(await conversations.cleanUp({ olderThanMs: 0 })).toEqual([]);
});

const step = fc.record({
  kind: fc.constantFrom('start' as const, 'continue' as const, 'continue' as const, 'delete' as const),
  id: fc.constantFrom('a', 'b', 'c'),
});

test('whatever is asked at once: each conversation goes by the order of the calls, and none has anything of another', async () => {
  const emulator = createEmulator();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const conversations = new ConversationManager({ name: newName(), options: stored(emulator.send) });
      /** The model: the first prompt of each conversation that there is. */
      const first = new Map<string, string>();
      const wanted: unknown[] = [];
      const asked: Promise<unknown>[] = [];
      for (const [index, { kind, id }] of steps.entries()) {
        const told = (error: unknown): unknown => (error as Error).name;
        if (kind === 'start') {
          const prompt = `Hello ${index} of ${id}`;
          asked.push(conversations.start(id, prompt).then(() => 'started', told));
          wanted.push(first.has(id) ? 'ConfigurationError' : 'started');
          if (!first.has(id)) first.set(id, prompt);
        } else if (kind === 'continue') {
          asked.push(conversations.continue(id, 'What did I say first?').catch(told));
          const said = first.get(id);
          wanted.push(said === undefined ? 'SessionNotFoundError' : expect.stringContaining(`“${said}”`));
        } else {
          asked.push(conversations.delete(id));
          wanted.push(first.delete(id));
        }
      }
      expect(await Promise.all(asked)).toEqual(wanted);
      await conversations.cleanUp({ olderThanMs: 0 });
    }),
    { numRuns: 15 },
  );
});

test('every id has a UUID of its own, the same one always', () => {
  const conversations = new ConversationManager({ name: 'one' });
  const others = new ConversationManager({ name: 'two' });
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
      const uuid = conversations.sessionId(a);
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(conversations.sessionId(b) === uuid).toBe(a === b);
      expect(others.sessionId(a)).not.toBe(uuid);
    }),
  );
});

test.each([{ options: { resume: 'x' } }, { options: { persistSession: false } }, { options: { continue: true } }])(
  '%j cannot work',
  (o) => {
    expect(() => new ConversationManager(o)).toThrow(ConfigurationError);
  },
);
