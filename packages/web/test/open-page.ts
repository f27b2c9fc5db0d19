import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Page, ViewportSize } from 'playwright-core';
import { findChromium, launch } from './browser.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';

const BUILD_TIMEOUT_MS = 20_000;
const WAIT_MS = 10_000;
const PACKAGE = dirname(import.meta.dirname);

/** A browser, the page as it is built now, and a server for it: what the tests of one file share, because it takes a second to make. */
export type Lab = AsyncDisposable & { page: Page; fake: FakeServer };

/** Builds the page into a folder of its own and starts the browser; undefined where there is no Chromium. */
export async function openLab(): Promise<Lab | undefined> {
  const executable = findChromium();
  if (executable === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-page-'));
  const [browser] = await Promise.all([launch(executable), buildPage(folder)]);
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const fake = await startFakeServer({ page: folder });
  return {
    page,
    fake,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await fake.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Builds the page into a folder. In a process of its own: the test's NODE_ENV would build React's development version. */
export async function buildPage(folder: string): Promise<void> {
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');
  const { NODE_ENV: _, ...env } = process.env;
  await promisify(execFile)(process.execPath, [vite, 'build', PACKAGE, '--outDir', folder, '--logLevel', 'error'], {
    cwd: PACKAGE,
    env,
    timeout: BUILD_TIMEOUT_MS,
  });
}

/** The page, as if newly opened, and the server behind it, empty. Disposed, it fails if the page broke a rule meanwhile. */
export type OpenPage = AsyncDisposable & { page: Page; fake: FakeServer };

/** Opens the page through a printed link, unless `path` says another way. */
export async function openPage(
  { page, fake }: Lab,
  o: { viewport?: ViewportSize; path?: string; before?: (fake: FakeServer) => void } = {},
): Promise<OpenPage> {
  o.before?.(fake);
  await page.setViewportSize(o.viewport ?? { width: 1000, height: 700 });
  const broken: string[] = [];
  page.on('pageerror', (error) => broken.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy|React/.test(message.text())) broken.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(fake.url)) broken.push(`asked ${request.url()}`);
  });
  await page.goto(o.path === undefined ? fake.link : fake.url + o.path);
  return {
    page,
    fake,
    async [Symbol.asyncDispose]() {
      for (const event of ['pageerror', 'console', 'request'] as const) page.removeAllListeners(event);
      await page.evaluate(() => sessionStorage.clear());
      await page.context().clearCookies();
      await page.goto('about:blank');
      fake.reset();
      if (broken.length > 0) throw new Error(`The page broke a rule:\n${broken.join('\n')}`);
    },
  };
}
