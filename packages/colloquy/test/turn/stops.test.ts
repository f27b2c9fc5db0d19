import { once } from 'node:events';
import { join } from 'node:path';
import { createEmulator, paced, refusal, stall, status, text, toolUse } from '@colloquy/emulator';
import { createSdkMcpServer, type HttpSend, type Options, tool } from 'colloquy';
import { createApiEngine, createMemoryStore, openSqliteStore } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { openWorkplace, plainModel, promptOf, storeWith } from './recorded-session.ts';
import { newestBlocks, openScene, resultOf, sentMessages } from './scene.ts';

const plain = (words: string) => ({ type: 'text', text: words });

test('an interrupt while the input is being counted ends the turn, and the next prompt runs', async () => {
  const emulator = createEmulator({ script: [text('Next.')] });
  let tellCounting = (): void => {};
  const counting = new Promise<void>((resolve) => (tellCounting = resolve));
  let counted = 0;
  const send: HttpSend = async (request) => {
    counted += Number(request.url.endsWith('/count_tokens'));
    if (counted !== 1 || !request.url.endsWith('/count_tokens')) return emulator.send(request);
    tellCounting();
    await once(request.signal!, 'abort');
    throw request.signal!.reason;
  };
  await using scene = await openScene([], { send, maxBudgetUsd: 1 });
  const first = scene.turn('First');
  await counting;
  await scene.control('interrupt', {});
  expect(resultOf(await first)).toMatchObject({ terminal_reason: 'aborted_streaming' });
  expect(resultOf(await scene.turn('Second'))).toMatchObject({ subtype: 'success', result: 'Next.' });
});

test('an answer that pauses again and again is asked to go on ten times, and no more', async () => {
  const paused = { ...text('Still looking'), stopReason: 'pause_turn' };
  await using scene = await openScene(
    Array.from({ length: 30 }, () => paused),
    { model: 'claude-haiku-4-5' },
  );
  expect(resultOf(await scene.turn('Look'))).toMatchObject({ subtype: 'success', stop_reason: 'pause_turn' });
  expect(scene.emulator.requests).toHaveLength(11);
});

test('a prompt that the API will not take does not spoil the session', async () => {
  const bad = status(400, { message: 'Could not process image' });
  await using scene = await openScene([bad, bad, text('Fine.'), text('Still fine.')]);
  expect(resultOf(await scene.turn('[a broken picture]'))).toMatchObject({ is_error: true, api_error_status: 400 });
  expect(resultOf(await scene.turn('Hello'))).toMatchObject({ subtype: 'success', result: 'Fine.' });
  expect(resultOf(await scene.turn('Again'))).toMatchObject({ result: 'Still fine.' });
  expect(sentMessages(scene.emulator, 3).map(({ content }) => content)).toEqual([
    [plain('Hello')],
    [plain('Fine.')],
    [plain('Again')],
  ]);
});

test('a request that was refused for another reason loses nothing once that has passed', async () => {
  const poor = status(400, { message: 'The credit balance is too low' });
  await using scene = await openScene([poor, text('Both.')]);
  await scene.turn('One');
  expect(resultOf(await scene.turn('Two'))).toMatchObject({ result: 'Both.' });
  expect(sentMessages(scene.emulator, 1).map(({ content }) => content)).toEqual([[plain('One')], [plain('Two')]]);
});

test('the model is told where it works, even if the first turn is refused', async () => {
  await using scene = await openScene([refusal(), text('Sure.')], { tools: ['Read'] });
  await scene.turn('Something bad');
  await scene.turn('Something good');
  expect(newestBlocks(scene.emulator, 1)).toEqual([plain(`Working directory: ${scene.cwd}`), plain('Something good')]);
});

test('the model is told when a session goes on in another place', async () => {
  const emulator = createEmulator({ script: [text('One.'), text('Two.'), text('Three.')] });
  const engine = createApiEngine({ store: createMemoryStore(), send: emulator.send });
  const [here, there] = [openWorkplace().options.cwd, openWorkplace().options.cwd];
  let resume: string | undefined;
  for (const cwd of [here, there, there]) {
    await using session = await engine.open({ tools: ['Read'], env: {}, cwd, resume });
    resume = session.id;
    const messages = session.messages();
    await session.send(promptOf('Hi'));
    for await (const message of messages) if (message.type === 'result') break;
  }
  const told = [0, 1, 2].map((index) => newestBlocks(emulator, index).map((block) => block.text));
  expect(told).toEqual([[`Working directory: ${here}`, 'Hi'], [`Working directory: ${there}`, 'Hi'], ['Hi']]);
});

