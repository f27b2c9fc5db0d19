import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { PermissionCall, PermissionWorld } from './call.ts';
import { decide } from './decide.ts';
import { resolvePaths } from './resolve-paths.ts';
import { initialPermissions } from './state.ts';

const READ = { name: 'Read', effect: 'read' } as const;

/** Where a path lies in a world where these links lead elsewhere. */
async function judge(path: string, o: Partial<PermissionWorld> & { to?: Record<string, string> } = {}) {
  const call: PermissionCall = { tool: READ, input: {}, target: { paths: [{ path, access: 'read' }] } };
  return resolvePaths(call, initialPermissions({}), {
    cwd: '/home/me',
    sandbox: 'none',
    canAsk: true,
    resolve: async (name) => o.to?.[name] ?? resolve('/home/me', name),
    ...o,
  });
}

test('a plain file inside is inside, and nothing speaks against it', async () => {
  expect(await judge('a.txt', { links: async () => 1, ownFolders: ['/home/me/.local/share/colloquy'] })).toEqual({
    inside: true,
    outside: [],
    blocked: undefined,
    protected: undefined,
    caution: undefined,
    isRoot: false,
  });
});

test('a link that leads outside is told by its own name, and where it leads apart from it', async () => {
  expect(await judge('docs', { to: { docs: '/srv/secret' } })).toMatchObject({
    inside: false,
    outside: ['/srv/secret'],
    blocked: 'docs',
  });
});

test.each([
  ['.ssh/id_rsa', {}, '.ssh holds keys or passwords'],
  ['k', { to: { k: '/home/me/.aws/credentials' } }, '.aws holds keys or passwords'],
  ['h.txt', { links: async () => 2 }, 'several hard links'],
  ['d/sessions.db', { ownFolders: ['/home/me/d'] }, 'this program keeps its sessions'],
  ['/proc/1/environ', { cwd: '/' }, 'the insides of the system'],
  ['/dev/sda', { cwd: '/' }, 'the insides of the system'],
] as const)('%s inside is asked for', async (path, o, why) => {
  const judged = await judge(path, o);
  expect(judged).toMatchObject({ inside: false, outside: [] });
  expect(judged.caution).toContain(why);
});

test('a working folder below the own folders is one like any other', async () => {
  expect(await judge('a.txt', { ownFolders: ['/home'] })).toMatchObject({ inside: true, caution: undefined });
});

test('what cannot be told lies outside', async () => {
  const judged = await judge('circle', {
    resolve: async (path) => (path === 'circle' ? Promise.reject(new Error('ELOOP')) : path),
  });
  expect(judged).toMatchObject({ inside: false, outside: ['circle'], blocked: 'circle' });
});

test.each([
  ['Read', { file_path: 'link/../k.pem' }, { paths: [{ path: 'link/../k.pem', access: 'read' }] }],
  ['Bash', { command: 'cat link/../k.pem' }, { command: 'cat link/../k.pem' }],
] as const)(
  '%s: .. is taken from where a link leads, for rules and for what is inside',
  async (name, input, target) => {
    const judged = (real: string, deny: string[]) =>
      decide({ tool: { name, effect: 'read' }, input, target }, initialPermissions({ disallowedTools: deny }), {
        cwd: '/work',
        sandbox: 'working',
        allowsSandboxed: false,
        canAsk: true,
        // What stands in the way of a link is told apart from what is left when .. is taken away.
        resolve: async (path) => (path.endsWith('link/../k.pem') ? real : resolve('/work', path)),
      });
    expect(await judged('/work/k.pem', [])).toMatchObject({ behavior: 'allow' });
    expect(await judged('/srv/k.pem', [])).toMatchObject({ behavior: 'ask' });
    expect(await judged('/work/secrets/k.pem', ['Read(secrets/**)'])).toMatchObject({ behavior: 'deny' });
  },
);
