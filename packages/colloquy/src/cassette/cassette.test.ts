import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator, html, paced, status, text, toolUse } from '@colloquy/emulator';
import * as fc from 'fast-check';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { ClaudeAgentClient } from '../direct/agent-client.ts';
import { ChatClient } from '../direct/chat-client.ts';
import { APIError, ConfigurationError } from '../errors.ts';
import { collectText } from '../everyday/text-of-stream.ts';
import type { HttpSend } from '../messages-api/http-send.ts';
import { query } from '../query.ts';
import { cassetteOfSession, saveCassette } from './cassette-of-session.ts';
import { parseCassette } from './cassette.ts';
import { recordCassette } from './record-cassette.ts';
import { CassetteMismatchError, replayCassette } from './replay-cassette.ts';
import { meaningOf } from './request-meaning.ts';
import { useCassette } from './use-cassette.ts';

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});
afterEach(() => void vi.useRealTimers());
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-cassette-'));
  made.push(folder);
  return folder;
}
const newFile = (): string => join(newFolder(), 'deep', 'talk.jsonl');

const clientOf = (send: HttpSend, apiKey = 'sk-ant-api03-very-secret-key'): ChatClient =>
  new ChatClient({ send, apiKey, env: {}, maxRetries: 0 });

test('calls of a direct client are replayed without network: answers, counts, errors, the same question twice', async () => {
  const path = newFile();
  const emulator = createEmulator({ script: [text('One 🌙'), text('Two'), status(400), html(), text('Whole')] });
  const talk = async (send: HttpSend): Promise<unknown[]> => {
    const chat = clientOf(send);
    const told = (error: unknown): unknown =>
      error instanceof APIError ? [error.status, error.type, error.requestId] : error;
    return [
      await chat.countTokens('Hello'),
      (await chat.chat('Hello')).text,
      (await chat.chat('Hello')).text,
      await chat.chat('Bad').catch(told),
      await chat.chat('Page').catch(told),
      (await chat.chat('Whole', { stream: false })).text,
    ];
  };
  const first = await talk(recordCassette(path, { send: emulator.send }));
  const send = replayCassette(path);
  expect(await talk(send)).toEqual(first);
  send.finish();
  expect(first[1]).toBe('One 🌙');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('no credential and no secret is in the file, wherever it stood, also where a stream has cut it', async () => {
  const path = newFile();
  const key = 'sk-ant-api03-very-secret-key';
  const answer = text([
    'Your key is sk-ant-',
    'api03-very-secret',
    '-key, and ghp_',
    `${'a'.repeat(30)}, tax 12`,
    '-34-5678.',
  ]);
  const emulator = createEmulator({ script: [answer, text('Fine.')] });
  const secrets = ['12-34-5678', 'pa"ss\\word'];
  const ask = async (send: HttpSend): Promise<string> => {
    const chat = clientOf(send, key);
    const one = await chat.chat(`My key: ${key}, my password: pa"ss\\word, Bearer abcdefghijklmnop1234`);
    await chat.chat([
      { role: 'user', content: 'Again' },
      { role: 'assistant', content: one.message.content },
      { role: 'user', content: '-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----' },
    ]);
    return one.text;
  };
  expect(await ask(recordCassette(path, { send: emulator.send, secrets }))).toContain(key);
  const kept = readFileSync(path, 'utf8');
  expect(kept).not.toMatch(/very-secret|ghp_a|12-34|pa\\*"ss|abcdefghijklmnop|BEGIN RSA|authorization|x-api-key/i);
  const send = replayCassette(path, { secrets });
  expect(await ask(send)).toBe('Your key is <secret>, and <secret>, tax <secret>.');
  send.finish();
});

test('a secret is found in names of fields, in addresses, and as base64 at any place of it', async () => {
  const path = newFile();
  const [key, secret] = ['sk-ant-api03-very-secret-key', 'hunter2/very&secret'];
  const coded = (text: string): string => Buffer.from(text).toString('base64');
  const texts = [secret, `a${secret}`, `ab${secret}!`, `user:${key}`].map(coded);
  const url = `https://example.com/?next=%2F%3Fkey%3D${key}x&code=${encodeURIComponent(secret)}`;
  const call = toolUse('look', { [key]: 1, nested: [{ [secret]: url }], texts });
  const emulator = createEmulator({ script: [call, text('Fine.')] });
  const tools = [{ name: 'look', input_schema: { type: 'object' } }];
  const ask = async (send: HttpSend): Promise<string> => {
    const agent = new ClaudeAgentClient({ send, apiKey: key, env: {}, tools, stream: false });
    const [one] = (await agent.sendMessage('Look')).toolUses;
    return (await agent.sendMessage('Well?', { toolResults: [{ tool_use_id: one!.id, content: texts.join('\n') }] }))
      .text;
  };
  await ask(recordCassette(path, { send: emulator.send, secrets: [secret] }));
  const kept = readFileSync(path, 'utf8');
  for (const one of [key, secret, encodeURIComponent(secret), ...texts.map((one) => one.slice(8, -8))])
    expect(kept).not.toContain(one);
  const send = replayCassette(path, { secrets: [secret] });
  expect(await ask(send)).toBe('Fine.');
  send.finish();
});

test('the address that was asked is kept without its secrets', async () => {
  const path = newFile();
  const body = (async function* () {
    yield new TextEncoder().encode('{}');
  })();
  const answer = { status: 200, headers: {}, body };
  const send = recordCassette(path, { send: async () => answer, secrets: ['hunter2'] });
  const url = 'http://localhost/v1/models?token=hunter2&key=AIza0123456789012345678901234567890';
  for await (const _ of (await send({ method: 'GET', url, headers: {} })).body);
  expect(readFileSync(path, 'utf8')).toContain('/v1/models?token=<secret>&key=<secret>');
});

test('what differs from run to run has a name in the cassette, and is what it is now when replayed', async () => {
  const path = newFile();
  const [there, here] = [newFolder(), newFolder()];
  for (const folder of [there, here]) writeFileSync(join(folder, 'notes.txt'), `kept in ${folder}`);
  const emulator = createEmulator({
    script: [toolUse('Read', { file_path: join(there, 'notes.txt') }), text(`It is in ${there}.`)],
  });
  const ask = (send: HttpSend, cwd: string): Promise<string> =>
    collectText(
      query({ prompt: 'Read it', options: { send, cwd, env: {}, persistSession: false, settingSources: [] } }),
    );
  await ask(recordCassette(path, { send: emulator.send, replace: { '<folder>': there } }), there);
  expect(readFileSync(path, 'utf8')).not.toContain(there);
  rmSync(there, { recursive: true });
  const send = replayCassette(path, { replace: { '<folder>': here } });
  expect(await ask(send, here)).toBe(`It is in ${here}.`);
  send.finish();
});

test('the first request that is another one is refused with the difference, and everything after it too', async () => {
  const path = newFile();
  const chat = clientOf(recordCassette(path, { send: createEmulator({ script: [text('1'), text('2')] }).send }));
  await chat.chat('One', { system: 'Be short.' });
  await chat.chat('Two', { system: 'Be short.' });
  const send = replayCassette(path);
  const other = clientOf(send);
  await other.chat('One', { system: 'Be short.', maxTokens: 7 });
  const refused = other.chat('Two', { system: 'Be long.' });
  await expect(refused).rejects.toThrow(CassetteMismatchError);
  await expect(refused).rejects.toThrow(
    'To the recorded request 2 it is different in:\n  system[0].text\n    recorded: "Be short."\n    now:      "Be long."',
  );
  await expect(other.chat('Two', { system: 'Be short.' })).rejects.toThrow('Be long.');
  expect(() => send.finish()).toThrow('Be long.');
});

test('a tool that is new, or gone, is told by its name, and tools in another order as such', async () => {
  const path = newFile();
  const toolOf = (name: string): { name: string; input_schema: object } => ({ name, input_schema: { type: 'object' } });
  const ask = (send: HttpSend, ...names: string[]): Promise<unknown> =>
    clientOf(send).chat('Hello', { tools: names.map(toolOf) as never });
  await ask(recordCassette(path, { send: createEmulator().send }), 'a', 'b', 'c');
  await expect(ask(replayCassette(path), 'a', 'c', 'd')).rejects.toThrow(
    /different in:\n {2}tools\[b\]\n.*\n {4}now: {6}\(nothing\)\n {2}tools\[d\]\n {4}recorded: \(nothing\)/,
  );
  await expect(ask(replayCassette(path), 'b', 'a', 'c')).rejects.toThrow('tools[0].name');
});

test('entries of a log that are not all of it are refused', () => {
  expect(() => cassetteOfSession([{ v: 1, seq: 2, kind: 'prompt' }])).toThrow(ConfigurationError);
  expect(() => cassetteOfSession([null])).toThrow(ConfigurationError);
  expect(() => cassetteOfSession([{ v: 2, seq: 1, kind: 'prompt' }])).toThrow(ConfigurationError);
  expect(cassetteOfSession([])).toEqual({ exchanges: [] });
});

test('requests that are missing, and one too many, are told', async () => {
  const path = newFile();
  await clientOf(recordCassette(path, { send: createEmulator().send })).chat('One');
  expect(() => replayCassette(path).finish()).toThrow('1 of 1 requests');
  const chat = clientOf(replayCassette(path));
  await chat.chat('One');
  await expect(chat.chat('One')).rejects.toThrow('all 1 recorded ones were made before it');
});

test('requests side by side find their own answers, in whatever order they come', async () => {
  const path = newFile();
  const ask = async (send: HttpSend, prompts: string[]): Promise<string[]> =>
    Promise.all(prompts.map(async (prompt) => (await clientOf(send).chat(prompt)).text));
  const prompts = Array.from({ length: 20 }, (_, number) => `@emit ${number + 1}`);
  const first = await ask(recordCassette(path, { send: createEmulator().send }), prompts);
  expect(await ask(replayCassette(path), prompts.toReversed())).toEqual(first.toReversed());
});

test('an answer that was left when recorded is told if nobody leaves it now', async () => {
  const path = newFile();
  const emulator = createEmulator({ script: [paced(20, text('one two three four'))] });
  for await (const chunk of clientOf(recordCassette(path, { send: emulator.send })).stream('Count'))
    if (chunk.textDelta !== undefined) break;
  await emulator.idle();
  vi.useFakeTimers();
  const answer = clientOf(replayCassette(path)).chat('Count');
  const outcome = answer.catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await outcome).toBeInstanceOf(CassetteMismatchError);
});

test('bytes that are no text come back as they were', async () => {
  const path = newFile();
  const bytes = new Uint8Array([0, 255, 254, 10, 128]);
  const send: HttpSend = async () => ({
    status: 200,
    headers: { 'content-type': 'image/png', 'set-cookie': 'no' },
    body: (async function* () {
      yield bytes;
    })(),
  });
  const read = async (from: HttpSend): Promise<unknown> => {
    const answer = await from({ method: 'GET', url: 'https://api.example/v1/files/1/content', headers: {} });
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    return { ...answer, body: Buffer.concat(chunks).toJSON().data };
  };
  await read(recordCassette(path, { send }));
  expect(await read(replayCassette(path))).toEqual({
    status: 200,
    headers: { 'content-type': 'image/png' },
    body: [...bytes],
  });
});

test('a line that a kill has torn is dropped, another file is refused, and a cassette can be saved', async () => {
  const path = newFile();
  await clientOf(recordCassette(path, { send: createEmulator().send })).chat('One');
  const whole = readFileSync(path, 'utf8');
  appendFileSync(path, '{"number":2,"method":"PO');
  await clientOf(replayCassette(path)).chat('One');
  saveCassette(parseCassette(readFileSync(path, 'utf8'), path), path);
  expect(readFileSync(path, 'utf8')).toBe(whole);
  appendFileSync(path, '{"rubbish":1}\n{"rubbish":2}\n');
  expect(() => replayCassette(path)).toThrow('Line 3 of');
  writeFileSync(path, '{"key":"value"}\n');
  expect(() => replayCassette(path)).toThrow(ConfigurationError);
  expect(() => replayCassette(join(path, 'none'))).toThrow(/ENOTDIR/);
});

test('a test of vitest records its cassette once, replays it, and fails when it was not followed', async () => {
  const folder = newFolder();
  const finished: (() => void)[] = [];
  const context = {
    task: { name: 'says "hi"', file: { filepath: join(folder, 'greet.test.ts') } },
    onTestFinished: (run: () => void) => void finished.push(run),
  };
  const { send } = createEmulator({ script: [text('Hi.')] });
  await expect(async () => useCassette(context, { env: { CI: 'true' } })).rejects.toThrow('COLLOQUY_RECORD=1');
  await clientOf(useCassette(context, { send, env: {} })).chat('Hello');
  finished.splice(0).forEach((run) => run());
  expect(readdirSync(join(folder, '__cassettes__'))).toEqual([
    expect.stringMatching(/^greet\.says-hi\.[0-9a-f]{6}\.jsonl$/),
  ]);
  expect((await clientOf(useCassette(context, { env: { CI: 'true' } })).chat('Hello')).text).toBe('Hi.');
  finished.splice(0).forEach((run) => run());
  useCassette(context, { env: {} });
  expect(() => finished.forEach((run) => run())).toThrow(CassetteMismatchError);
  expect(existsSync(join(folder, '__cassettes__'))).toBe(true);
});

test('several clients of one test share its cassette, and a test that is tried again begins anew', async () => {
  const finished: (() => void)[] = [];
  const context = {
    task: { name: 'two', file: { filepath: join(newFolder(), 'two.test.ts') } },
    onTestFinished: (run: () => void) => void finished.push(run),
  };
  const { send } = createEmulator({ script: [text('One.'), text('Two.')] });
  const asked = async (o: object): Promise<string[]> => {
    const answers = [];
    for (const prompt of ['1', '2']) answers.push((await clientOf(useCassette(context, o)).chat(prompt)).text);
    finished.splice(0).forEach((run) => run());
    return answers;
  };
  expect(await asked({ send, env: {} })).toEqual(['One.', 'Two.']);
  expect(await asked({ env: { CI: 'true' } })).toEqual(['One.', 'Two.']);
  expect(await asked({ env: { CI: 'true' } })).toEqual(['One.', 'Two.']);
});

test('a request means the same whatever its markers, ids and moments, and another thing with other words', () => {
  const words = fc.string({ minLength: 1, unit: fc.constantFrom('a', 'b', ' ') });
  fc.assert(
    fc.property(
      words,
      words,
      fc.uuid(),
      fc.uuid(),
      fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }),
      (one, two, a, b, at) => {
        const request = (said: string, id: string, marked: boolean): unknown => ({
          model: 'm',
          max_tokens: marked ? 1 : 2,
          metadata: { user_id: id },
          system: marked ? [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }] : 's',
          messages: [
            { role: 'user', content: marked ? [{ type: 'text', text: said, cache_control: {} }] : said },
            { role: 'assistant', content: [{ type: 'tool_use', id: `toolu_${id}`, name: 't', input: { id: 1 } }] },
            {
              role: 'user',
              content: [
                {
                  type: 'tool_result',
                  tool_use_id: `toolu_${id}`,
                  content: `${id} ${marked ? at.toISOString() : '2026-01-01T00:00:00Z'}`,
                },
              ],
            },
          ],
        });
        expect(meaningOf(request(one, a, true))).toEqual(meaningOf(request(one, b, false)));
        if (one !== two) expect(meaningOf(request(one, a, true))).not.toEqual(meaningOf(request(two, a, true)));
      },
    ),
  );
});
