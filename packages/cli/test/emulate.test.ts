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
  const text = await emulator.until('colloquy ask');
  expect(text).toMatch(
    /^The emulator listens at (http:\S+)\. To use it from another terminal:\n {2}ANTHROPIC_BASE_URL=\1 /,
  );
  emulator.kill('SIGINT');
  expect(await emulator.finished).toMatchObject({ code: 0, stderr: '' });
});

test('a port that is taken is told, and the exit code is 1', async () => {
  await using workspace = await createWorkspace();
  const emulator = workspace.start(['emulate', '--json']);
  const { url } = JSON.parse(await emulator.until('\n')) as { url: string };
  const second = await workspace.run(['emulate', '--port', new URL(url).port]);
  expect(second).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('EADDRINUSE') });
  expect(await workspace.run(['emulate', '--port', '70000'])).toMatchObject({ code: 2 });
});
