import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi, type TestContext } from 'vitest';
import { findChromium, launch } from '../../web/test/browser.ts';
import { createEmulator, rateLimited, text, type Emulator } from '../src/index.ts';
import { bodyOf, eventsOf, streamedText, tools } from '../src/testing/ask.ts';

// The page in a real browser, as the emulator itself serves it.

// Long enough for a machine that is busy with other tests; a page that is well takes half a second.
vi.setConfig({ testTimeout: 20_000 });

let browser: Browser | undefined;
beforeAll(async () => {
  const executable = findChromium();
  if (executable !== undefined) browser = await launch(executable);
}, 20_000);
afterAll(() => browser?.close());

const HEADERS = { 'content-type': 'application/json', 'anthropic-version': '2026-10-21', 'x-api-key': 'any' };

type Opened = AsyncDisposable & {
  page: Page;
  emulator: Emulator;
  /** Sends a streaming request; resolves with its text. */
  ask: (fields?: Record<string, unknown>) => Promise<string>;
};

/** An emulator and its page. Disposed, it fails if the page broke a rule meanwhile; without a browser the test is skipped. */
async function open(context: TestContext, o: { narrow?: boolean } = {}): Promise<Opened> {
  if (browser === undefined) return context.skip('browser: there is no Chromium on PATH or in COLLOQUY_CHROMIUM');
  const emulator = createEmulator();
  const at = await emulator.listen({ page: true });
  const viewport = o.narrow ? { width: 360, height: 740 } : { width: 1200, height: 800 };
  const page = await browser.newPage({ reducedMotion: 'reduce', viewport });
  page.setDefaultTimeout(10_000);
  const broken: string[] = [];
  page.on('pageerror', (error) => broken.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) broken.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(at.url)) broken.push(`asked ${request.url()}`);
  });
  await page.goto(at.url);
  return {
    page,
    emulator,
    async ask(fields) {
      const body = JSON.stringify(bodyOf({ stream: true, ...fields }));
      const response = await fetch(`${at.url}/v1/messages`, { method: 'POST', headers: HEADERS, body });
      return response.text();
    },
    async [Symbol.asyncDispose]() {
      await page.close();
      await at.close();
      if (broken.length > 0) throw new Error(`The page broke a rule:\n${broken.join('\n')}`);
    },
  };
}

const rows = (page: Page) => page.locator('#list li');
const details = (page: Page) => page.locator('#details');

test('requests show as they come; one opens with its conversation, its answer and its JSON', async (context) => {
  await using opened = await open(context);
  const { page, emulator, ask } = opened;
  await page.getByText('No request yet').waitFor();
  emulator.script(text('It is **3**.'), rateLimited());
  await ask({ system: 'Be short.', tools: tools(), messages: [{ role: 'user', content: 'What is 1 + 2?' }] });
  await ask({ messages: [{ role: 'user', content: 'And 2 + 2?' }] });
  await rows(page).nth(1).waitFor();
  expect(await rows(page).locator('.row-prompt').allInnerTexts()).toEqual(['And 2 + 2?', 'What is 1 + 2?']);
  expect(await rows(page).locator('.badge').allInnerTexts()).toEqual(['429', '200']);

  await rows(page).first().getByRole('link').press('ArrowDown');
  await page.keyboard.press('Enter');
  await details(page).getByRole('heading', { name: 'Answer' }).waitFor();
  expect(await details(page).locator('.message').allInnerTexts()).toEqual([
    'User\nWhat is 1 + 2?',
    'Assistant\nIt is **3**.',
  ]);
  expect(await details(page).locator('.cache-legend li').count()).toBe(3);
  await details(page).getByText('Request, raw JSON').click();
  // The text is put in when the fold opens, which the browser tells a moment after the click.
  await details(page).getByLabel('Request, raw JSON').filter({ hasText: '}' }).waitFor();
  expect(JSON.parse(await details(page).getByLabel('Request, raw JSON', { exact: true }).innerText())).toEqual(
    emulator.requests[0]?.body,
  );
  await page.reload();
  await details(page).getByText('It is **3**.').waitFor();
});

test('a person is the model: what waits opens, is answered with a text and a call, and the next one follows', async (context) => {
  await using opened = await open(context);
  const { page, ask } = opened;
  await page.getByRole('switch', { name: 'Be the model' }).click();
  await page.getByRole('switch', { checked: true }).waitFor();
  const first = ask({ tools: tools(), messages: [{ role: 'user', content: 'What is in a.md?' }] });
  const form = page.getByRole('form', { name: 'Your answer' });
  await form.getByRole('textbox', { name: 'Text' }).fill('I look.');
  const second = ask({ messages: [{ role: 'user', content: '@say by itself' }] });
  await expect.poll(() => page.title()).toBe('(2) Emulator');
  expect(await form.getByRole('textbox', { name: 'Text' }).inputValue()).toBe('I look.');

  await form.getByRole('button', { name: '+ Tool call' }).click();
  await form.getByRole('combobox', { name: 'Tool call' }).selectOption('Read');
  const input = form.getByRole('textbox', { name: 'Input as JSON' });
  expect(JSON.parse(await input.inputValue())).toEqual({});
  await input.fill('{"file_path": ');
  await form.getByRole('button', { name: 'Send the answer' }).click();
  await form.getByRole('alert').getByText('The input of Read').waitFor();
  await input.fill('{"file_path": "a.md"}');
  await input.press('Control+Enter');
  const events = eventsOf(await first);
  expect([streamedText(events), events.find(({ type }) => type === 'message_delta')]).toEqual([
    'I look.',
    expect.objectContaining({ delta: expect.objectContaining({ stop_reason: 'tool_use' }) }),
  ]);

  await form.getByRole('button', { name: 'Let the simulated assistant answer' }).click();
  expect(streamedText(eventsOf(await second))).toBe('by itself');
  await form.waitFor({ state: 'detached' });
  expect(await page.title()).toBe('Emulator');
});

test('on a narrow screen list and request take turns, and nothing is wider than it', async (context) => {
  await using opened = await open(context, { narrow: true });
  const { page, ask } = opened;
  await ask({ messages: [{ role: 'user', content: `@say ${'wide '.repeat(50)}${'x'.repeat(500)}` }] });
  // As text, because it runs where there is a document.
  const widths = () =>
    page.evaluate<number[]>(
      `['html', '#list', '#details'].map((name) => Math.max(0, document.querySelector(name).scrollWidth - innerWidth))`,
    );
  await rows(page).first().waitFor();
  expect(await widths()).toEqual([0, 0, 0]);
  await rows(page).first().click();
  await details(page).getByRole('heading', { name: 'Answer' }).waitFor();
  expect([await widths(), await rows(page).first().isVisible()]).toEqual([[0, 0, 0], false]);
  await page.getByRole('link', { name: 'All requests' }).click();
  await page.locator('#list a:focus').waitFor();
});