test('prompts that join a running turn do not get past a hook that blocks prompts', async () => {
  const asked: string[] = [];
  let sendNext = async (): Promise<unknown> => undefined;
  const work = tool('work', 'Works.', {}, async () => {
    await sendNext();
    return { content: [] };
  });
  const options: Options = {
    mcpServers: { w: createSdkMcpServer({ name: 'w', tools: [work] }) },
    allowedTools: ['mcp__w'],
    hooks: {
      UserPromptSubmit: [
        {
          hooks: [
            async (input) => {
              if (input.hook_event_name === 'UserPromptSubmit') asked.push(input.prompt);
              return asked.length === 2 ? { decision: 'block', reason: 'No.' } : {};
            },
          ],
        },
      ],
    },
  };
  const emulator = createEmulator({ script: [toolUse('mcp__w__work'), text('Done.')] });
  const engine = createApiEngine({ store: createMemoryStore(), send: emulator.send });
  await using session = await engine.open({ tools: [], env: {}, ...options });
  sendNext = () => session.send({ ...promptOf('Sneak in'), priority: 'next' });
  const messages = session.messages();
  await session.send(promptOf('Work'));
  const results: string[] = [];
  for await (const message of messages) {
    if (message.type !== 'result' || message.subtype !== 'success') continue;
    results.push(message.result);
    if (results.length === 2) break;
  }
  expect(asked).toEqual(['Work', 'Sneak in']);
  expect(results).toEqual(['Done.', 'No.']);
  expect(JSON.stringify(emulator.requests)).not.toContain('Sneak in');
});

test('a request whose process died does not count against maxTurns', async () => {
  const { options } = openWorkplace();
  const recording = createEmulator({ script: [text('Never seen.')] });
  const recorded = createMemoryStore();
  const engine = createApiEngine({ store: recorded, send: recording.send });
  await using first = await engine.open(options);
  const messages = first.messages();
  await first.send(promptOf('Go'));
  for await (const message of messages) if (message.type === 'result') break;
  const entries = await recorded.read(first.id, { after: 0 });
  const { store, id } = await storeWith(
    entries.slice(
      0,
      entries.findIndex(({ kind }) => kind === 'model_block'),
    ),
  );
  const second = createApiEngine({ store, send: plainModel().send });
  await using session = await second.open({ ...options, resume: id, maxTurns: 1 });
  for await (const message of session.messages({ after: '0.0.0' })) {
    if (message.type !== 'result') continue;
    expect(message).toMatchObject({ subtype: 'success', result: 'Fine.' });
    break;
  }
});

test('an interrupt that cancels the queue lets none of it begin, however many wait', async () => {
  const emulator = createEmulator({ script: [stall({ afterEvents: 6 })] });
  await using store = await openSqliteStore({ path: join(openWorkplace().options.cwd ?? '', 'store.db') });
  const engine = createApiEngine({ store, send: emulator.send });
  await using session = await engine.open({ tools: [], env: {} });
  await session.send(promptOf('Count'));
  await emulator.nextRequest();
  const waiting = [];
  for (const name of ['a', 'b', 'c']) waiting.push((await session.send(promptOf(name))).uuid);
  expect(await session.control('interrupt', { cancelQueued: true })).toEqual({ still_queued: [], cancelled: waiting });
  await session.send(promptOf('Hello'));
  await emulator.nextRequest();
  expect(emulator.requests).toHaveLength(2);
  expect(JSON.stringify(emulator.requests[1]?.messages)).toContain('Hello');
});

test('a time limit of months is not over at once', async () => {
  await using scene = await openScene([paced(20, text('Hello to all.'))], { timeoutMs: 1e10 });
  expect(resultOf(await scene.turn('Hi'))).toMatchObject({ subtype: 'success' });
});
