import { createServer } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { detectSandbox } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { createWorkspace } from './run-cli.ts';

type Findings = { findings: { name: string; level: string; detail: string }[] };

async function apiThatAnswers(status: number): Promise<AsyncDisposable & { url: string; authorizations: unknown[] }> {
  const authorizations: unknown[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    response.writeHead(status).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authorizations,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

test('doctor names what is there, and the credential by its variable only', async () => {
  await using workspace = await createWorkspace();
  await using api = await apiThatAnswers(200);
  const env = { ANTHROPIC_AUTH_TOKEN: 'secret-1', ANTHROPIC_BASE_URL: api.url };
  const { code, stdout, stderr } = await workspace.run(['doctor', '--json'], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).not.toContain('secret-1');
  const { findings } = JSON.parse(stdout) as Findings;
  expect(findings.map(({ name, level }) => [name, level])).toEqual([
    ['node', 'ok'],
    ['engine', 'ok'],
    ['credential', 'ok'],
    ['endpoint', 'ok'],
    ['store', 'ok'],
    ['sandbox', (await detectSandbox()).works ? 'ok' : 'note'],
    ['chromium', expect.stringMatching(/ok|note/)],
  ]);
  expect(findings[2]?.detail).toBe('ANTHROPIC_AUTH_TOKEN is set');
  expect(findings[4]?.detail).toBe(`better-sqlite3, ${join(workspace.folder, '.data')}`);
  expect(api.authorizations).toEqual(['Bearer secret-1']);
});

test('doctor tries the sandbox, and tells what is missing and how to get it', async () => {
  await using workspace = await createWorkspace();
  const sandboxOf = async (env: Record<string, string>): Promise<unknown> => {
    const { stdout } = await workspace.run(['doctor', '--json'], {
      env: { ANTHROPIC_BASE_URL: 'http://127.0.0.1:9', ...env },
    });
    return (JSON.parse(stdout) as Findings).findings.find(({ name }) => name === 'sandbox');
  };
  expect(await sandboxOf({ PATH: workspace.folder })).toEqual({
    name: 'sandbox',
    level: 'note',
    detail: expect.stringMatching(
      /^none: bwrap is not on PATH; install the package bubblewrap.* Commands run as you, and/,
    ),
  });
  // One that only says that it is one.
  await writeFile(join(workspace.folder, 'bwrap'), '#!/bin/sh\necho held\n', { mode: 0o755 });
  expect(await sandboxOf({ PATH: workspace.folder })).toMatchObject({ level: 'note' });
});

test('a refused credential and an unreachable endpoint are problems', async () => {
  await using workspace = await createWorkspace();
  await using api = await apiThatAnswers(401);
  const refused = await workspace.run(['doctor'], { env: { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: api.url } });
  expect(refused).toMatchObject({
    code: 1,
    stdout: expect.stringContaining(`✗ endpoint    ${api.url} answers, but refuses`),
  });

  const env = { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' };
  const unreachable = await workspace.run(['doctor'], { env });
  expect(unreachable).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('✗ endpoint    http://127.0.0.1:9 cannot be reached'),
  });
});

test('a data folder that cannot be made is a problem', async () => {
  await using workspace = await createWorkspace();
  await writeFile(join(workspace.folder, 'taken'), '');
  const env = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' };
  const { code, stdout } = await workspace.run(['doctor', '--data', 'taken/inside'], { env });
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: expect.stringMatching(/✗ store .*taken.inside cannot be written: ENOTDIR/),
  });
});
