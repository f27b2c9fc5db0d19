import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, type TestContext, vi } from 'vitest';
import type { FakeServer } from './fake-server.ts';
import type { FakeSession } from './fake-session.ts';
import { type Lab, openLab, type OpenPage, openPage } from './open-page.ts';

// The built page in a real browser, against a server that tells exactly what each test makes it tell.

// Long enough for a machine that is busy with other tests; a page that is well takes half a second.
vi.setConfig({ testTimeout: 20_000 });

let lab: Lab | undefined;
beforeAll(async () => {
  lab = await openLab();
}, 40_000);
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

/** A fresh page; where there is no browser, the test is skipped. */
function open(context: TestContext, o?: Parameters<typeof openPage>[1]): Promise<OpenPage> {
  if (lab === undefined) return context.skip('browser: there is no Chromium on PATH or in COLLOQUY_CHROMIUM');
  return openPage(lab, o);
}

const box = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const log = (page: Page) => page.getByRole('log');
const permission = (page: Page) => page.getByTestId('permission');

/** Sends a prompt and waits until the server has told it back; the test then plays the turn. */
async function ask(page: Page, fake: FakeServer, text: string): Promise<{ session: FakeSession; uuid: string }> {
  const accepted = new Promise<{ session: FakeSession; uuid: string }>((resolve) => {
    fake.onPrompt = (session, { uuid }) => resolve({ session, uuid });
  });
  await box(page).fill(text);
  await box(page).press('Enter');
  return accepted;
}

const callsTo = (fake: FakeServer, end: string) =>
  fake.calls.filter((call) => call.path.endsWith(end)).map((call) => call.body);

test('the printed link signs in, and the token is gone from the address', async (context) => {
  await using opened = await open(context);
  const { page, fake } = opened;
  await page.getByRole('heading', { name: 'Ask about weather' }).waitFor();
  expect(page.url()).toBe(`${fake.url}/#/`);
  await page.getByRole('button', { name: 'Simulated' }).click();
  await page.getByRole('heading', { name: 'No real model answers here' }).waitFor();
});

test('without a credential the page says how to get in', async (context) => {
  await using opened = await open(context, { path: '/' });
  await opened.page.getByRole('heading', { name: 'This browser is not signed in' }).waitFor();
  await opened.page.goto(`${opened.fake.url}/#token=used`);
  await opened.page.getByRole('heading', { name: 'This link does not work any more' }).waitFor();
  expect(opened.page.url()).toBe(`${opened.fake.url}/#/`);
});

test('an example starts a conversation; text streams, and a reload shows all of it', async (context) => {
  await using opened = await open(context);
  const { page, fake } = opened;
  fake.onPrompt = (session, { uuid }) => {
    session.start(uuid);
    session.answer();
    session.write('The **two** commands', ' are `a`');
  };
  await page.getByRole('button', { name: /Read README.md/ }).click();
  await log(page).getByText('two', { exact: true }).waitFor();
  await log(page).getByText('Writing…').waitFor();
  const session = [...fake.sessions.values()][0];
  expect(page.url()).toBe(`${fake.url}/#/s/${session?.summary.id}`);
  session?.finish('The **two** commands are `a` and `b`.');
  session?.end();
  await log(page).getByText('2.4 s').waitFor();
  await page.reload();
  await log(page).getByText('The two commands are a and b.').waitFor();
  expect(await log(page).getByText('Read README.md and tell me the two commands').count()).toBe(1);
  expect(await page.getByText('$0.0132').count()).toBe(1);
});

test('a Read card shows the file, its number of lines and, opened, its text', async (context) => {
  await using opened = await open(context);
  const { page, fake } = opened;
  const { session, uuid } = await ask(page, fake, 'read');
  session.start(uuid);
  session.answer();
  session.call('t', 'Read', { file_path: '/home/ada/projects/weather/README.md' });
  session.result('t', '1\t# weather', { type: 'text', file: { content: '# weather', numLines: 1 } });
  const card = log(page).locator('details', { hasText: 'README.md' });
  await card.getByText('1 line').waitFor();
  await card.locator('summary').press('Enter');
  await card.getByText('# weather').waitFor();
  expect(await card.locator('pre').last().innerText()).toBe('# weather');
});

