import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEmulator, maxTokens, rateLimited, text, toolUse } from '@colloquy/emulator';
import { textOf, type SDKMessage } from 'colloquy';
import { expect, test } from 'vitest';
import { jsonOf, signIn } from '../src/testing/test-app.ts';
import {
  createSession,
  follow,
  isRequest,
  isResult,
  requestOf,
  sendPrompt,
  startServer,
  temporaryFolder,
} from './running-server.ts';
import type { Frame } from './sse-reader.ts';

// Conversations over HTTP, on the real engine with the emulator as the model.

const kindOf = (message: SDKMessage | undefined): string =>
  message === undefined ? 'none' : 'subtype' in message ? `${message.type}/${message.subtype}` : message.type;
const kindsOf = (frames: readonly Frame[]): string[] => frames.map(({ message }) => kindOf(message));
/** Time that goes on only as far as the test allows: an emulator with this clock sends a delta a step. */
class Steps {
  #allowed = 0;
  #waiting: (() => void) | undefined;

  allow(steps: number): void {
    this.#allowed += steps;
    this.#waiting?.();
  }

  now(): number {
    return 0;
  }

  async sleep(): Promise<void> {
    while (this.#allowed === 0) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    this.#allowed -= 1;
  }
}

function textDelta({ message }: Frame): string {
  if (message?.type !== 'stream_event' || message.event.type !== 'content_block_delta') return '';
  return message.event.delta.type === 'text_delta' ? message.event.delta.text : '';
}
const settled = (frames: readonly Frame[]): Frame[] => frames.filter(({ message }) => message?.type !== 'stream_event');

test('a prompt is accepted, told back, answered in fragments and then whole, and ends with a result', async () => {
  const { client } = await startServer({ emulator: createEmulator({ script: [text('Hello, you.')] }) });
  const id = await createSession(client, { title: 'First' });
  const stream = await follow(client, id);
  const uuid = '7d0f4c1e-51c2-4f0e-9d5a-0a4a5d1b2c3d';
  expect(await sendPrompt(client, id, 'Hello', { uuid })).toEqual({ uuid, seq: 1 });
  const frames = await stream.until(isResult);
  const [queued, started] = ['command_lifecycle', 'command_lifecycle'];
  expect(kindsOf(settled(frames))).toEqual(['user', queued, 'system/init', started, 'assistant', 'result/success']);
  expect(frames[0]?.message).toMatchObject({ type: 'user', isReplay: true, uuid, message: { role: 'user' } });
  expect(frames.map(textDelta).join('')).toBe('Hello, you.');
  expect(frames.at(-1)?.message).toMatchObject({ result: 'Hello, you.' });
  expect(frames.every(({ id: place }) => /^\d+\.\d+\.\d+(\.\d+)?$/.test(place ?? ''))).toBe(true);
});

test('the list and the session tell title, folder, model and whether a turn runs', async () => {
  const folder = await temporaryFolder();
  const { client } = await startServer({ folder, emulator: createEmulator({ script: [text('1'), text('2')] }) });
  const first = await createSession(client);
  const second = await createSession(client, { title: 'Named', permissionMode: 'readOnly' });
  for (const id of [second, first]) {
    const stream = await follow(client, id);
    await sendPrompt(client, id, `Prompt of ${id}`);
    await stream.until(isResult);
  }
  const list = await jsonOf<{ data: { id: string }[]; next_page: string | null }>(client.get('/v1/native/sessions'));
  expect(list).toEqual({
    data: [
      expect.objectContaining({ id: first, title: `Prompt of ${first}`, running: false, permission_mode: 'default' }),
      expect.objectContaining({
        id: second,
        title: 'Named',
        running: false,
        permission_mode: 'readOnly',
        model: 'claude-opus-5-5',
      }),
    ],
    next_page: null,
  });
  expect(await jsonOf(client.post(`/v1/native/sessions/${second}`, { title: 'Renamed' }))).toMatchObject({
    id: second,
    title: 'Renamed',
  });
  expect(await jsonOf(client.get(`/v1/native/sessions/${second}`))).toMatchObject({ title: 'Renamed' });
});

test('one prompt sent many times under one uuid is one prompt', async () => {
  const { client, emulator } = await startServer({ emulator: createEmulator({ script: [text('Once')] }) });
  const id = await createSession(client);
  const stream = await follow(client, id);
  const uuid = '7d0f4c1e-51c2-4f0e-9d5a-0a4a5d1b2c3e';
  const answers = await Promise.all(Array.from({ length: 20 }, () => sendPrompt(client, id, 'Hello', { uuid })));
  expect(new Set(answers.map(({ seq }) => seq))).toEqual(new Set([1]));
  await stream.until(isResult);
  expect(emulator.requests).toHaveLength(1);
});

/** A conversation with fragments, tools, a refused call, a retry and two turns, to its end. */
async function longConversation() {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'notes.txt'), 'one\ntwo\n');
  const server = await startServer({
    folder,
    emulator: createEmulator({
      script: [
        toolUse('Read', { file_path: join(folder, 'notes.txt') }),
        text('It has two lines.'),
        rateLimited({ retryAfterSeconds: 0 }),
        toolUse('Bash', { command: 'touch side-effect' }),
        maxTokens('It was not'),
        text(' allowed.'),
      ],
    }),
  });
  const id = await createSession(server.client, { permissionMode: 'default' });
  const stream = await follow(server.client, id);
  await sendPrompt(server.client, id, 'Read notes.txt');
  const frames = await stream.until(isResult);
  await sendPrompt(server.client, id, 'Run it');
  const asked = await stream.until(isRequest);
  const answer = { request: requestOf(asked.at(-1)), decision: { behavior: 'deny', message: 'Not now' } };
  expect(await jsonOf(server.client.post(`/v1/sessions/${id}/answers`, answer))).toMatchObject({ won: true });
  frames.push(...asked, ...(await stream.until(isResult)));
  return { ...server, folder, id, frames };
}

