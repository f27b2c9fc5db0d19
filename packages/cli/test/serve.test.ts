import { detectSandbox } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { createWorkspace } from './run-cli.ts';

type Ready = { url: string; link: string; port: number; simulated: boolean };

test('serve tells a script where it is; its link signs in once; SIGTERM ends it well', async () => {
  await using workspace = await createWorkspace();
  const server = workspace.start(['serve', '--json', '--port', '0']);
  const ready = JSON.parse(await server.until('\n')) as Ready;
  expect(ready).toEqual({
    url: `http://127.0.0.1:${ready.port}`,
    link: expect.stringMatching(`^http://127.0.0.1:${ready.port}/#token=`),
    port: ready.port,
    simulated: true,
  });
  expect((await fetch(`${ready.url}/v1/native/info`)).status).toBe(401);

  const cookie = await signIn(ready);
  const info = await fetch(`${ready.url}/v1/native/info`, { headers: { cookie } });
  const sandbox = (await detectSandbox()).works ? 'working' : 'none';
  expect(await info.json()).toMatchObject({ simulated: true, cwd: workspace.folder, sandbox });
  expect(await exchange(ready)).toMatchObject({ status: 401 });

  server.kill('SIGTERM');
  expect(await server.finished).toMatchObject({ code: 0, stderr: '' });
});

test('serve tells a person that the answers are simulated', async () => {
  await using workspace = await createWorkspace();
  const server = workspace.start(['serve', '--port', '0']);
  const text = await server.until('Ctrl-C ends the server.');
  expect(text).toContain(`in ${workspace.folder}\nSimulated: `);
  expect(text).toMatch(
    /\nCommands run (?:in a sandbox|as you, and are asked about first: no sandbox works here, since .+)\n/,
  );
  expect(text).toMatch(/\n {2}http:\/\/127\.0\.0\.1:\d+\/#token=\S+\n/);
  server.kill('SIGINT');
  expect((await server.finished).code).toBe(0);
});

test('where no sandbox works, a server that requires one runs no commands, and says so', async () => {
  await using workspace = await createWorkspace();
  const server = workspace.start(['serve', '--port', '0', '--require-sandbox', '--allow-unsandboxed'], {
    PATH: workspace.folder,
  });
  const text = await server.until('Ctrl-C ends the server.');
  expect(text).toContain(
    '\nCommands are turned off: no sandbox works here, since bwrap is not on PATH; install the package',
  );
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? '';
  const link = /http:\/\/\S+#token=\S+/.exec(text)?.[0] ?? '';
  const cookie = await signIn({ url, link, port: 0, simulated: true });
  const info = await fetch(`${url}/v1/native/info`, { headers: { cookie } });
  expect(await info.json()).toMatchObject({
    sandbox: 'off',
    permissionModes: expect.arrayContaining(['bypassPermissions']),
  });
  server.kill('SIGTERM');
  await server.finished;
});

test('with a credential serve names model and endpoint, never the credential', async () => {
  await using workspace = await createWorkspace();
  const env = { ANTHROPIC_API_KEY: 'secret-key-1', ANTHROPIC_BASE_URL: 'http://127.0.0.1:9/base' };
  const server = workspace.start(['serve', '--port', '0', '--model', 'haiku'], env);
  const text = await server.until('Ctrl-C ends the server.');
  expect(text).toMatch(/\nclaude-haiku-\S+ at http:\/\/127\.0\.0\.1:9\n/);
  expect(text).not.toContain('secret-key-1');
  server.kill('SIGTERM');
  await server.finished;
});

test('what cannot work is told before anything starts', async () => {
  await using workspace = await createWorkspace();
  expect(await workspace.run(['serve', '--host', '0.0.0.0', '--port', '0'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('publicOrigin'),
  });
  expect(await workspace.run(['serve', '--cwd', 'gone'])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^colloquy: --cwd: there is no folder .*gone\n$/),
  });
});

function exchange(ready: Ready): Promise<Response> {
  return fetch(`${ready.url}/auth/exchange`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: ready.url },
    body: JSON.stringify({ token: new URL(ready.link).hash.replace('#token=', '') }),
  });
}

async function signIn(ready: Ready): Promise<string> {
  const response = await exchange(ready);
  expect(response.status).toBe(204);
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}
