import { createEmulator, status, text } from '@colloquy/emulator';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AbortError, APIError, ConfigurationError } from '../errors.ts';
import { type BufferedAnswer, BufferedClient } from './buffered-client.ts';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('send' as const), fails: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'take' } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'settle' } as const) },
  // Several answers lie ready then.
  { weight: 1, arbitrary: fc.constant({ kind: 'rest' } as const) },
);

test('whoever sends, takes and gives up when: nothing is lost, doubled or reordered, and no more than so many are held', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 50 }), async (maxBuffered, steps) => {
      let asking = 0;
      const client = new BufferedClient<string>({
        maxBuffered,
        ask: async (prompt) => {
          asking += 1;
          // One after the other.
          expect(asking).toBe(1);
          await settle();
          asking -= 1;
          if (prompt.startsWith('!')) throw new Error(prompt);
          return prompt.toUpperCase();
        },
      });
      const sent: { prompt: string; stop: AbortController; accepted?: boolean }[] = [];
      const sending: Promise<void>[] = [];
      const got: BufferedAnswer<string>[] = [];
      const answers = client.answers();
      let taking = Promise.resolve();
      const take = async (): Promise<void> => {
        const next = await answers.next();
        if (next.done !== true) got.push(next.value);
      };
      for (const one of steps) {
        if (one.kind === 'send') {
          const mine: (typeof sent)[number] = {
            prompt: `${one.fails ? '!' : ''}p${sent.length}`,
            stop: new AbortController(),
          };
          sent.push(mine);
          const accepted = client.send(mine.prompt, { signal: mine.stop.signal });
          sending.push(
            accepted.then(
              () => void (mine.accepted = true),
              () => void (mine.accepted = false),
            ),
          );
        } else if (one.kind === 'take') taking = taking.then(take);
        else if (one.kind === 'abort') sent[one.which % Math.max(sent.length, 1)]?.stop.abort();
        else for (let turns = one.kind === 'rest' ? 10 : 1; turns > 0; turns -= 1) await settle();
        expect(client.buffered).toBeLessThanOrEqual(maxBuffered);
      }
      client.end();
      await taking;
      for await (const answer of { [Symbol.asyncIterator]: () => answers }) got.push(answer);
      await Promise.all(sending);
      const wanted = sent.filter(({ accepted }) => accepted === true).map(({ prompt }) => prompt);
      expect(got.map(({ prompt }) => prompt)).toEqual(wanted);
      expect(got.map(({ number }) => number)).toEqual(wanted.map((_, index) => index + 1));
      // Only what was meant to fail has failed.
      for (const one of got) expect(one.ok).toBe(!one.prompt.startsWith('!'));
      for (const one of got) if (one.ok) expect(one.answer).toBe(one.prompt.toUpperCase());
      expect([client.buffered, client.waiting]).toEqual([0, 0]);
    }),
    { numRuns: 60 },
  );
});

test('prompts are asked in one conversation, errors are answers too, and the loop ends after the last', async () => {
  const emulator = createEmulator({ script: [text('One.'), status(400), text('Three.')] });
  await using client = new BufferedClient({
    maxBuffered: 3,
    options: { send: emulator.send, env: {}, persistSession: false, tools: [], settingSources: [] },
  });
  await Promise.all(['1', '2', '3'].map((prompt) => client.send(prompt)));
  client.end();
  const said: unknown[] = [];
  for await (const one of client.answers()) said.push(one.ok ? one.answer : one.error instanceof APIError);
  expect(said).toEqual(['One.', true, 'Three.']);
  expect(JSON.stringify(emulator.requests.at(-1)?.messages)).toContain('One.');
});

test('a full buffer holds senders up until an answer is taken', async () => {
  await using client = new BufferedClient({ maxBuffered: 1, ask: (prompt) => prompt });
  await client.send('1');
  let accepted = false;
  const second = client.send('2').then(() => (accepted = true));
  await settle();
  expect([accepted, client.buffered, client.waiting]).toEqual([false, 1, 1]);
  await client.answers().next();
  await second;
  expect(client.buffered).toBe(1);
});

test('a loop that is left while it waits loses no answer', async () => {
  await using client = new BufferedClient({ ask: (prompt) => prompt });
  const first = client.answers();
  const pending = first.next();
  await first.return?.();
  expect(await pending).toEqual({ value: undefined, done: true });
  await client.send('1');
  expect(await client.answers().next()).toMatchObject({ value: { prompt: '1' } });
});

test('close ends senders, loops, and what is being asked', async () => {
  let stopped = false;
  const client = new BufferedClient({
    maxBuffered: 1,
    ask: (_, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => {
          stopped = true;
          reject(signal.reason);
        }),
      ),
  });
  await client.send('1');
  const [sender, reader] = [client.send('2'), client.answers().next()];
  const ended = Promise.allSettled([sender, reader]);
  await settle();
  await client.close();
  expect((await ended).every((one) => one.status === 'rejected' && one.reason instanceof AbortError)).toBe(true);
  expect(stopped).toBe(true);
  await expect(client.send('3')).rejects.toThrow(AbortError);
});

test('answers that lie ready are taken in the order in which they were asked for', async () => {
  await using client = new BufferedClient({ maxBuffered: 5, ask: (prompt) => prompt });
  for (const prompt of ['1', '2', '3']) await client.send(prompt);
  for (let turns = 0; turns < 10; turns += 1) await settle();
  client.end();
  const got: string[] = [];
  for await (const { prompt } of client.answers()) got.push(prompt);
  expect(got).toEqual(['1', '2', '3']);
});

test('an abort ends the wait for an answer', async () => {
  await using client = new BufferedClient({ ask: (prompt) => prompt });
  const controller = new AbortController();
  const next = client.answers({ signal: controller.signal }).next();
  controller.abort();
  await expect(next).rejects.toThrow(AbortError);
});

test.each([{ maxBuffered: 0 }, { ask: () => '', options: {} }])('%j cannot work', (o) => {
  expect(() => new BufferedClient(o)).toThrow(ConfigurationError);
});