test('a reader that comes back at any message finds exactly the messages behind it: no gap, no double', async () => {
  const { client, id, frames } = await longConversation();
  const all = settled(frames);
  expect(kindsOf(all)).toContain('system/api_retry');
  const identity = ({ message }: Frame): string => `${kindOf(message)} ${message?.uuid ?? ''}`;
  for (const [index, { id: place }] of frames.entries()) {
    const behind = settled(frames.slice(index + 1)).map(identity);
    if (behind.length === 0) continue;
    const stream = await follow(client, id, place);
    const seen: string[] = [];
    while (seen.length < behind.length) {
      const frame = await stream.next();
      if (frame?.message !== undefined && frame.message.type !== 'stream_event') seen.push(identity(frame));
    }
    expect(seen).toEqual(behind);
    await stream.close();
  }
});

test('after a restart of the server the whole conversation is told again, message for message', async () => {
  const first = await longConversation();
  await first.stop();
  const second = await startServer({ folder: first.folder });
  const stream = await follow(second.client, first.id);
  const told = settled(await stream.until(({ message }) => message?.uuid === first.frames.at(-1)?.message?.uuid));
  expect(told.map(({ message }) => message)).toEqual(settled(first.frames).map(({ message }) => message));
});

test('a cursor that the session has not come to is a 400', async () => {
  const { client } = await startServer();
  const id = await createSession(client);
  for (const after of ['1.1.0', '2.0.0', '1.0.1']) {
    expect((await client.get(`/v1/sessions/${id}/messages/stream?after=${after}`)).status).toBe(400);
  }
});

test('the log tells the entries as they are stored, in pages', async () => {
  const { client } = await startServer({ emulator: createEmulator({ script: [text('Hi')] }) });
  const id = await createSession(client);
  const stream = await follow(client, id);
  await sendPrompt(client, id, 'Hello');
  await stream.until(isResult);
  type Log = { data: { seq: number; kind: string }[]; head: number };
  const whole = await jsonOf<Log>(client.get(`/v1/sessions/${id}/log`));
  expect(whole.data.map(({ seq }) => seq)).toEqual(Array.from({ length: whole.head }, (_, index) => index + 1));
  expect(whole.data[0]).toMatchObject({ kind: 'prompt', content: [{ type: 'text', text: 'Hello' }] });
  expect(whole.data.at(-1)).toMatchObject({ kind: 'turn_end' });
  const page = await jsonOf<Log>(client.get(`/v1/sessions/${id}/log?after=2&limit=2`));
  expect(page.data).toEqual(whole.data.slice(2, 4));
});

