import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createWorkspace } from './run-cli.ts';

test('explain says what would be decided about a command, by which rule, and its parts', async () => {
  await using workspace = await createWorkspace();
  const { code, stdout } = await workspace.run([
    'explain',
    'Bash',
    'npm test && rm -rf build',
    '--no-settings',
    '--allow',
    'Bash(npm test)',
    '--deny',
    'Bash(rm *)',
  ]);
  expect(code).toBe(0);
  expect(stdout).toContain('REFUSED  Bash npm test && rm -rf build\n');
  expect(stdout).toContain('decided by: rule Bash(rm *)');
  expect(stdout).toMatch(/allowed +npm test +by Bash\(npm test\)/);
  expect(stdout).toMatch(/refused +rm -rf build +by Bash\(rm \*\)/);
});

test.each([
  ['nothing to explain', ['explain'], 'Name a tool and its input'],
  ['a policy that is not there', ['explain', '--policy', 'none.json'], 'none.json'],
  ['a policy for one call', ['explain', 'Bash', 'ls', '--policy', 'none.json'], '--policy is about recorded calls'],
])('%s is told, with the way out', async (_what, args, told) => {
  await using workspace = await createWorkspace();
  const { code, stdout, stderr } = await workspace.run(args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(told);
});

test('a policy is tried on what was decided in recorded sessions', async () => {
  await using workspace = await createWorkspace({ 'notes.txt': 'blue\n', 'other.txt': 'red\n' });
  await workspace.run([
    'ask',
    '--offline',
    '@tool Read {"file_path":"notes.txt"}\n@tool Read {"file_path":"other.txt"}',
  ]);
  await workspace.run(['ask', '--offline', '--allowed-tools', 'Bash(echo hi)', '@tool Bash {"command":"echo hi"}']);
  const policy = {
    permissions: { deny: ['Read(./notes.txt)'], ask: ['Bash(echo *)'] },
    env: { other: 'settings stay out' },
  };
  await writeFile(join(workspace.folder, 'policy.json'), JSON.stringify(policy));
  const { code, stdout, stderr } = await workspace.run(['explain', '--policy', 'policy.json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('policy.json over 2 sessions, 3 calls\n');
  expect(stdout).toMatch(/allowed +3 +1\nasked +0 +1\nrefused +0 +1\nOtherwise \(2\):/);
  expect(stdout).toMatch(/allowed → refused {2}Read .*notes\.txt/);
  expect(stdout).toMatch(/allowed → asked {2}Bash echo hi\n.*Bash\(echo \*\)/);
  const { stdout: json } = await workspace.run(['explain', '--policy', 'policy.json', '--json']);
  expect(JSON.parse(json)).toHaveLength(3);
});