test('a command waits for permission, over a reload too; Allow answers', async (context) => {
  await using opened = await open(context);
  const { page, fake } = opened;
  const { session, uuid } = await ask(page, fake, 'run ls');
  session.start(uuid);
  session.answer();
  session.call('t', 'Bash', { command: 'ls -la' });
  session.ask(7, 't', 'Bash', { command: 'ls -la' }, 'No rule allows this.');
  await permission(page).getByText('No rule allows this.').waitFor();
  await page.reload();
  await permission(page).getByText('ls -la').waitFor();
  await permission(page).getByRole('button', { name: 'Allow' }).click();
  await expect.poll(() => callsTo(fake, '/answers')).toEqual([{ request: 7, decision: { behavior: 'allow' } }]);
  session.answered(7, 't', 'allow', 'page-1');
  await permission(page).waitFor({ state: 'detached' });
  session.result('t', 'a', { stdout: 'a', stderr: '' });
  await log(page).locator('details', { hasText: 'ls -la' }).getByText('Done').waitFor({ state: 'attached' });
});

test('an edit is shown as a change, and can be denied with a word to the model', async (context) => {
  await using opened = await open(context);
  const { page, fake } = opened;
  const { session, uuid } = await ask(page, fake, 'edit');
  const input = { file_path: '/a.ts', old_string: 'one', new_string: 'two' };
  session.start(uuid);
  session.answer();
  session.call('t', 'Edit', input);
  session.ask(7, 't', 'Edit', input);
  await permission(page).locator('.patch-line.removed', { hasText: 'one' }).waitFor();
  await permission(page).locator('.patch-line.added', { hasText: 'two' }).waitFor();
  await permission(page).getByRole('button', { name: 'Deny and say why…' }).click();
  await page.keyboard.type('Use three');
  await page.keyboard.press('Enter');
  await expect
    .poll(() => callsTo(fake, '/answers'))
    .toEqual([{ request: 7, decision: { behavior: 'deny', message: 'Use three' } }]);
});

const QUESTIONS = {
  questions: [
    {
      question: 'Which database?',
      header: 'Storage',
      options: [
        { label: 'SQLite (recommended)', description: 'One file, nothing to run.' },
        { label: 'PostgreSQL', description: 'Several machines.' },
      ],
      multiSelect: false,
    },
    {
      question: 'Which checks?',
      header: 'Checks',
      options: [
        { label: 'Types', description: '' },
        { label: 'Tests', description: '' },
      ],
      multiSelect: true,
    },
  ],
};

test("questions of the model are answered by choosing, or in words of one's own", async (context) => {
  await using opened = await open(context);
  const { page, fake } = opened;
  const { session, uuid } = await ask(page, fake, 'set it up');
  session.start(uuid);
  session.answer();
  session.call('t', 'AskUserQuestion', QUESTIONS);
  session.ask(7, 't', 'AskUserQuestion', QUESTIONS);
  const form = permission(page);
  await form.getByRole('radio', { name: 'PostgreSQL' }).check();
  await form.getByRole('radio', { name: 'SQLite' }).check();
  await form.getByRole('checkbox', { name: 'Types' }).check();
  await form.getByRole('textbox', { name: 'Another answer: Which checks?' }).fill('Licences');
  await form.getByRole('button', { name: 'Answer' }).click();
  const answers = { 'Which database?': 'SQLite (recommended)', 'Which checks?': 'Types, Licences' };
  await expect
    .poll(() => callsTo(fake, '/answers'))
    .toEqual([{ request: 7, decision: { behavior: 'allow', updatedInput: { ...QUESTIONS, answers } } }]);
});

