import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { text, toolUse } from '@colloquy/emulator';
import { type Options, query, type SDKMessage, textOf } from 'colloquy';
import { describe, expect, test } from 'vitest';
import { openTools, resultsOf, type ToolScene } from './tool-scene.ts';

// Real processes: what a test waits for is their end.

const openTasks = (files: Record<string, string> = {}, options: Options = {}): Promise<ToolScene> =>
  openTools(files, {
    tools: ['Bash', 'TaskOutput', 'TaskStop', 'Monitor', 'Read'],
    allowedTools: ['Bash'],
    sandbox: { enabled: false },
    ...options,
  });

const someSeconds = (): string => `99.${process.pid}${Math.floor(performance.now() * 1000)}`;
const isRunning = (word: string): boolean =>
  execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })
    .split('\n')
    .some((line) => line.includes(`sleep ${word}`));

type Started = { id: string; file: string };

/** Starts a command in the background, which ends when the file `end` is there. */
async function startTask(
  scene: ToolScene,
  command = 'echo begun; while [ ! -e end ]; do sleep 0.01; done; echo ended',
) {
  const called = await scene.call('Bash', { command, description: 'Wait for the end', run_in_background: true });
  const [, id = '', file = ''] = /as task (\S+)\. Its output goes to (\S+);/.exec(called.text) ?? [];
  expect(called.structured).toEqual({
    stdout: '',
    stderr: '',
    interrupted: false,
    isImage: false,
    noOutputExpected: false,
    backgroundTaskId: id,
  });
  return { id, file } satisfies Started;
}

/** What the model was sent with its newest request, as text. */
const newestSent = (scene: ToolScene): string =>
  JSON.stringify(scene.emulator.requests.at(-1)?.body.messages.at(-1)?.content);

/** Reads until a message fits, all of them included. */
async function until(
  messages: AsyncIterator<SDKMessage>,
  fits: (message: SDKMessage) => boolean,
): Promise<SDKMessage[]> {
  const told: SDKMessage[] = [];
  for (;;) {
    const next = await messages.next();
    if (next.done === true) throw new Error('The messages ended before one fitted');
    told.push(next.value);
    if (fits(next.value)) return told;
  }
}

const isFollowUp = (message: SDKMessage): boolean =>
  message.type === 'result' && message.origin?.kind === 'task-notification';
const subtypes = (messages: readonly SDKMessage[]): string[] =>
  messages.flatMap((message) =>
    message.type === 'system' ? [message.subtype] : message.type === 'result' ? ['result'] : [],
  );

