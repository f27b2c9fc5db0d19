import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator, cut, text } from '@colloquy/emulator';
import { afterAll, expect, test } from 'vitest';
import { ChatClient } from '../direct/chat-client.ts';
import { AbortError, APIConnectionError, ConfigurationError } from '../errors.ts';
import { query } from '../query.ts';
import { streamToFile } from './stream-to-file.ts';
import { tee } from './tee.ts';
import { collectText } from './text-of-stream.ts';

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-to-file-'));
  made.push(folder);
  return folder;
}

async function* of<T>(...items: T[]): AsyncGenerator<T, void, undefined> {
  yield* items;
}

test('text, bytes, chunks and messages become one file, and nothing is left beside it', async () => {
  const folder = newFolder();
  const emulator = createEmulator({ script: [text(['Hel', 'lo 🌙']), text(['Good', 'bye'])] });
  await using chat = new ChatClient({ send: emulator.send, env: {} });
  const options = { send: emulator.send, env: {}, persistSession: false, tools: [], settingSources: [] };
  const sizes = [
    await streamToFile(of('a', 'b🌙'), join(folder, '1')),
    await streamToFile(of(new Uint8Array([0, 255]), new Uint8Array([10])), join(folder, '2')),
    await streamToFile(chat.stream('Hello'), join(folder, '3')),
    await streamToFile(query({ prompt: 'Bye', options }), join(folder, '4')),
    await streamToFile(of(), join(folder, '5')),
  ];
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  expect(files.map((bytes) => bytes.toString('latin1'))).toEqual([
    Buffer.from('ab🌙').toString('latin1'),
    '\u0000ÿ\n',
    Buffer.from('Hello 🌙').toString('latin1'),
    'Goodbye',
    '',
  ]);
  expect(sizes.map(({ bytes }) => bytes)).toEqual(files.map(({ length }) => length));
});

test('a stream that breaks leaves the older file, and nothing else', async () => {
  const folder = newFolder();
  const path = join(folder, 'story.txt');
  writeFileSync(path, 'older');
  const emulator = createEmulator({ script: [cut({ afterEvents: 4 })] });
  await using chat = new ChatClient({ send: emulator.send, env: {}, maxRetries: 0 });
  await expect(streamToFile(chat.stream('Hello'), path)).rejects.toThrow(APIConnectionError);
  expect([readdirSync(folder), readFileSync(path, 'utf8')]).toEqual([['story.txt'], 'older']);
});

test('an abort ends it at once, even if the source hangs', async () => {
  const folder = newFolder();
  const controller = new AbortController();
  async function* hanging() {
    yield 'begun';
    controller.abort();
    await new Promise(() => {});
  }
  await expect(streamToFile(hanging(), join(folder, 'a'), { signal: controller.signal })).rejects.toThrow(AbortError);
  expect(readdirSync(folder)).toEqual([]);
});

test('the mode of an older file is kept, and a link is followed', async () => {
  const folder = newFolder();
  const [path, link] = [join(folder, 'file'), join(folder, 'link')];
  writeFileSync(path, 'older');
  chmodSync(path, 0o640);
  symlinkSync(path, link);
  await streamToFile(of('newer'), link);
  expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['newer', 0o640]);
  expect(readFileSync(link, 'utf8')).toBe('newer');
});

test('a folder that is not there, or is in the way, is told, and the source is not read', async () => {
  const folder = newFolder();
  let read = false;
  async function* source() {
    read = true;
    yield 'x';
  }
  await expect(streamToFile(source(), join(folder, 'none', 'file'))).rejects.toMatchObject({ code: 'ENOENT' });
  expect([read, existsSync(join(folder, 'none'))]).toEqual([false, false]);
  await expect(streamToFile(source(), folder)).rejects.toThrow(ConfigurationError);
  const socket = createServer().listen(join(folder, 'socket'));
  await once(socket, 'listening');
  await expect(streamToFile(source(), join(folder, 'socket'))).rejects.toThrow('is no file that could be replaced');
  expect([read, statSync(join(folder, 'socket')).isSocket()]).toEqual([false, true]);
  socket.close();
});

test('64 MB are written in constant memory, and no faster than the disk takes them', async () => {
  const folder = newFolder();
  const piece = new Uint8Array(64 * 1024);
  let most = 0;
  async function* large() {
    for (let number = 0; number < 1024; number += 1) {
      most = Math.max(most, process.memoryUsage().arrayBuffers);
      yield piece;
    }
  }
  const before = process.memoryUsage().arrayBuffers;
  expect(await streamToFile(large(), join(folder, 'large'))).toEqual({ bytes: 64 * 1024 * 1024 });
  expect(most - before).toBeLessThan(32 * 1024 * 1024);
});

test('collectText gives the text of messages, answers as paragraphs, and throws what the stream throws', async () => {
  const emulator = createEmulator({ script: [text(['One', ' two.'])] });
  const options = { send: emulator.send, env: {}, persistSession: false, tools: [], settingSources: [] };
  expect(await collectText(query({ prompt: 'Hello', options: { ...options, includePartialMessages: true } }))).toBe(
    'One two.',
  );
  expect(await collectText(of('a', 'b'))).toBe('ab');
  async function* broken() {
    yield 'a';
    throw new Error('cut');
  }
  await expect(collectText(broken())).rejects.toThrow('cut');
  const controller = new AbortController();
  controller.abort();
  await expect(collectText(of('a'), { signal: controller.signal })).rejects.toThrow(AbortError);
});

test('a character that is cut between two pieces is whole in the file', async () => {
  const path = join(newFolder(), 'file');
  async function* source() {
    yield 'a\ud83d';
    yield '';
    yield '\ude00b\ud83d';
    yield 'c\ud83d';
    yield new Uint8Array([100]);
    yield '\ud83d';
  }
  expect(await streamToFile(source(), path)).toEqual({ bytes: statSync(path).size });
  expect(readFileSync(path, 'utf8')).toBe('a😀b\ufffdc\ufffdd\ufffd');
});

test('a file that cannot be made leaves the stream, and holds nobody up who shares it', async () => {
  const folder = newFolder();
  const source = (async function* () {
    for (let number = 0; number < 5_000; number += 1) yield 'x';
  })();
  const [one, two] = tee(source, { maxBuffered: 10 });
  const [written, text] = await Promise.allSettled([
    streamToFile(one!, join(folder, 'none', 'file')),
    collectText(two!),
  ]);
  expect([written.status, text]).toEqual(['rejected', { status: 'fulfilled', value: 'x'.repeat(5_000) }]);
});

test.each([null, 5])('a piece that is %o is told', async (piece) => {
  const folder = newFolder();
  async function* source() {
    yield piece as never;
  }
  await expect(streamToFile(source(), join(folder, 'file'))).rejects.toThrow(ConfigurationError);
  await expect(collectText(source())).rejects.toThrow(ConfigurationError);
  expect(readdirSync(folder)).toEqual([]);
});
