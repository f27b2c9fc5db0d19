import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { link, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PermissionModeInput } from '../options/permissions.ts';
import { decide } from '../permissions/decide.ts';
import { initialPermissions } from '../permissions/state.ts';
import { createLocalFiles } from './local-files.ts';
import { realPath } from './real-path.ts';
import { builtInTools } from './registry.ts';
import { createWorkspace, type Workspace } from './temporary-workspace.ts';

describe('the real path', () => {
  test('of what does not exist yet lies below its nearest existing parent', async () => {
    await using place = await createWorkspace({ 'real/x': '' });
    await symlink('real', join(place.cwd, 'link'));
    expect(await realPath(join(place.cwd, 'link/new/deep.txt'))).toBe(join(place.cwd, 'real/new/deep.txt'));
  });

  test('of a link that leads nowhere yet is where it would lead', async () => {
    await using place = await createWorkspace();
    await symlink('../outside/new.txt', join(place.cwd, 'later'));
    await symlink('later', join(place.cwd, 'twice'));
    expect(await realPath(join(place.cwd, 'twice'))).toBe(join(place.root, 'outside/new.txt'));
  });

  test('of links in a circle is an error', async () => {
    await using place = await createWorkspace();
    await symlink('b', join(place.cwd, 'a'));
    await symlink('a', join(place.cwd, 'b'));
    await expect(realPath(join(place.cwd, 'a'))).rejects.toMatchObject({ code: 'ELOOP' });
  });
});

describe('files', () => {
  test('outside the roots are neither looked at, read, listed nor written', async () => {
    await using place = await createWorkspace({ '../outside/a.txt': 'secret' });
    await symlink('../outside', join(place.cwd, 'link'));
    for (const path of ['../outside/a.txt', 'link/a.txt', join(place.root, 'outside/a.txt')]) {
      const refused = expect.objectContaining({
        message: expect.stringContaining('lies outside the folders of this session'),
      });
      await expect(place.files.read(path)).rejects.toEqual(refused);
      await expect(place.files.stat(path)).rejects.toEqual(refused);
      await expect(place.files.list(dirname(path))).rejects.toEqual(refused);
      await expect(place.files.write(path, 'x')).rejects.toEqual(refused);
      await expect(place.files.scan(path, () => true)).rejects.toEqual(refused);
    }
  });

  test('outside are reached with leave, and only what the leave is for', async () => {
    await using place = await createWorkspace({ '../outside/a.txt': 'a', '../outside/b.txt': 'b' });
    const allowed = place.files.withLeave([join(place.root, 'outside/a.txt')]);
    expect(Buffer.from(await allowed.read('../outside/a.txt')).toString()).toBe('a');
    await expect(allowed.read('../outside/b.txt')).rejects.toThrow('lies outside');
    await expect(place.files.read('../outside/a.txt')).rejects.toThrow('lies outside');
    allowed.markSeen('/x', { kind: 'file', size: 1, mtimeMs: 1 });
    expect(place.files.seen('/x')).toBeDefined();
  });

  test('of a root that is added while the session runs, or is a link itself, are inside', async () => {
    await using place = await createWorkspace({ '../data/a.txt': 'a' });
    await symlink('data', join(place.root, 'alias'));
    const roots: string[] = [];
    const files = createLocalFiles({ cwd: place.cwd, roots: () => roots });
    await expect(files.stat('../data/a.txt')).rejects.toThrow('lies outside');
    roots.push(join(place.root, 'alias'));
    expect(await files.stat('../data/a.txt')).toMatchObject({ kind: 'file', size: 1 });
  });

  test('are read whole up to a bound', async () => {
    await using place = await createWorkspace({ 'a.txt': 'x'.repeat(600_000) });
    expect((await place.files.read('a.txt')).byteLength).toBe(600_000);
    await expect(place.files.read('a.txt', { maxBytes: 599_999 })).rejects.toThrow('a.txt is larger than 599999 bytes');
    await expect(place.files.read('none')).rejects.toThrow('none does not exist.');
  });

  test('are not written when they are no longer what they were', async () => {
    await using place = await createWorkspace({ 'a.txt': 'x' });
    await expect(place.files.write('a.txt', 'y', { unchangedSince: 'absent' })).rejects.toThrow(
      'has changed in the meantime',
    );
    await expect(
      place.files.write('b.txt', 'y', { unchangedSince: { kind: 'file', size: 1, mtimeMs: 1 } }),
    ).rejects.toThrow('has changed in the meantime');
    expect(await readdir(place.cwd)).toEqual(['a.txt']);
  });

  test('that are no regular files are not written to', async () => {
    await using place = await createWorkspace();
    place.pipe('pipe');
    await expect(place.files.write('pipe', 'y')).rejects.toThrow(
      'pipe is a device, pipe or socket, not a file to write to.',
    );
  });
});