test('a prompt for permission waits for a person, shows to every reader, and goes away with the first answer', async () => {
  const { app, client, faults } = await startServer({
    emulator: createEmulator({ script: [toolUse('Bash', { command: 'touch it-ran' }), text('Done.')] }),
  });
  const id = await createSession(client);
  const other = await signIn(app);
  const [mine, theirs] = [await follow(client, id), await follow(other, id)];
  await sendPrompt(client, id, 'Run it');
  const [asked, shown] = [await mine.until(isRequest), await theirs.until(isRequest)];
  expect(asked.at(-1)?.message).toMatchObject({ tool_name: 'Bash', input: { command: 'touch it-ran' } });
  expect(shown.at(-1)?.message).toEqual(asked.at(-1)?.message);
  expect(await jsonOf(client.get(`/v1/native/sessions/${id}`))).toMatchObject({ running: true });

  const request = requestOf(asked.at(-1));
  const answers = await Promise.all([
    jsonOf<{ won: boolean; by: string }>(
      client.post(`/v1/sessions/${id}/answers`, { request, decision: { behavior: 'allow' } }),
    ),
    jsonOf<{ won: boolean; by: string }>(
      other.post(`/v1/sessions/${id}/answers`, { request, decision: { behavior: 'deny' } }),
    ),
  ]);
  expect(answers.filter(({ won }) => won)).toHaveLength(1);
  const winner = answers.find(({ won }) => won)?.by;
  expect(answers.map(({ by }) => by)).toEqual([winner, winner]);
  for (const reader of [mine, theirs]) {
    const frames = await reader.until(isResult);
    expect(frames.map(({ message }) => message)).toContainEqual(
      expect.objectContaining({ subtype: 'permission_answered', request, by: winner }),
    );
  }
  // Long after, the answer is still the first one's.
  const late = await client.post(`/v1/sessions/${id}/answers`, { request, decision: { behavior: 'deny' } });
  expect([late.status, await jsonOf(late)]).toEqual([200, { won: false, by: winner }]);
  // Whoever has won hears so as often as they send the very same.
  const [winning, deciding] = answers[0]?.won === true ? [client, 'allow'] : [other, 'deny'];
  const repeated = (decision: object): Promise<object> =>
    jsonOf(winning.post(`/v1/sessions/${id}/answers`, { request, decision }));
  expect(await repeated({ behavior: deciding })).toEqual(answers.find(({ won }) => won));
  const another = { behavior: deciding, ...(deciding === 'deny' ? { message: 'No' } : { updatedInput: { a: 1 } }) };
  expect(await repeated(another)).toEqual({ won: false, by: winner });
  expect(
    (await client.post(`/v1/sessions/${id}/answers`, { request: 9_999, decision: { behavior: 'deny' } })).status,
  ).toBe(400);
  expect(faults).toEqual([]);
});

test('the input that a person changed is the input that runs', async () => {
  const { client } = await startServer({
    emulator: createEmulator({ script: [toolUse('Bash', { command: 'touch first' }), text('Done.')] }),
  });
  const id = await createSession(client);
  const stream = await follow(client, id);
  await sendPrompt(client, id, 'Run it');
  const request = requestOf((await stream.until(isRequest)).at(-1));
  const decision = { behavior: 'allow', updatedInput: { command: 'echo second' } };
  await client.post(`/v1/sessions/${id}/answers`, { request, decision });
  const results = (await stream.until(isResult)).filter(({ message }) => message?.type === 'user');
  expect(JSON.stringify(results.at(-1)?.message)).toContain('second');
});

test('a prompt for permission outlives a restart and can be answered after it', async () => {
  const folder = await temporaryFolder();
  const emulator = createEmulator({
    script: [toolUse('Bash', { command: 'touch made; ls' }), text('It ran.')],
  });
  const first = await startServer({ folder, emulator });
  const id = await createSession(first.client);
  const before = await follow(first.client, id);
  await sendPrompt(first.client, id, 'Run it');
  const request = requestOf((await before.until(isRequest)).at(-1));
  await first.stop();

  const second = await startServer({ folder, emulator });
  await second.app.recovered;
  expect(await jsonOf(second.client.get(`/v1/native/sessions/${id}`))).toMatchObject({ running: true });
  const after = await follow(second.client, id);
  const shown = (await after.until(isRequest)).at(-1);
  const answer = { request: requestOf(shown), decision: { behavior: 'allow' } };
  expect(requestOf(shown)).toBe(request);
  expect(await jsonOf(second.client.post(`/v1/sessions/${id}/answers`, answer))).toMatchObject({ won: true });
  const frames = await after.until(isResult);
  expect(JSON.stringify(frames.map(({ message }) => message))).toContain('made');
  expect(frames.at(-1)?.message).toMatchObject({ result: 'It ran.' });
});

test('readers come and go and the turn runs on', async () => {
  const { client } = await startServer({
    emulator: createEmulator({ script: [text('x '.repeat(200))], gapMs: 1 }),
  });
  const id = await createSession(client);
  const leaving = await follow(client, id);
  await sendPrompt(client, id, 'Hello');
  await leaving.until(({ message }) => message?.type === 'stream_event');
  await leaving.close();
  const staying = await follow(client, id);
  const result = (await staying.until(isResult)).at(-1)?.message;
  expect(result === undefined ? '' : textOf(result)).toBe('x '.repeat(200));
});