test('a plan is shown as it reads, and approved or sent back', async (context) => {
  await using opened = await open(context);
  const { page, fake } = opened;
  const { session, uuid } = await ask(page, fake, 'plan it');
  const input = { plan: '## Steps\n\n1. Look\n2. Change' };
  session.start(uuid);
  session.answer();
  session.call('t', 'ExitPlanMode', input);
  session.ask(7, 't', 'ExitPlanMode', input);
  await permission(page).getByRole('heading', { name: 'Carry out this plan?' }).waitFor();
  await permission(page).getByRole('heading', { name: 'Steps' }).waitFor();
  await permission(page).getByRole('button', { name: 'Say what to change…' }).click();
  await page.keyboard.type('Tests first');
  await page.keyboard.press('Enter');
  await expect
    .poll(() => callsTo(fake, '/answers'))
    .toEqual([{ request: 7, decision: { behavior: 'deny', message: 'Tests first' } }]);
});

test('what a subagent does is told in the card of the call that started it', async (context) => {
  await using opened = await open(context);
  const { page, fake } = opened;
  const { session, uuid } = await ask(page, fake, 'look around');
  session.start(uuid);
  session.answer();
  session.call('t', 'Agent', { description: 'Find the parser', prompt: 'Where is it?' });
  session.step('t', 's1', 'Grep', { pattern: 'parse' });
  session.stepResult('t', 's1');
  session.step('t', 's2', 'Bash', { command: 'make' });
  session.ask(8, 's2', 'Bash', { command: 'make' });
  const card = log(page).locator('details', { hasText: 'Find the parser' });
  await card.getByText('2 steps').waitFor();
  await card.locator('summary').click();
  await card.locator('.agent-step-done', { hasText: 'parse' }).waitFor();
  await card.locator('.agent-step-running', { hasText: 'make' }).waitFor();
  await permission(page).getByText('make').waitFor();
  session.stepResult('t', 's2', true);
  await permission(page).waitFor({ state: 'detached' });
  await card.locator('.agent-step-failed', { hasText: 'make' }).waitFor();
  // What a subagent is told is no message of the conversation.
  expect(await log(page).getByText('Where is it?').count()).toBe(1);
});

test('a question that was answered elsewhere goes, and the page says by whom', async (context) => {
  await using opened = await open(context);
  const { page, fake } = opened;
  const { session, uuid } = await ask(page, fake, 'run ls');
  session.start(uuid);
  session.answer();
  session.call('t', 'Bash', { command: 'ls' });
  session.ask(7, 't', 'Bash', { command: 'ls' });
  await permission(page).waitFor();
  session.answered(7, 't', 'deny', 'Grace');
  await page.getByText('Bash was denied by Grace.').waitFor();
  expect(await permission(page).count()).toBe(0);
  session.call('u', 'Bash', { command: 'pwd' });
  session.ask(9, 'u', 'Bash', { command: 'pwd' });
  await permission(page).getByText('pwd').waitFor();
  // The keys are armed half a second after the question has appeared.
  await expect
    .poll(async () => {
      await page.keyboard.press('Alt+KeyN');
      return callsTo(fake, '/answers');
    })
    .toEqual([{ request: 9, decision: { behavior: 'deny' } }]);
});

test('Escape and the button stop the turn; a message sent meanwhile waits for the next', async (context) => {
  await using opened = await open(context);
  const { page, fake } = opened;
  const { session, uuid } = await ask(page, fake, 'first');
  session.start(uuid);
  session.answer();
  session.write('Half a');
  const second = await ask(page, fake, 'second');
  await log(page).getByText('Queued: starts when the present answer is done').waitFor();
  await box(page).press('Escape');
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect.poll(() => callsTo(fake, '/control').length).toBe(2);
  expect(callsTo(fake, '/control')[0]).toEqual({ name: 'interrupt', args: {} });
  session.finish('Half a', { aborted: true });
  session.end({ subtype: 'error_during_execution', is_error: true, errors: [], terminal_reason: 'aborted_streaming' });
  session.start(second.uuid);
  await log(page).getByText('Stopped.').waitFor();
  await log(page).getByText('Queued').waitFor({ state: 'detached' });
  expect(await log(page).locator('.turn').nth(1).innerText()).toContain('second');
});

