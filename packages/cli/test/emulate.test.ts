import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createWorkspace } from './run-cli.ts';

test('emulate says where it listens, and another command uses it as the API', async () => {
  await using workspace = await createWorkspace();
  const emulator = workspace.start(['emulate', '--json']);
  const { url } = JSON.parse(await emulator.until('\n')) as { url: string };
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);

  const env = { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'test-key' };
  expect(await workspace.run(['ask', '@say over the wire'], { env })).toEqual({
    code: 0,
    stdout: 'over the wire\n',
    stderr: '',
  });
  emulator.kill('SIGTERM');
  expect((await emulator.finished).code).toBe(0);
});

test('emulate tells a person what to type', async () => {
  await using workspace = await createWorkspace();
  const emulator = workspace.start(['emulate']);
  const text = await emulator.until('/\n');
  expect(text).toMatch(
    /^The emulator listens at (http:\S+)\. To use it from another terminal:\n {2}ANTHROPIC_BASE_URL=\1 .+\nIts page shows .+:\n {2}\1\/\n$/,
  );
  emulator.kill('SIGINT');
  expect(await emulator.finished).toMatchObject({ code: 0, stderr: '' });
});

test('with --be-the-model requests wait for whoever answers on the page', async () => {
  await using workspace = await createWorkspace();
  const emulator = workspace.start(['emulate', '--json', '--be-the-model']);
  const { url, page } = JSON.parse(await emulator.until('\n')) as { url: string; page: string };
  const html = await fetch(page);
  expect([page, html.status, await html.text()]).toEqual([`${url}/`, 200, expect.stringContaining('<title>Emulator')]);

  const env = { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'test-key' };
  const asking = workspace.run(['ask', '@say by itself'], { env });
  const id = await firstWaiting(page);
  const answered = await fetch(`${page}_emulator/requests/${id}/answer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ blocks: [{ type: 'text', text: 'typed by hand' }] }),
  });
  expect([answered.status, await asking]).toEqual([200, { code: 0, stdout: 'typed by hand\n', stderr: '' }]);
  emulator.kill('SIGTERM');
  expect((await emulator.finished).code).toBe(0);
});

test('a port that is taken is told, and the exit code is 1', async () => {
  await using workspace = await createWorkspace();
  const emulator = workspace.start(['emulate', '--json']);
  const { url } = JSON.parse(await emulator.until('\n')) as { url: string };
  const second = await workspace.run(['emulate', '--port', new URL(url).port]);
  expect(second).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('EADDRINUSE') });
  expect(await workspace.run(['emulate', '--port', '70000'])).toMatchObject({ code: 2 });
});

test('a scenario is played from its file, and one that cannot be played is refused with its place', async () => {
  await using workspace = await createWorkspace();
  const file = join(workspace.folder, 'scenario.json');
  await writeFile(
    file,
    // Some editors begin a file with a byte order mark.
    `\uFEFF${JSON.stringify({ replies: [{ status: 529 }, { when: { lastUserText: 'Hi' }, text: 'From the file' }] })}`,
  );
  const emulator = workspace.start(['emulate', '--json', '--scenario', file]);
  const { url } = JSON.parse(await emulator.until('\n')) as { url: string };
  const env = { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'test-key' };
  expect((await workspace.run(['ask', 'Hi'], { env })).stdout).toBe('From the file\n');
  emulator.kill('SIGTERM');

  await writeFile(file, '{"replies":[{"txt":"Hi"}]}');
  expect(await workspace.run(['emulate', '--scenario', file])).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^colloquy: .*scenario\.json: The scenario cannot be played: replies\[0\]\.txt is not known/,
    ),
  });
  await writeFile(file, 'replies: []');
  expect(await workspace.run(['emulate', '--scenario', file])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('scenario.json is not JSON\n  because: Unexpected token'),
  });
  for (const [path, code] of [
    ['gone.json', 'ENOENT'],
    ['.', 'EISDIR'],
  ] as const) {
    expect(await workspace.run(['emulate', '--scenario', path])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`colloquy: ${path} cannot be read\n  because: ${code}`),
    });
  }
});

/** The id of the first request that the page's events tell as waiting. */
async function firstWaiting(page: string): Promise<string> {
  const leave = new AbortController();
  const events = await fetch(`${page}_emulator/events`, { signal: leave.signal });
  let told = '';
  const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    told += next.value;
    const [, id] = /"id":"(req_\w+)"[^{}]*"state":"waiting"/.exec(told) ?? [];
    if (id === undefined) continue;
    leave.abort();
    return id;
  }
  throw new Error(`Nobody waits: ${told}`);
}
