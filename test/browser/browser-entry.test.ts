import { isBuiltin } from 'node:module';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { serve } from '@colloquy/server';
import * as node from 'colloquy';
import { createMemoryStore } from 'colloquy/internal';
import { chromium } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { FLAGS, findChromium } from '../../packages/web/test/browser.ts';
import { bundle } from './bundle.ts';

const MOST_BYTES = 40 * 1024;
const PAGE = '<!doctype html><title>Test</title><script type="module" src="program.js"></script>';
const EVERYTHING = `export * from 'colloquy';`;

test('a bundle of the whole browser entry reaches no Node module', async () => {
  const { chunks } = await bundle(EVERYTHING);
  const files = new Set(chunks.map(({ file }) => file));
  const outside = chunks.flatMap(({ imports }) => imports).filter((name) => !files.has(name));
  expect(outside).toEqual([]);
  const modules = chunks.flatMap(({ modules: ids }) => ids);
  expect(modules.filter((id) => isBuiltin(id) || id.includes('__vite-browser-external'))).toEqual([]);
  expect(
    chunks.filter(({ code }) => /["']node:|getBuiltinModule|\bprocess\.(env|std)/.test(code)).map(({ file }) => file),
  ).toEqual([]);
});

test('ChatClient alone takes less than 40 KB, compressed', async () => {
  const { bytesAtStart } = await bundle(`export { ChatClient } from 'colloquy';`);
  expect(bytesAtStart).toBeGreaterThan(5_000);
  expect(bytesAtStart).toBeLessThan(MOST_BYTES);
});

test('what the browser entry offers is offered everywhere, under the same names', async () => {
  const browser = await import('../../packages/colloquy/src/browser.ts');
  expect(Object.keys(browser).filter((name) => !(name in node))).toEqual([]);
});

test('in a browser a page holds a conversation with its server: tools, permissions, text as it is written', async () => {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('There is no Chromium: set COLLOQUY_CHROMIUM');
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-browser-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const script = [
    toolUse('mcp__page__title', {}),
    toolUse('Bash', { command: 'true', description: 'A test' }),
    text(['The page is ', 'called Test.']),
  ];
  await using server = await serve({
    store: createMemoryStore(),
    cwd: folder,
    model: 'claude-opus-5-5',
    endpoint: 'the emulator',
    simulated: true,
    sessionDefaults: { send: createEmulator({ script }).send },
  });
  const browser = await chromium.launch({ executablePath, args: FLAGS, timeout: 15_000 });
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  const program = join(import.meta.dirname, 'page-program.ts');
  const { chunks } = await bundle(
    `import { converse } from ${JSON.stringify(program)}; globalThis.converse = converse;`,
  );
  await page.route('**/client/*', (route) => {
    const file = new URL(route.request().url()).pathname.replace('/client/', '');
    const code = chunks.find((chunk) => chunk.file === file)?.code;
    return code === undefined
      ? route.fulfill({ contentType: 'text/html', body: PAGE })
      : route.fulfill({ contentType: 'text/javascript', body: code });
  });
  await page.goto(`${server.url}/client/page.html`);
  await page.waitForFunction('globalThis.converse !== undefined');
  const given = { token: new URL(server.link).hash.replace('#token=', ''), origin: server.url };
  const told = await page.evaluate(`converse(${JSON.stringify(given)})`);
  expect(told).toEqual({
    asked: ['Bash'],
    text: 'The page is called Test.',
    types: ['system/init', 'assistant', 'user', 'assistant', 'user', 'assistant', 'result'],
    refusal: expect.stringContaining('The api engine needs Node'),
  });
}, 30_000);
