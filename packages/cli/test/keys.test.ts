import { expect, test } from 'vitest';
import { createWorkspace } from './run-cli.ts';

type Ready = { url: string; link: string };

test('a key made while no server runs lets in once one does; revoked, it closes what is open within five seconds', async () => {
  await using workspace = await createWorkspace();
  const made = await workspace.run(['keys', 'create', '--name', 'ci', '--role', 'admin', '--expires', '90d']);
  expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining('shown this once') });
  const secret = made.stdout.trim();
  expect(secret).toMatch(/^colloquy_[\w-]{43}$/);

  const server = workspace.start(['serve', '--json', '--port', '0', '--offline']);
  const { url } = JSON.parse(await server.until('\n')) as Ready;
  const headers = { 'x-api-key': secret, 'content-type': 'application/json' };
  const session = await fetch(`${url}/v1/native/sessions`, { method: 'POST', headers, body: '{}' });
  const { id } = (await session.json()) as { id: string };
  const stream = await fetch(`${url}/v1/sessions/${id}/messages/stream`, { headers });
  expect([session.status, stream.status]).toEqual([201, 200]);

  const revoked = workspace.run(['keys', 'revoke', 'ci', '--json']);
  expect(JSON.parse((await revoked).stdout)).toMatchObject({ name: 'ci', revoked_at: expect.any(String) });
  const revokedAt = Date.now();
  for await (const chunk of stream.body ?? []) void chunk;
  expect(Date.now() - revokedAt).toBeLessThan(5_000);
  expect((await fetch(`${url}/v1/native/info`, { headers })).status).toBe(401);

  const list = await workspace.run(['keys']);
  expect(list.stdout).toMatch(/^key_\S+ {2}ci {2}admin local {2}revoked \S+Z {2}used \S+Z\n$/);
  expect(list.stdout).not.toContain(secret.slice(9));
  server.kill('SIGTERM');
  expect(await server.finished).toMatchObject({ code: 0, stderr: '' });
});

test('link prints another link of the server that runs, and says so when none does', async () => {
  await using workspace = await createWorkspace();
  expect(await workspace.run(['link'])).toMatchObject({ code: 1, stderr: expect.stringContaining('No server runs') });
  const server = workspace.start(['serve', '--json', '--port', '0', '--offline']);
  const { url } = JSON.parse(await server.until('\n')) as Ready;
  const link = (await workspace.run(['link'])).stdout.trim();
  expect(link).toMatch(new RegExp(`^${url}/#token=[\\w-]{43}$`));
  const exchange = () =>
    fetch(`${url}/auth/exchange`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: link.split('#token=')[1] }),
    });
  expect([(await exchange()).status, (await exchange()).status]).toEqual([204, 401]);
  server.kill('SIGKILL');
  await server.finished;
  expect((await workspace.run(['link'])).code).toBe(1);
});

test('COLLOQUY_API_KEY is an admin’s key; one that is too short starts no server', async () => {
  await using workspace = await createWorkspace();
  const key = 'k'.repeat(32);
  expect(await workspace.run(['serve', '--port', '0'], { env: { COLLOQUY_API_KEY: 'short' } })).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^colloquy: .*COLLOQUY_API_KEY.* 32 .*\n$/),
  });
  const server = workspace.start(['serve', '--json', '--port', '0', '--offline'], { COLLOQUY_API_KEY: key });
  const ready = await server.until('\n');
  const { url } = JSON.parse(ready) as Ready;
  const keys = await fetch(`${url}/v1/native/keys`, { headers: { authorization: `Bearer ${key}` } });
  expect([keys.status, await keys.json()]).toEqual([200, { data: [], next_page: null }]);
  server.kill('SIGTERM');
  const { stdout, stderr } = await server.finished;
  expect(stdout + stderr).not.toContain(key);
});

test.each([
  [['keys', 'create', '--name', 'a', '--role', 'root'], 2, 'admin, user, observer'],
  [['keys', 'create', '--name', 'a', '--user', '../b'], 1, 'user: '],
  [['keys', 'revoke', 'gone'], 1, 'No key in use'],
  [['link', '--url', 'ftp://x'], 1, '--url'],
])('%j fails and says why', async (args, code, message) => {
  await using workspace = await createWorkspace();
  expect(await workspace.run(args)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) });
});
