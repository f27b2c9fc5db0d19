import { expect, test } from 'vitest';
import { bashTool } from './bash.ts';
import { createWorkspace } from './temporary-workspace.ts';

test('gives back what a command printed', async () => {
  await using place = await createWorkspace({ 'a.txt': '' });
  expect(await place.run(bashTool, { command: 'ls; echo warning >&2' })).toEqual({
    content: 'a.txt\nwarning',
    isError: false,
    structured: { stdout: 'a.txt', stderr: 'warning', interrupted: false, isImage: false, noOutputExpected: false },
  });
});

test('says when nothing was printed, and with which code a command failed', async () => {
  await using place = await createWorkspace();
  expect((await place.run(bashTool, { command: 'true' })).content).toBe('[The command succeeded and printed nothing.]');
  expect(await place.run(bashTool, { command: 'echo no; exit 2' })).toMatchObject({
    content: 'no\n[Exit code 2]',
    isError: true,
  });
  expect(await place.run(bashTool, { command: 'kill -9 $$' })).toMatchObject({
    content: '[The command was ended by a signal.]',
    isError: true,
  });
});

test('goes on in the background when the time is up, and says when the turn was stopped', async () => {
  await using place = await createWorkspace();
  expect(await place.run(bashTool, { command: 'echo a; sleep 60', timeout: 200 })).toMatchObject({
    content: expect.stringMatching(/^a\n\[The command takes longer than 0.2 s and goes on in the background as task /),
    structured: {
      stdout: 'a',
      stderr: '',
      interrupted: false,
      timedOutAfterMs: 200,
      backgroundTaskId: expect.any(String),
    },
  });
  const turn = new AbortController();
  const running = place.run(bashTool, { command: 'sleep 60' }, { signal: turn.signal });
  turn.abort();
  expect(await running).toMatchObject({
    content: '[The command was interrupted and ended before it was done.]',
    structured: { interrupted: true },
  });
});

test('refuses a time-out of more than ten minutes', async () => {
  await expect(bashTool.parse({ command: 'ls', timeout: 600_001 })).rejects.toThrow('"timeout"');
});

test('is decided about by its command', () => {
  expect(bashTool.target({ command: 'ls' })).toEqual({ command: 'ls' });
});
