import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtInTools } from './registry.ts';
import { createWorkspace, type Workspace } from './temporary-workspace.ts';
import type { Tool } from './tool.ts';

const agentTool = (name: string): Tool => builtInTools('agent_toolset_20260401').find((tool) => tool.name === name)!;
const run = async (place: Workspace, name: string, input: unknown): Promise<unknown> =>
  (await place.run(agentTool(name), input)).content;

test('the tools of the Managed Agents API are those of the other set, each knowing its name there', () => {
  const agents = builtInTools('agent_toolset_20260401').map(({ name, aliases, effect }) => [name, aliases, effect]);
  expect(agents).toEqual([
    ['bash', ['Bash'], 'write'],
    ['read', ['Read'], 'read'],
    ['write', ['Write'], 'write'],
    ['edit', ['Edit'], 'write'],
    ['glob', ['Glob'], 'read'],
    ['grep', ['Grep'], 'read'],
    ['web_fetch', ['WebFetch'], 'external'],
    ['web_search', ['WebSearch'], 'external'],
  ]);
  const others = builtInTools('claude_code').filter(({ aliases = [] }) =>
    agents.some(([name]) => aliases.includes(String(name))),
  );
  expect(others.map(({ name, aliases, effect }) => [aliases?.[0], [name], effect])).toEqual(agents);
});

test.each([...builtInTools('claude_code'), ...builtInTools('agent_toolset_20260401')])(
  '$name takes an object without unknown keys and says what each is',
  (tool) => {
    const { type, properties, additionalProperties } = tool.inputSchema as {
      type: string;
      properties: Record<string, { description?: string }>;
      additionalProperties: boolean;
    };
    expect({ type, additionalProperties }).toEqual({ type: 'object', additionalProperties: false });
    expect(Object.values(properties).every(({ description }) => description !== undefined)).toBe(true);
  },
);

describe('the set of the Managed Agents API', () => {
  test('reads by a range of lines', async () => {
    await using place = await createWorkspace({ 'a.txt': 'one\ntwo\nthree\n' });
    expect(await run(place, 'read', { file_path: 'a.txt', view_range: [2, -1] })).toBe('2\ttwo\n3\tthree');
    expect(await run(place, 'read', { file_path: 'a.txt', view_range: [1, 1] })).toContain('1\tone\n');
    expect(await run(place, 'read', { file_path: 'a.txt' })).toContain('3\tthree');
    await expect(agentTool('read').parse({ file_path: 'a.txt', view_range: [3, 2] })).rejects.toThrow('view_range');
    await expect(agentTool('read').parse({ file_path: 'a.txt', view_range: [0, 2] })).rejects.toThrow('view_range');
  });

  test('edits what it has read, and writes', async () => {
    await using place = await createWorkspace({ 'a.txt': 'one\n' });
    await run(place, 'read', { file_path: 'a.txt' });
    await run(place, 'edit', { file_path: 'a.txt', old_string: 'one', new_string: 'two' });
    await run(place, 'write', { file_path: 'b.txt', content: 'three' });
    expect([await place.text('a.txt'), await place.text('b.txt')]).toEqual(['two\n', 'three']);
  });

  test('searches, showing the lines', async () => {
    await using place = await createWorkspace({ 'sub/a.txt': 'one\n' });
    expect(await run(place, 'grep', { pattern: 'o' })).toBe('sub/a.txt:1:one');
    expect(await run(place, 'glob', { pattern: '*.txt', path: 'sub' })).toBe('sub/a.txt');
    expect(agentTool('glob').target({ pattern: '../*' })).toEqual({ paths: [{ path: '..', access: 'read' }] });
  });

  test('runs commands where the last one has gone, until a restart', async () => {
    await using place = await createWorkspace({ 'sub/a.txt': '' });
    expect(await run(place, 'bash', { command: 'pwd' })).toBe(join(place.cwd));
    expect(await run(place, 'bash', { command: 'sleep 60', timeout_ms: 100 })).toContain('longer than 0.1 s');
    await run(place, 'bash', { command: 'cd sub' });
    expect(await run(place, 'bash', { command: 'pwd' })).toBe(join(place.cwd, 'sub'));
    expect(await run(place, 'bash', { restart: true })).toBe(`[The next command runs in ${place.cwd}.]`);
    expect(await run(place, 'bash', { command: 'pwd' })).toBe(place.cwd);
    await expect(agentTool('bash').parse({ command: 'ls', restart: true })).rejects.toThrow('without a command');
    expect(agentTool('bash').target({ command: 'ls' })).toEqual({ command: 'ls' });
    await expect(agentTool('bash').parse({})).rejects.toThrow('"command" is missing');
  });
});