test('a connection lost at every single fragment goes on at the very next one', async () => {
  const words = Array.from({ length: 40 }, (_, index) => `w${index} `).join('');
  const steps = new Steps();
  const { client } = await startServer({ emulator: createEmulator({ script: [text(words)], gapMs: 1, clock: steps }) });
  const id = await createSession(client);
  let stream = await follow(client, id);
  await sendPrompt(client, id, 'Hello');
  let told = '';
  let frame = await stream.next();
  for (; frame !== undefined && frame.message?.type !== 'assistant'; frame = await stream.next()) {
    told += textDelta(frame);
    await stream.close();
    stream = await follow(client, id, frame.id);
    if (frame.message?.type === 'stream_event') steps.allow(1);
  }
  // Fragments of a block that is told whole are told no more, so the last of them may be missing.
  expect(words.slice(0, told.length)).toBe(told);
  expect(told.length).toBeGreaterThan(words.length * 0.8);
  expect(frame?.message).toMatchObject({ message: { content: [{ type: 'text', text: words }] } });
});

test('an interrupt ends the turn with a result, and the next prompt is answered', async () => {
  const { client } = await startServer({
    emulator: createEmulator({ script: [text('word '.repeat(2_000)), text('Again.')], gapMs: 5 }),
  });
  const id = await createSession(client);
  const stream = await follow(client, id);
  await sendPrompt(client, id, 'Talk');
  await stream.until(({ message }) => message?.type === 'stream_event' && message.event.type === 'content_block_delta');
  const interrupted = await client.post(`/v1/sessions/${id}/control`, { name: 'interrupt', args: {} });
  expect([interrupted.status, await jsonOf(interrupted)]).toEqual([200, { still_queued: [], seq: expect.any(Number) }]);
  expect((await stream.until(isResult)).at(-1)?.message).toMatchObject({ terminal_reason: 'aborted_streaming' });
  await sendPrompt(client, id, 'Once more');
  expect((await stream.until(isResult)).at(-1)?.message).toMatchObject({ result: 'Again.' });
});

test('a mode that is set holds after a restart, and the session tells it', async () => {
  const folder = await temporaryFolder();
  const emulator = createEmulator({ script: [toolUse('Bash', { command: 'touch no' }), text('Denied.')] });
  const first = await startServer({ folder, emulator });
  const id = await createSession(first.client);
  const set = await first.client.post(`/v1/sessions/${id}/control`, {
    name: 'setPermissionMode',
    args: { mode: 'readOnly' },
  });
  expect(await jsonOf(set)).toEqual({ mode: 'default' });
  await first.stop();
  const second = await startServer({ folder, emulator });
  expect(await jsonOf(second.client.get(`/v1/native/sessions/${id}`))).toMatchObject({ permission_mode: 'readOnly' });
  const stream = await follow(second.client, id);
  await sendPrompt(second.client, id, 'Run it');
  const frames = await stream.until(isResult);
  expect(kindsOf(frames)).toContain('system/permission_denied');
});

test('a session that is deleted is gone, with its streams', async () => {
  const { client } = await startServer({ emulator: createEmulator({ script: [text('Hi')] }) });
  const id = await createSession(client);
  const stream = await follow(client, id);
  await sendPrompt(client, id, 'Hello');
  await stream.until(isResult);
  expect((await stream.next())?.message).toMatchObject({ type: 'command_lifecycle', state: 'completed' });
  expect((await client.delete(`/v1/native/sessions/${id}`)).status).toBe(204);
  expect(await stream.next()).toBeUndefined();
  expect((await client.get(`/v1/sessions/${id}/log`)).status).toBe(404);
  expect((await client.get(`/v1/sessions/${id}/messages/stream`)).status).toBe(404);
  expect((await client.delete(`/v1/native/sessions/${id}`)).status).toBe(404);
});

test('a session that another server holds is a 409 here, and its log can be read', async () => {
  const folder = await temporaryFolder();
  const first = await startServer({ folder });
  const id = await createSession(first.client);
  const second = await startServer({ folder });
  const response = await second.client.post(`/v1/sessions/${id}/messages`, {
    type: 'user',
    message: { role: 'user', content: 'Hello' },
  });
  expect([response.status, response.headers.get('x-should-retry')]).toEqual([409, 'false']);
  expect((await second.client.get(`/v1/sessions/${id}/log`)).status).toBe(200);
});
