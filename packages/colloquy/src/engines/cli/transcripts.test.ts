import { mkdir, mkdtemp, realpath, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newestSession, transcriptOf } from './transcripts.ts';
import { readTranscript } from './read-transcript.ts';

const id = (digit: number): string => `${digit}1111111-2222-4333-8444-555555555555`;

test('the newest session of a folder is the one whose file changed last', async () => {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'colloquy-claude-')));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const env = { CLAUDE_CONFIG_DIR: root };
  expect(await newestSession(env, root)).toBeUndefined();
  const folder = join(root, 'projects', root.replaceAll(/[^a-zA-Z0-9]/g, '-'));
  await mkdir(folder, { recursive: true });
  await mkdir(join(root, 'projects', '-elsewhere'));
  const write = async (path: string, atSeconds: number, text = '{}'): Promise<void> => {
    await writeFile(path, text);
    await utimes(path, atSeconds, atSeconds);
  };
  await write(join(folder, `${id(1)}.jsonl`), 100);
  await write(join(folder, `${id(2)}.jsonl`), 200);
  await write(join(folder, `${id(3)}.jsonl`), 300, '');
  await write(join(folder, 'agent-1.jsonl'), 400);
  await write(join(root, 'projects', '-elsewhere', `${id(4)}.jsonl`), 500);
  expect(await newestSession(env, root)).toBe(id(2));
  expect(await transcriptOf(env, id(1))).toBe(join(folder, `${id(1)}.jsonl`));
  expect(await transcriptOf(env, id(3))).toBeUndefined();
  expect(await transcriptOf(env, id(9))).toBeUndefined();
});

test('the conversation is read back from its last message, past what is no message of it', async () => {
  const root = await mkdtemp(join(tmpdir(), 'colloquy-claude-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const file = join(root, 'session.jsonl');
  const line = (uuid: string, parentUuid: string | null, type: string, more: object = {}): string =>
    JSON.stringify({ uuid, parentUuid, type, sessionId: 's', message: { role: type, content: uuid }, ...more });
  const lines = [
    '{"type":"queue-operation"}',
    line('a', null, 'user'),
    line('b', 'a', 'attachment', { message: undefined }),
    line('c', 'b', 'assistant'),
    line('gone', 'c', 'user'),
    line('d', 'c', 'user', { isMeta: true }),
    line('e', 'd', 'assistant'),
    line('side', 'e', 'assistant', { isSidechain: true }),
    '{"type":"user","uuid":"cut',
  ];
  await writeFile(file, lines.join('\n'));
  const history = await readTranscript(file);
  expect(history.map(({ type, uuid }) => [type, uuid])).toEqual([
    ['user', 'a'],
    ['assistant', 'c'],
    ['assistant', 'e'],
  ]);
});
