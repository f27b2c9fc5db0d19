import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isPagePath, servePage } from './static-page.ts';

async function builtPage(): Promise<string> {
  const base = await mkdtemp(join(tmpdir(), 'colloquy-page-'));
  onTestFinished(() => rm(base, { recursive: true, force: true }));
  const root = join(base, 'dist');
  await mkdir(join(root, 'assets', 'folder.js'), { recursive: true });
  await writeFile(join(base, 'secret.txt'), 'secret');
  await writeFile(join(root, 'index.html'), '<!doctype html>');
  await writeFile(join(root, 'icon.svg'), '<svg/>');
  await writeFile(join(root, '.env'), 'secret');
  await writeFile(join(root, 'assets', 'index-x1.js'), 'run()');
  await writeFile(join(root, 'assets', 'data.unknown'), '?');
  await symlink(join(base, 'secret.txt'), join(root, 'assets', 'link.txt'));
  return root;
}

test('serves the page at / and its assets, with their types', async () => {
  const root = await builtPage();
  const facts = async (path: string) => {
    const response = await servePage(path, root);
    return [
      response.status,
      response.headers.get('content-type'),
      response.headers.get('cache-control'),
      await response.text(),
    ];
  };
  expect(await facts('/')).toEqual([200, 'text/html; charset=utf-8', 'no-cache', '<!doctype html>']);
  expect(await facts('/icon.svg')).toEqual([200, 'image/svg+xml', 'no-cache', '<svg/>']);
  expect(await facts('/assets/index-x1.js')).toEqual([
    200,
    'text/javascript; charset=utf-8',
    'public, max-age=31536000, immutable',
    'run()',
  ]);
  expect(await facts('/assets/data.unknown')).toEqual([
    200,
    'application/octet-stream',
    'public, max-age=31536000, immutable',
    '?',
  ]);
});

test.each(['/gone.js', '/assets/gone.js', '/assets/folder.js', '/assets/link.txt', `/${'a'.repeat(5_000)}.js`])(
  'has no %s',
  async (path) => {
    const root = await builtPage();
    await expect(servePage(path, root)).rejects.toMatchObject({ status: 404 });
  },
);

test.each([
  '/../secret.txt',
  '/assets/../secret.txt',
  '/assets/../../secret.txt',
  '/..%2fsecret.txt',
  '/%2e%2e/secret.txt',
  '/assets/..\\secret.txt',
  '/.env',
  '/assets/.env.js',
  '//etc/hosts.txt',
  '/assets//x.js',
  '/assets/x.js\0.txt',
  '/v1/native/info',
  '/assets/deep/x.js',
  '/assets/',
  '/healthz',
])('%j is no path of the page', (path) => {
  expect(isPagePath(path)).toBe(false);
});

test('says in plain text that the page is not built', async () => {
  const root = await builtPage();
  await rm(join(root, 'index.html'));
  for (const response of [
    await servePage('/', undefined),
    await servePage('/', root),
    await servePage('/', join(root, 'gone')),
  ]) {
    expect(response.status).toBe(503);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toMatch(/not built.*script\/server/);
  }
});