describe('a command in the background', () => {
  test('goes on after its turn, and its end has a turn of its own', async () => {
    await using scene = await openTasks();
    const all = scene.client.receiveMessages();
    const { id, file } = await startTask(scene);
    expect(readFileSync(file, 'utf8')).toContain('');
    scene.emulator.script(text('I see.'));
    writeFileSync(scene.path('end'), '');
    const told = await until(all, isFollowUp);
    expect(subtypes(told)).toEqual([
      'init',
      'task_started',
      'background_tasks_changed',
      'result',
      'task_updated',
      'task_notification',
      'background_tasks_changed',
      'init',
      'result',
    ]);
    const lists = told.flatMap((message) =>
      message.type === 'system' && message.subtype === 'background_tasks_changed' ? [message.tasks] : [],
    );
    expect(lists).toEqual([[{ task_id: id, task_type: 'local_bash', description: 'Wait for the end' }], []]);
    expect(
      told.filter((message) => message.type === 'system' && message.subtype === 'task_notification'),
    ).toMatchObject([{ task_id: id, status: 'completed', output_file: file, summary: 'It ended with exit code 0.' }]);
    expect(textOf(told.at(-1)!)).toBe('I see.');
    expect(newestSent(scene)).toContain(`Background task ${id} (Wait for the end) has ended (completed).`);
    expect((await scene.call('Read', { file_path: file })).text).toBe('1\tbegun\n2\tended');
    await scene.client.disconnect();
    expect(existsSync(file)).toBe(false);
  });

  test('that fails says so', async () => {
    await using scene = await openTasks();
    const all = scene.client.receiveMessages();
    await startTask(scene, 'echo oh; exit 3');
    const told = await until(all, isFollowUp);
    expect(told.filter((message) => message.type === 'system' && message.subtype === 'task_updated')).toMatchObject([
      { patch: { status: 'failed', error: 'It ended with exit code 3.' } },
    ]);
  });

  test('that ends while the model works is told with the next results', async () => {
    await using scene = await openTasks();
    scene.emulator.script(
      toolUse('Bash', { command: 'true', run_in_background: true }),
      toolUse('Bash', { command: 'sleep 0.3' }),
      text('Done.'),
    );
    await scene.client.query('Go');
    await until(scene.client.receiveResponse(), ({ type }) => type === 'result');
    expect(newestSent(scene)).toContain('has ended (completed)');
  });

  test('ends with the session, and with a query that has its answer', async () => {
    const seconds = someSeconds();
    await using scene = await openTasks();
    scene.emulator.script(
      toolUse('Bash', { command: `setsid sleep ${seconds} & touch begun; sleep ${seconds}`, run_in_background: true }),
      text('Started.'),
    );
    const { emulator, cwd } = scene;
    const options: Options = {
      send: emulator.send,
      cwd,
      persistSession: false,
      allowedTools: ['Bash'],
      sandbox: { enabled: false },
      env: { ANTHROPIC_API_KEY: 'test', PATH: process.env['PATH'] },
    };
    const told: SDKMessage[] = [];
    for await (const message of query({ prompt: 'Go', options })) told.push(message);
    expect(textOf(told.at(-1)!)).toBe('Started.');
    expect(isRunning(seconds)).toBe(false);
  });

  test('ends with an interrupt, unless the program says that it ends tasks itself', async () => {
    const seconds = someSeconds();
    await using scene = await openTasks();
    const { file } = await startTask(scene, `sleep ${seconds}`);
    const all = scene.client.receiveMessages();
    await scene.client.interrupt();
    const [, notification] = await until(
      all,
      (message) => message.type === 'system' && message.subtype === 'task_notification',
    );
    expect(notification).toMatchObject({
      status: 'stopped',
      summary: 'It was stopped by the user.',
      output_file: file,
    });
    expect(isRunning(seconds)).toBe(false);
    await scene.call('Bash', { command: 'true' });
    expect(JSON.stringify(scene.emulator.requests.at(-2)?.body.messages)).toContain('It was stopped by the user.');

    await using other = await openTasks({}, { perTaskStopAffordance: true });
    const spared = await startTask(other, `sleep ${seconds}`);
    await other.client.interrupt();
    expect(isRunning(seconds)).toBe(true);
    await other.client.stopTask(spared.id);
    expect(isRunning(seconds)).toBe(false);
    await other.client.stopTask('b0000000');
  });

  test('is one of sixteen at most', async () => {
    await using scene = await openTasks();
    const start = Array.from({ length: 17 }, () => toolUse('Bash', { command: 'sleep 60', run_in_background: true }));
    scene.emulator.script(...start, text('Done.'));
    await scene.client.query('Go');
    const results = (await until(scene.client.receiveResponse(), ({ type }) => type === 'result')).flatMap(resultsOf);
    expect(results.map(({ isError }) => isError)).toEqual([...Array.from({ length: 16 }, () => false), true]);
    expect(results.at(-1)?.text).toContain('Stop one with TaskStop first.');
  });

  test('that prints without end is ended', async () => {
    await using scene = await openTasks();
    const all = scene.client.receiveMessages();
    await startTask(scene, 'yes');
    const told = await until(all, (message) => message.type === 'system' && message.subtype === 'task_notification');
    expect(told.at(-1)).toMatchObject({ status: 'failed', summary: expect.stringContaining('more than is kept') });
  });
});

