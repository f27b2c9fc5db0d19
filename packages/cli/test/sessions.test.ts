import { expect, test } from 'vitest';
import { createWorkspace, type Workspace } from './run-cli.ts';

async function sessionOf(workspace: Workspace, prompt: string): Promise<string> {
  const { stdout } = await workspace.run(['ask', '--offline', '--output-format', 'json', prompt]);
  return (JSON.parse(stdout) as { session_id: string }).session_id;
}

test('sessions are listed, renamed, shown and deleted', async () => {
  await using workspace = await createWorkspace({ 'notes.txt': 'blue\n' });
  expect(await workspace.run(['sessions'])).toEqual({
    code: 0,
    stdout: '',
    stderr: 'No sessions are stored here yet.\n',
  });

  const first = await sessionOf(workspace, 'read notes.txt');
  const second = await sessionOf(workspace, '@say two');
  expect(await workspace.run(['sessions', 'rename', first, 'The notes'])).toEqual({ code: 0, stdout: '', stderr: '' });

  const { stdout } = await workspace.run(['sessions', 'list', '--json']);
  expect(JSON.parse(stdout)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ sessionId: first, summary: 'The notes', cwd: workspace.folder }),
      expect.objectContaining({ sessionId: second, summary: '@say two' }),
    ]),
  );
  const text = (await workspace.run(['sessions', '--limit', '1'])).stdout;
  expect(text).toMatch(/^[0-9a-f-]{36} {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}.+\n$/);

  const shown = (await workspace.run(['sessions', 'show', first])).stdout;
  expect(shown).toContain('\n> read notes.txt\n');
  expect(shown).toMatch(/\n· Read .*notes\.txt\n/);

  expect(await workspace.run(['sessions', 'delete', first])).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(JSON.parse((await workspace.run(['sessions', 'list', '--json'])).stdout)).toHaveLength(1);
});

test.each(['show', 'delete', 'rename'])('sessions %s tells that there is no such session', async (command) => {
  await using workspace = await createWorkspace();
  const id = '00000000-0000-4000-8000-000000000000';
  const { code, stdout, stderr } = await workspace.run([
    'sessions',
    command,
    id,
    ...(command === 'rename' ? ['x'] : []),
  ]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(`There is no session ${id}`);
});

test('another data folder has other sessions', async () => {
  await using workspace = await createWorkspace();
  await sessionOf(workspace, '@say one');
  const { stdout } = await workspace.run(['sessions', '--json', '--data', 'elsewhere']);
  expect(JSON.parse(stdout)).toEqual([]);
});