test('Shift+Enter breaks the line, and a draft outlives a reload', async (context) => {
  await using opened = await open(context);
  const { page, fake } = opened;
  await box(page).click();
  await page.keyboard.type('one');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('two');
  await page.reload();
  await expect.poll(() => box(page).inputValue()).toBe('one\ntwo');
  expect(callsTo(fake, '/messages')).toEqual([]);
});

test('a message that was not accepted is sent again under the same uuid', async (context) => {
  await using opened = await open(context);
  const { page, fake } = opened;
  fake.refuseNext('POST', '/messages', 503);
  await box(page).fill('Hello');
  await box(page).press('Enter');
  await page.getByText('Not sent. The test wants this to fail.').waitFor();
  await page.getByRole('button', { name: 'Send again' }).click();
  const uuids = () => callsTo(fake, '/messages').map((body) => body['uuid']);
  await expect.poll(uuids).toHaveLength(2);
  expect(new Set(uuids()).size).toBe(1);
  await page.getByText('Not sent.').waitFor({ state: 'detached' });
});

test('a lost server is told, and the text goes on where it stopped, if need be without a socket', async (context) => {
  await using opened = await open(context);
  const { page, fake } = opened;
  const { session, uuid } = await ask(page, fake, 'Hello');
  session.start(uuid);
  session.answer();
  session.write('One', ' two');
  await log(page).getByText('One two').waitFor();
  expect(callsTo(fake, '/stream')).toEqual([]);
  fake.passesSockets = false;
  fake.refuseNext('GET', '/stream', 503);
  session.breakStreams();
  await page.getByText('Reconnecting…').waitFor();
  session.more(' three');
  await page.getByText('Reconnecting…').waitFor({ state: 'detached' });
  await log(page).getByText('One two three').waitFor();
  expect(callsTo(fake, '/stream')).toHaveLength(2);
  expect(await log(page).getByText('Hello').count()).toBe(1);
});

test('while text streams, nothing that is finished is rendered again', async (context) => {
  await using opened = await open(context);
  const { page, fake } = opened;
  const { session, uuid } = await ask(page, fake, 'Hello');
  session.start(uuid);
  session.answer();
  session.finish('Finished *text*.');
  session.answer();
  session.write('Paragraph one.\n\nPara');
  await log(page).getByText('Para', { exact: true }).waitFor();
  const changes = await page.evaluateHandle(() => {
    const seen: string[] = [];
    const observer = new MutationObserver((records) =>
      seen.push(...records.map((record) => record.target.textContent ?? '')),
    );
    const [finished, growing] = document.querySelectorAll('.answer-text');
    const paragraph = growing?.querySelector('p');
    for (const node of [finished, paragraph]) {
      if (node instanceof Element)
        observer.observe(node, { subtree: true, childList: true, characterData: true, attributes: true });
    }
    return seen;
  });
  session.more('graph two.');
  await log(page).getByText('Paragraph two.').waitFor();
  expect(await changes.jsonValue()).toEqual([]);
});

test('the end stays in view while text grows, until the person scrolls away', async (context) => {
  await using opened = await open(context);
  const { page, fake } = opened;
  const { session, uuid } = await ask(page, fake, 'Hello');
  session.start(uuid);
  session.answer();
  session.write('- line\n'.repeat(80));
  await log(page).getByText('line').nth(79).waitFor();
  const distance = () =>
    log(page).evaluate((element) => element.scrollHeight - element.clientHeight - element.scrollTop);
  await expect.poll(distance).toBeLessThan(2);
  session.more('- line\n'.repeat(40));
  await log(page).getByText('line').nth(119).waitFor();
  await expect.poll(distance).toBeLessThan(2);
  await log(page).hover();
  await page.mouse.wheel(0, -600);
  const jump = page.getByRole('button', { name: 'Jump to latest' });
  await jump.waitFor();
  const before = await log(page).evaluate((element) => element.scrollTop);
  session.more('- line\n'.repeat(40));
  await log(page).getByText('line').nth(159).waitFor();
  expect(await log(page).evaluate((element) => element.scrollTop)).toBe(before);
  await jump.click();
  await expect.poll(distance).toBeLessThan(2);
});

