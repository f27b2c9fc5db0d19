import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEmulator, type Reply, text, toolUse } from '@colloquy/emulator';
import { ClaudeSDKClient, deleteSession, type Options, type SDKMessage } from 'colloquy';
import { beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';

let cwd: string;
let home: string;

process.env['COLLOQUY_HOME'] ??= temporaryFolder('checkpoints-home');
beforeEach(() => {
  cwd = temporaryFolder('checkpoints');
  home = temporaryFolder('checkpoints-home');
});

const FIRST = '00000000-0000-4000-8000-000000000001';
const SECOND = '00000000-0000-4000-8000-000000000002';

const write = (file: string, content: string): Reply => toolUse('Write', { file_path: join(cwd, file), content });
const read = (file: string): Reply => toolUse('Read', { file_path: join(cwd, file) });
const at = (file: string): string => join(cwd, file);
const contentOf = (file: string): string => readFileSync(at(file), 'utf8');

async function connected(script: readonly Reply[], options: Options = {}): Promise<ClaudeSDKClient> {
  const client = new ClaudeSDKClient({
    send: createEmulator({ script }).send,
    env: { ANTHROPIC_API_KEY: 'test', PATH: process.env['PATH'] },
    cwd,
    persistSession: false,
    permissionMode: 'acceptEdits',
    enableFileCheckpointing: true,
    ...options,
  });
  await client.connect();
  return client;
}

async function ask(client: ClaudeSDKClient, uuid: string, prompt: string): Promise<SDKMessage[]> {
  const messages: SDKMessage[] = [];
  async function* prompts(): AsyncGenerator<never> {
    yield { type: 'user', uuid, message: { role: 'user', content: prompt }, parent_tool_use_id: null } as never;
  }
  await client.query(prompts());
  for await (const message of client.receiveResponse()) messages.push(message);
  return messages;
}

test('files are set back to what they were when a prompt was taken: changed, made, and taken away since', async () => {
  writeFileSync(at('old.txt'), 'one\ntwo\n');
  await using client = await connected([
    read('old.txt'),
    write('old.txt', 'one\nTWO\nthree\n'),
    text('Changed.'),
    write('old.txt', 'all new\n'),
    write('new.txt', 'hello\n'),
    text('Changed again.'),
  ]);
  await ask(client, FIRST, 'Change it.');
  await ask(client, SECOND, 'Change it again.');

  expect(await client.rewindFiles(SECOND, { dryRun: true })).toEqual({
    canRewind: true,
    filesChanged: [at('old.txt'), at('new.txt')],
    insertions: 3,
    deletions: 2,
  });
  expect(contentOf('old.txt')).toBe('all new\n');

  await client.rewindFiles(SECOND);
  expect(contentOf('old.txt')).toBe('one\nTWO\nthree\n');
  expect(existsSync(at('new.txt'))).toBe(false);

  unlinkSync(at('old.txt'));
  await client.rewindFiles(FIRST);
  expect(contentOf('old.txt')).toBe('one\ntwo\n');
  expect(await client.rewindFiles(FIRST)).toEqual({ canRewind: true, filesChanged: [], insertions: 0, deletions: 0 });
});

test('bytes that are no text come back as they were, and the model is told', async () => {
  const bytes = Buffer.from([0xff, 0x00, 0xfe, 0x0a]);
  writeFileSync(at('data.bin'), 'placeholder');
  const emulator = createEmulator({
    script: [read('data.bin'), write('data.bin', 'text'), text('Done.'), text('I see.')],
  });
  await using client = await connected([], {
    send: emulator.send,
    hooks: {
      PreToolUse: [{ matcher: 'Write', hooks: [async () => ({})] }],
      PostToolUse: [{ matcher: 'Read', hooks: [async () => ({})] }],
    },
  });
  await ask(client, FIRST, 'Change it.');
  // What stands there when files are set back is kept too.
  writeFileSync(at('data.bin'), bytes);
  expect((await client.rewindFiles(FIRST)).filesChanged).toEqual([at('data.bin')]);
  expect(contentOf('data.bin')).toBe('placeholder');
  await ask(client, SECOND, 'Well?');
  expect(JSON.stringify(emulator.requests.at(-1)?.body?.messages)).toContain('set these files back');
});

test('a link that stands where a file was is left as it is', async () => {
  const outside = join(home, 'outside.txt');
  writeFileSync(outside, 'secret\n');
  await using client = await connected([write('a.txt', 'mine\n'), text('Done.')]);
  await ask(client, FIRST, 'Make it.');
  unlinkSync(at('a.txt'));
  symlinkSync(outside, at('a.txt'));
  expect(await client.rewindFiles(FIRST)).toMatchObject({
    canRewind: true,
    filesChanged: [],
    skippedLinks: 1,
  });
  expect(readFileSync(outside, 'utf8')).toBe('secret\n');
});

test('what cannot be set back is said, and nothing is changed', async () => {
  await using plain = await connected([write('a.txt', 'mine\n'), text('Done.')], { enableFileCheckpointing: false });
  await ask(plain, FIRST, 'Make it.');
  expect(await plain.rewindFiles(FIRST)).toMatchObject({
    canRewind: false,
    error: expect.stringContaining('enableFileCheckpointing'),
  });
  expect(contentOf('a.txt')).toBe('mine\n');

  await using client = await connected([text('Hello.')]);
  await ask(client, FIRST, 'Hi.');
  await expect(client.rewindFiles(SECOND)).rejects.toThrow(`no prompt ${SECOND}`);
  expect(await client.rewindFiles(FIRST)).toEqual({ canRewind: true, filesChanged: [], insertions: 0, deletions: 0 });
});

test('backups outlive the process, and go with their session', async () => {
  writeFileSync(at('old.txt'), 'one\n');
  const first = await connected([read('old.txt'), write('old.txt', 'two\n'), text('Done.')], { persistSession: true });
  await ask(first, FIRST, 'Change it.');
  const id = first.sessionId() ?? '';
  await first.disconnect();

  await using second = await connected([text('Hello.')], { persistSession: true, resume: id });
  await ask(second, SECOND, 'Hi again.');
  await second.rewindFiles(FIRST);
  expect(contentOf('old.txt')).toBe('one\n');
  await second.disconnect();

  const backups = join(process.env['COLLOQUY_HOME'] ?? '', 'file-backups');
  expect(readdirSync(backups)).toContain(id);
  await deleteSession(id);
  expect(readdirSync(backups)).not.toContain(id);
});

const notebook = (source: string): string =>
  JSON.stringify({
    cells: [{ cell_type: 'code', id: 'one', source, metadata: {}, outputs: [], execution_count: null }],
    metadata: {},
    nbformat: 4,
    nbformat_minor: 5,
  });

test('what MultiEdit, NotebookEdit and agents have changed is set back as well', async () => {
  writeFileSync(at('many.txt'), 'one\ntwo\n');
  writeFileSync(at('book.ipynb'), notebook('print(1)'));
  const edits = [
    { old_string: 'one', new_string: 'ONE' },
    { old_string: 'two', new_string: 'TWO' },
  ];
  await using client = await connected(
    [
      read('many.txt'),
      toolUse('MultiEdit', { file_path: at('many.txt'), edits }),
      read('book.ipynb'),
      toolUse('NotebookEdit', { notebook_path: at('book.ipynb'), cell_id: 'one', new_source: 'print(2)' }),
      toolUse('Agent', { description: 'Write', prompt: 'Write' }),
      write('by-agent.txt', 'mine\n'),
      read('many.txt'),
      write('many.txt', 'gone\n'),
      text('Written.'),
      text('Done.'),
    ],
    { tools: ['Read', 'Write', 'MultiEdit', 'NotebookEdit', 'Agent'] },
  );
  await ask(client, FIRST, 'Change it.');
  expect([contentOf('many.txt'), contentOf('by-agent.txt')]).toEqual(['gone\n', 'mine\n']);
  expect(contentOf('book.ipynb')).toContain('print(2)');
  const { canRewind, filesChanged = [] } = await client.rewindFiles(FIRST);
  expect([canRewind, filesChanged.toSorted()]).toEqual([true, [at('book.ipynb'), at('by-agent.txt'), at('many.txt')]]);
  expect(contentOf('many.txt')).toBe('one\ntwo\n');
  expect(contentOf('book.ipynb')).toBe(notebook('print(1)'));
  expect(existsSync(at('by-agent.txt'))).toBe(false);
});

test('while a turn runs, nothing is set back', async () => {
  const during: unknown[] = [];
  await using client = await connected([write('a.txt', 'mine\n'), text('Done.')], {
    hooks: {
      PostToolUse: [
        {
          hooks: [
            async () => {
              during.push(await client.rewindFiles(FIRST));
              return {};
            },
          ],
        },
      ],
    },
  });
  await ask(client, FIRST, 'Make it.');
  expect(during).toEqual([{ canRewind: false, error: 'A turn is running; interrupt it first' }]);
  expect(contentOf('a.txt')).toBe('mine\n');
});

test('a file over 50 MB, which could not be backed up, is not changed, and the model is told', async () => {
  const size = 51 * 1024 * 1024;
  writeFileSync(at('large.txt'), Buffer.alloc(size, 'one\n'));
  const emulator = createEmulator({
    script: [
      toolUse('Read', { file_path: at('large.txt'), limit: 1 }),
      write('large.txt', 'small\n'),
      text('I cannot.'),
    ],
  });
  await using client = await connected([], { send: emulator.send });
  await ask(client, FIRST, 'Change it.');
  expect(statSync(at('large.txt')).size).toBe(size);
  expect(JSON.stringify(emulator.requests.at(-1)?.body?.messages.at(-1))).toContain('larger than 52428800 bytes');
});