describe('TaskOutput', () => {
  test('shows what there is, or waits for the end, of which the model is then not told again', async () => {
    await using scene = await openTasks();
    const { id, file } = await startTask(scene);
    while (!existsSync(file) || readFileSync(file, 'utf8') === '')
      await new Promise((resolve) => setImmediate(resolve));
    expect(await scene.call('TaskOutput', { task_id: id, block: false })).toMatchObject({
      text: `Task ${id} (Wait for the end): running\nbegun`,
      structured: {
        retrieval_status: 'not_ready',
        task: { task_id: id, task_type: 'local_bash', status: 'running', output: 'begun\n' },
      },
    });
    expect(await scene.call('TaskOutput', { task_id: id, timeout: 10 })).toMatchObject({
      text: expect.stringContaining('[It had not ended when the time to wait was over.]'),
      structured: { retrieval_status: 'timeout' },
    });
    const waiting = scene.call('TaskOutput', { task_id: id });
    writeFileSync(scene.path('end'), '');
    expect(await waiting).toMatchObject({
      text: `Task ${id} (Wait for the end): completed. It ended with exit code 0.\nbegun\nended`,
      structured: { retrieval_status: 'success', task: { status: 'completed', exitCode: 0 } },
    });
    await scene.call('Bash', { command: 'true' });
    expect(JSON.stringify(scene.emulator.requests.at(-1)?.body.messages)).not.toContain('task-notification');
  });

  test('shows the end of much output, and says where the rest is', async () => {
    await using scene = await openTasks();
    const { id, file } = await startTask(scene, 'seq 1 100000');
    const { text: told } = await scene.call('TaskOutput', { task_id: id });
    expect(told).toContain(`[… ${588_895 - 30_000} bytes left out; the whole output is in ${file}]`);
    expect(told.endsWith('\n99999\n100000')).toBe(true);
  });

  test('answers to its old name', async () => {
    await using scene = await openTasks();
    const { id } = await startTask(scene, 'seq 1 30');
    await scene.call('TaskOutput', { task_id: id });
    const filtered = await scene.call('BashOutput', { bash_id: id, filter: '^2' });
    expect(filtered.text.split('\n').slice(1)).toEqual(['2', ...Array.from({ length: 10 }, (_, n) => `2${n}`)]);
    expect((await scene.call('BashOutput', { bash_id: id, filter: '(' })).text).toContain('cannot be used');
    const { id: long } = await startTask(scene, `echo ${'a'.repeat(40)}`);
    await scene.call('TaskOutput', { task_id: long });
    expect((await scene.call('BashOutput', { bash_id: long, filter: '(a+)+b' })).text).toContain('cannot be used');
  });

  test('names the tasks that there are', async () => {
    await using scene = await openTasks();
    expect((await scene.call('TaskOutput', { task_id: 'b1' })).text).toContain('No task has been started.');
    const { id } = await startTask(scene);
    expect((await scene.call('TaskOutput', { task_id: 'b1' })).text).toContain(`The tasks are: ${id}.`);
  });

  test('is interrupted with its turn, and the task is not', async () => {
    await using scene = await openTasks({}, { perTaskStopAffordance: true });
    const { id } = await startTask(scene);
    scene.emulator.script(toolUse('TaskOutput', { task_id: id }));
    await scene.client.query('Wait');
    const told: SDKMessage[] = [];
    for await (const message of scene.client.receiveResponse()) {
      told.push(message);
      if (message.type === 'assistant') await scene.client.interrupt();
    }
    expect(told.flatMap(resultsOf)).toMatchObject([{ isError: true }]);
    expect((await scene.call('TaskOutput', { task_id: id, block: false })).text).toContain('running');
  });
});