test('conversations can be chosen, renamed and deleted', async (context) => {
  await using opened = await open(context, {
    before(fake) {
      fake.addSession('First', 'one').prompt('Hello');
      fake.addSession('Second', 'two');
    },
  });
  const { page, fake } = opened;
  await page.getByRole('link', { name: /First/ }).click();
  await page.getByRole('heading', { name: 'First', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Rename First' }).click();
  await page.keyboard.type('Renamed');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Renamed', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Delete Renamed' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { name: 'Ask about weather' }).waitFor();
  expect([...fake.sessions.keys()]).toEqual(['two']);
  await page.goto(`${fake.url}/#/s/one`);
  await page.getByRole('heading', { name: 'There is no such conversation' }).waitFor();
});

test('a conversation of an agent shows the agent, what waits for a program, and who gave the result', async (context) => {
  await using opened = await open(context, {
    before(fake) {
      fake.addSession('Orders', 'one').summary.agent = { id: 'agent_1', name: 'Order desk' };
    },
  });
  const { page, fake } = opened;
  await page.getByRole('link', { name: /Orders/ }).click();
  await page.locator('header').getByText('Order desk').waitFor();
  expect(await page.getByRole('combobox').count()).toBe(0);
  const { session, uuid } = await ask(page, fake, 'Where is it?');
  session.start(uuid);
  session.answer();
  session.call('t', 'get_order', { id: 'A-17' });
  session.call('b', 'bash', { command: 'ls' });
  session.tell({ type: 'system', subtype: 'tool_call_request', tool_use_id: 't', tool_name: 'get_order', input: {} });
  await log(page).getByText('Waits for a program').waitFor();
  await log(page).getByText('Waiting for the result of a program').waitFor();
  session.tell({ type: 'system', subtype: 'tool_call_answered', tool_use_id: 't', by: 'orders' });
  session.result('t', 'sent');
  await log(page).getByText('Waits for a program').waitFor({ state: 'detached' });
  await log(page).locator('summary', { hasText: 'get_order' }).click();
  await log(page).getByText('The result is from orders').waitFor();
});

test('an archived conversation is read, and says so where the message box would be', async (context) => {
  await using opened = await open(context, {
    before(fake) {
      const session = fake.addSession('Done with', 'one');
      session.summary.archived_at = new Date().toISOString();
      session.prompt('Hello');
    },
  });
  const { page } = opened;
  await page.getByRole('link', { name: /Done with.*archived/ }).click();
  await page.getByText('This conversation is archived').waitFor();
  expect(await box(page).count()).toBe(0);
});

test('on a narrow screen the list is a drawer, and nothing is wider than the screen', async (context) => {
  await using opened = await open(context, { viewport: { width: 360, height: 640 } });
  const { page, fake } = opened;
  const { session, uuid } = await ask(page, fake, 'A-rather-long-word-'.repeat(12));
  session.start(uuid);
  session.answer();
  session.finish(`\`\`\`sh\n${'long '.repeat(60)}\n\`\`\`\n\n| a | b |\n| - | - |\n| ${'x'.repeat(90)} | y |`);
  session.call('t', 'Bash', { command: 'echo '.repeat(60) });
  session.ask(7, 't', 'Bash', { command: 'echo '.repeat(60) }, 'A reason.');
  await permission(page).waitFor();
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(await overflow()).toBe(0);
  expect(await log(page).evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0);
  const link = page.getByRole('link', { name: 'New conversation' });
  expect(await link.isVisible()).toBe(false);
  await page.getByRole('button', { name: 'Conversations' }).click();
  await link.waitFor();
  await page.keyboard.press('Escape');
  await link.waitFor({ state: 'hidden' });
  expect(callsTo(fake, '/control')).toEqual([]);
});
