import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { matchDeniedModels } from './denied-models.ts';
import { filterEscalatingDefaultMode, resolveSettings } from './resolve-settings.ts';

/** A project and a home with these settings. */
async function project(files: Record<'user' | 'project' | 'local', string>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'colloquy-settings-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  vi.stubEnv('CLAUDE_CONFIG_DIR', join(root, 'home'));
  await mkdir(join(root, 'home'));
  await mkdir(join(root, '.claude'));
  await writeFile(join(root, 'home/settings.json'), files.user);
  await writeFile(join(root, '.claude/settings.json'), files.project);
  await writeFile(join(root, '.claude/settings.local.json'), files.local);
  return root;
}

test('later settings win, lists are put together, and each setting tells whose it is', async () => {
  const cwd = await project({
    user: '{"model":"sonnet","cleanupPeriodDays":3,"permissions":{"allow":["Glob"]}}',
    project: '{"model":"opus","permissions":{"allow":["Read"],"defaultMode":"acceptEdits"}}',
    local: '{"permissions":{"allow":["Read","Bash"]}}',
  });
  const resolved = await resolveSettings({ cwd });
  expect(resolved.effective).toEqual({
    model: 'opus',
    cleanupPeriodDays: 3,
    permissions: { allow: ['Glob', 'Read', 'Bash'], defaultMode: 'acceptEdits' },
  });
  expect(resolved.provenance).toMatchObject({ model: { source: 'project' }, permissions: { source: 'local' } });
  expect(resolved.sources.map(({ source }) => source)).toEqual(['user', 'project', 'local']);
  expect(filterEscalatingDefaultMode(resolved).permissions).toEqual({ allow: ['Glob', 'Read', 'Bash'] });
  const none = await resolveSettings({ cwd, settingSources: [] });
  expect(none).toEqual({ effective: {}, provenance: {}, sources: [], machinePolicy: { didNotLoad: false } });
});

test('what a repository may set stays, and so does a mode of the user', async () => {
  const cwd = await project({ user: '{"permissions":{"defaultMode":"bypassPermissions"}}', project: '{', local: '[]' });
  const resolved = await resolveSettings({ cwd });
  expect(filterEscalatingDefaultMode(resolved)).toEqual({ permissions: { defaultMode: 'bypassPermissions' } });
});

test('of the settings that a program manages only what forbids counts, and a server comes first', async () => {
  const cwd = await project({ user: '{}', project: '{}', local: '{}' });
  const managedSettings = { model: 'opus', env: { A: '1' }, permissions: { deny: ['Read'], allow: ['Bash'] } };
  const own = await resolveSettings({ cwd, managedSettings });
  expect(own.effective).toEqual({ permissions: { deny: ['Read'] } });
  const both = await resolveSettings({ cwd, managedSettings, serverManagedSettings: { model: 'haiku' } });
  expect(both.effective).toEqual({ model: 'haiku' });
  expect(both.provenance.model).toEqual({ source: 'managed', policyOrigin: 'remote' });
});

test('denied models are found under the names of clouds and families, and nonsense is told', async () => {
  const names = ['claude-opus-5-5', 'us.anthropic.claude-opus-5-5-v1:0', 'CLAUDE-OPUS-5-5', 'claude-opus-5-5[1m]'];
  const all = { denied: [true, true, true, true], warnings: [] };
  expect(await matchDeniedModels(names, ['claude-opus-5-5'])).toEqual(all);
  expect(await matchDeniedModels(names, ['opus'])).toEqual(all);
  expect(await matchDeniedModels(['claude-opus-5-5-20260101', 'opus'], ['claude-opus-5-5'])).toMatchObject({
    denied: [false, false],
  });
  expect(await matchDeniedModels(['claude-haiku-4-5'], undefined)).toEqual({ denied: [false], warnings: [] });
  // Programs without types may give anything.
  const odd = JSON.parse('["claude-*", 3, ""]') as string[];
  const { denied, warnings } = await matchDeniedModels([...names.slice(0, 1), ...odd.slice(1, 2)], odd);
  expect([denied, warnings.length]).toEqual([[false, false], 4]);
});