describe('TaskStop', () => {
  test('ends a task with all that it has started', async () => {
    const seconds = someSeconds();
    await using scene = await openTasks();
    const command = `sleep ${seconds} & echo begun; sleep ${seconds}`;
    const { id, file } = await startTask(scene, command);
    expect(await scene.call('TaskStop', { task_id: id })).toMatchObject({
      text: `Task ${id} (Wait for the end) has been stopped. Its output is in ${file}.`,
      structured: { message: expect.any(String), task_id: id, task_type: 'local_bash', command },
    });
    expect(isRunning(seconds)).toBe(false);
    expect(await scene.call('KillShell', { shell_id: id })).toMatchObject({
      isError: true,
      text: `Task ${id} does not run any longer: killed. It was stopped with TaskStop.`,
    });
    expect((await scene.call('TaskStop', { task_id: 'b1' })).text).toContain('There is no task b1');
    expect((await scene.call('TaskStop', {})).text).toContain('"task_id" is missing');
  });
});

describe('Monitor', () => {
  const watch = 'touch lines; tail -n +1 -f lines';

  test('tells what its command prints, line by line, when it comes', async () => {
    await using scene = await openTasks();
    const all = scene.client.receiveMessages();
    const called = await scene.call('Monitor', { description: 'New lines', command: watch, timeout_ms: 60_000 });
    expect(called.structured).toEqual({
      taskId: expect.stringMatching(/^m[0-9a-z]{8}$/),
      timeoutMs: 60_000,
      persistent: false,
    });
    scene.emulator.script(text('First.'), text('Second.'));
    appendFileSync(scene.path('lines'), 'one\ntwo\n');
    await until(all, isFollowUp);
    expect(newestSent(scene)).toContain(String.raw`(New lines) has printed:\none\ntwo\n</task-notification>`);
    appendFileSync(scene.path('lines'), 'three\n');
    expect(textOf((await until(all, isFollowUp)).at(-1)!)).toBe('Second.');
    expect(newestSent(scene)).toContain('three');
  });

  test('tells the last lines before the end of its command, an unfinished one too, and no errors', async () => {
    await using scene = await openTasks();
    const all = scene.client.receiveMessages();
    await scene.call('Monitor', { description: 'Short', command: 'echo one; echo two >&2; printf three' });
    while (!newestSent(scene).includes('has ended')) await until(all, isFollowUp);
    const sent = JSON.stringify(scene.emulator.requests.at(-1)?.body.messages);
    expect(sent).toMatch(/has printed:\\none\\nthree\\n</);
    expect(sent).not.toContain('two\\n');
    expect(scene.emulator.requests.length).toBeLessThan(6);
  });

  test('ends when its time is over', async () => {
    await using scene = await openTasks();
    const all = scene.client.receiveMessages();
    const seconds = someSeconds();
    await scene.call('Monitor', { description: 'Nothing', command: `sleep ${seconds}`, timeout_ms: 1000 });
    const told = await until(all, (message) => message.type === 'system' && message.subtype === 'task_notification');
    expect(told.at(-1)).toMatchObject({ status: 'completed', summary: 'Its time of 1 s is over.' });
    expect(isRunning(seconds)).toBe(false);
  });

  test('that floods the model is ended, and does not make a turn of every line', async () => {
    await using scene = await openTasks();
    const all = scene.client.receiveMessages();
    await scene.call('Monitor', { description: 'Flood', command: 'yes', timeout_ms: 60_000 });
    const told = await until(all, (message) => message.type === 'system' && message.subtype === 'task_notification');
    expect(told.at(-1)).toMatchObject({ status: 'failed', summary: expect.stringContaining('far more lines') });
    await until(all, isFollowUp);
    expect(scene.emulator.requests.length).toBeLessThan(6);
  });

  test('is ruled by the rules for Bash', async () => {
    await using scene = await openTasks({}, { allowedTools: ['Bash(tail *)'], disallowedTools: ['Bash(rm *)'] });
    expect((await scene.call('Monitor', { description: 'a', command: 'tail -f /dev/null' })).isError).toBe(false);
    expect((await scene.call('Monitor', { description: 'a', command: 'rm x' })).isError).toBe(true);
    expect((await scene.call('Monitor', { description: 'a', command: 'touch x' })).isError).toBe(true);
    expect(existsSync(scene.path('x'))).toBe(false);
  });
});