type Tree = Record<string, string | null | { link?: string; hard?: string; fifo?: boolean }>;
type PathCase = {
  id: string;
  tool: string;
  mode: PermissionModeInput;
  input: Record<string, unknown>;
  tree: Tree;
  expected: 'allow' | 'deny' | 'error' | 'no-leak' | 'ask-or-deny' | 'deny-or-error';
  why: string;
  rules?: { allow?: string[]; deny?: string[] };
};
// The file is ours, and its form is written in it.
const cases = JSON.parse(readFileSync(new URL('../../../../attack/cases/paths.json', import.meta.url), 'utf8')) as {
  base: Tree;
  cases: PathCase[];
};

async function plant(tree: Tree, root: string): Promise<void> {
  for (const [name, what] of Object.entries(tree)) {
    const path = join(root, name);
    await mkdir(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (typeof what === 'string') await writeFile(path, what);
    if (what === null || typeof what === 'string') continue;
    if (what.link !== undefined) await symlink(what.link.replaceAll('ROOT', root), path);
    if (what.hard !== undefined) await link(what.hard.replaceAll('ROOT', root), path);
    if (what.fifo === true) execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', path]);
  }
}

/** Decides about the call and, if allowed or asked, runs it with no more leave than the session has. */
async function attempt(place: Workspace, each: PathCase): Promise<{ behavior: string; output: string }> {
  const tool = builtInTools('claude_code').find(({ name }) => name === each.tool)!;
  const state = initialPermissions({
    permissionMode: each.mode,
    allowedTools: each.rules?.allow ?? [],
    disallowedTools: each.rules?.deny ?? [],
  });
  try {
    // Strings of the case name the folder as ROOT.
    const input = await tool.parse(JSON.parse(JSON.stringify(each.input).replaceAll('ROOT', place.root)));
    const world = {
      cwd: place.cwd,
      sandbox: 'none',
      canAsk: true,
      resolve: (path: string) => place.files.resolve(path),
    } as const;
    const { behavior } = await decide({ tool, input, target: tool.target(input) }, state, world);
    if (behavior === 'deny') return { behavior, output: '' };
    return { behavior, output: JSON.stringify(await tool.run(input, place.context())) };
  } catch (error) {
    return { behavior: 'error', output: String(error) };
  }
}

test.each(cases.cases)('hostile case $id, $why: $expected', async (each) => {
  await using place = await createWorkspace();
  await plant({ ...cases.base, ...each.tree }, place.root);
  const { behavior, output } = await attempt(place, each);
  expect(output).not.toMatch(/SECRET|outside\/secret\.txt"/);
  const isSettled: Record<PathCase['expected'], boolean> = {
    allow: behavior === 'allow',
    deny: behavior !== 'allow',
    'ask-or-deny': behavior === 'ask' || behavior === 'deny',
    'deny-or-error': behavior !== 'allow',
    error: behavior === 'error',
    'no-leak': !output.includes('secret.txt'),
  };
  expect([behavior, isSettled[each.expected]]).toEqual([behavior, true]);
  expect(await readdir(join(place.root, 'outside'))).toEqual(['dir', 'secret.txt']);
});
