import { isBuiltin } from 'node:module';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator, type Reply, text, toolUse } from '@colloquy/emulator';
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

/** A page of a server whose model says these; `run` calls a function of `page-program.ts` in it. */
async function openPage(script: Reply[]): Promise<(name: string, o?: object) => Promise<unknown>> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('There is no Chromium: set COLLOQUY_CHROMIUM');
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-browser-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // Served as a page is: what a browser has not loaded from this machine it keeps from opening sockets to it.
  const webRoot = join(folder, 'page');
  await mkdir(webRoot);
  const program = join(import.meta.dirname, 'page-program.ts');
  const { chunks } = await bundle(`import * as program from ${JSON.stringify(program)}; globalThis.program = program;`);
  for (const { file, code } of chunks) await writeFile(join(webRoot, file), code);
  await writeFile(join(webRoot, 'index.html'), PAGE);
  const server = await serve({
    store: createMemoryStore(),
    cwd: folder,
    webRoot,
    model: 'claude-opus-5-5',
    endpoint: 'the emulator',
    simulated: true,
    sessionDefaults: { send: createEmulator({ script }).send },
  });
  onTestFinished(() => server.close());
  const browser = await chromium.launch({ executablePath, args: FLAGS, timeout: 15_000 });
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.waitForFunction('globalThis.program !== undefined');
  const run = (name: string, o: object = {}): Promise<unknown> =>
    page.evaluate(`program.${name}(${JSON.stringify({ origin: server.url, ...o })})`);
  await run('signIn', { token: new URL(server.link).hash.replace('#token=', '') });
  return run;
}

test('in a browser a page holds a conversation with its server: tools, permissions, text as it is written', async () => {
  const run = await openPage([
    toolUse('mcp__page__title', {}),
    toolUse('Bash', { command: 'true', description: 'A test' }),
    text(['The page is ', 'called Test.']),
  ]);
  expect(await run('converse')).toEqual({
    asked: ['Bash'],
    text: 'The page is called Test.',
    types: ['system/init', 'assistant', 'user', 'assistant', 'user', 'assistant', 'result'],
    refusal: expect.stringContaining('The api engine needs Node'),
  });
}, 30_000);

test('a page keeps more conversations open than a browser keeps connections to a server', async () => {
  const count = 8;
  const run = await openPage(Array.from({ length: 2 * count }, () => text('Here I am.')));
  expect(await run('askAll', { count })).toEqual({
    answers: Array(2 * count).fill('Here I am.'),
    doors: Array(count).fill('websocket'),
  });
}, 30_000);
