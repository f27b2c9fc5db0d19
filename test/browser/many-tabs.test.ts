import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator, text } from '@colloquy/emulator';
import { serve } from '@colloquy/server';
import { createMemoryStore } from 'colloquy/internal';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { findChromium, launch } from '../../packages/web/test/browser.ts';
import { buildPage } from '../../packages/web/test/open-page.ts';

const TABS = 8;
const WAIT_MS = 10_000;
const ANSWER = 'This tab is live.';

const box = (page: Page) => page.getByRole('textbox', { name: 'Message' });

async function say(page: Page, text: string): Promise<void> {
  await box(page).fill(text);
  await box(page).press('Enter');
}

/** How the streams of all sessions are read. */
const doors = (page: Page) =>
  page.evaluate(async () => {
    const list = async <T>(path: string): Promise<T[]> => ((await (await fetch(path)).json()) as { data: T[] }).data;
    const sessions = await list<{ id: string }>('/v1/native/sessions');
    const viewers = await Promise.all(sessions.map(({ id }) => list<{ door: string }>(`/v1/sessions/${id}/viewers`)));
    return viewers.flat().map(({ door }) => door);
  });

test('eight tabs over plain HTTP are all live, and stay so over a restart of the server', async () => {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('There is no Chromium: set COLLOQUY_CHROMIUM');
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-tabs-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const store = createMemoryStore();
  const [browser] = await Promise.all([launch(executablePath), buildPage(join(folder, 'page'))]);
  onTestFinished(() => browser.close());
  const { send } = createEmulator({ script: Array.from({ length: 2 * TABS }, () => text(ANSWER)) });
  const start = (port: number) =>
    serve({
      store,
      cwd: folder,
      dataFolder: join(folder, 'data'),
      model: 'claude-opus-5-5',
      endpoint: 'the emulator',
      simulated: true,
      webRoot: join(folder, 'page'),
      port,
      sessionDefaults: { send },
    });
  let server = await start(0);
  onTestFinished(() => server.close());
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  context.setDefaultTimeout(WAIT_MS);
  const first = await context.newPage();
  await first.goto(server.link);
  await box(first).waitFor();
  const tabs = [first, ...(await Promise.all(Array.from({ length: TABS - 1 }, () => context.newPage())))];
  await Promise.all(tabs.slice(1).map((tab) => tab.goto(server.url)));
  for (const [index, tab] of tabs.entries()) await say(tab, `Hello from tab ${index}`);
  for (const tab of tabs) await tab.getByRole('log').getByText(ANSWER).waitFor();
  expect(await doors(first)).toEqual(Array(TABS).fill('websocket'));

  const { port } = server;
  await server.close();
  for (const tab of tabs) await tab.getByText('Reconnecting…').waitFor();
  server = await start(port);
  for (const tab of tabs) await tab.getByText('Reconnecting…').waitFor({ state: 'detached' });
  expect(await doors(first)).toEqual(Array(TABS).fill('websocket'));
  for (const [index, tab] of tabs.entries()) await say(tab, `Again from tab ${index}`);
  for (const tab of tabs) await expect.poll(() => tab.getByRole('log').getByText(ANSWER).count()).toBe(2);
}, 60_000);
