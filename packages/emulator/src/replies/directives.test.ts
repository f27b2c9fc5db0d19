import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createEmulator, type Emulator } from '../index.ts';
import {
  ask,
  askStream,
  bodyOf,
  eventsOf,
  post,
  said,
  streamedText,
  textOfBody,
  tools,
  withResults,
  type Message,
} from '../testing/ask.ts';

const prompt = (text: string): Record<string, unknown> => ({
  messages: [{ role: 'user', content: text }],
  max_tokens: 128_000,
});
const calls = ({ content }: Message): unknown[] =>
  content.filter(({ type }) => type === 'tool_use').map(({ name, input }) => [name, input]);

async function statuses(emulator: Emulator, text: string, times: number): Promise<number[]> {
  const found = [];
  for (let request = 0; request < times; request += 1) found.push((await post(emulator, bodyOf(prompt(text)))).status);
  return found;
}

test('@say answers with the text, @emit with so many deltas', async () => {
  expect(said(await ask(createEmulator(), prompt('@say Good  morning!')))).toBe('Good  morning!');
  const events = await askStream(createEmulator(), prompt('@emit 5'));
  expect([streamedText(events), events.filter(({ delta }) => delta !== undefined).length]).toEqual(['1 2 3 4 5', 6]);
});

test('@emit with a gap is paced', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let done = false;
  const stream = askStream(createEmulator(), prompt('@emit 3 gap=50')).finally(() => (done = true));
  await vi.advanceTimersByTimeAsync(99);
  expect(done).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(streamedText(await stream)).toBe('1 2 3');
});

test('several @tool lines are one answer, and the results are summed up', async () => {
  const text = '@tool Bash {"command":"ls"}\n@tool Read {"file_path":"a.txt"}';
  const first = await ask(createEmulator(), prompt(text));
  expect([calls(first), first.stop_reason]).toEqual([
    [
      ['Bash', { command: 'ls' }],
      ['Read', { file_path: 'a.txt' }],
    ],
    'tool_use',
  ]);
  const messages = withResults(text, {
    calls: first.content,
    results: [{ text: 'a.txt\nb.txt' }, { text: 'gone', isError: true }],
  });
  expect(said(await ask(createEmulator(), { messages }))).toBe(
    '(Simulated answer: no model is connected.) 2 tool calls:\n- Bash: a.txt b.txt\n- Read: failed: gone',
  );
});

test('@calls makes one call after another, then what follows it is said', async () => {
  const text = '@calls 2 mcp__calc__add {"a":1}\n@say Added.';
  const first = await ask(createEmulator(), prompt(text));
  expect(calls(first)).toEqual([['mcp__calc__add', { a: 1 }]]);
  const round = { calls: first.content, results: [{ text: '1' }] };
  const second = await ask(createEmulator(), { messages: withResults(text, round) });
  expect(calls(second)).toEqual([['mcp__calc__add', { a: 1 }]]);
  const third = await ask(createEmulator(), {
    messages: withResults(text, round, { calls: second.content, results: [{ text: '2' }] }),
  });
  expect([said(third), third.stop_reason]).toEqual(['Added.', 'end_turn']);
});

test('@think and @say belong to the answer that they stand in', async () => {
  const text = '@think First I look.\n@say Looking.\n@tool Bash\n@think Now I know.';
  const fields = { model: 'claude-fable-5-2' };
  const first = await ask(createEmulator(), { ...prompt(text), ...fields });
  expect(first.content.map(({ thinking, text: shown, name }) => thinking ?? shown ?? name)).toEqual([
    'First I look.',
    'Looking.',
    'Bash',
  ]);
  const messages = withResults(text, { calls: first.content, results: [] }).slice(0, 2);
  messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: first.content[2]?.id, content: 'ok' }] });
  const second = await ask(createEmulator(), { messages, ...fields });
  expect(second.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
});

test('@refuse and @max_tokens stop as they say', async () => {
  expect(await ask(createEmulator(), prompt('@refuse'))).toMatchObject({
    content: [],
    stop_reason: 'refusal',
    stop_details: { type: 'refusal', category: null },
  });
  expect(await ask(createEmulator(), prompt('@max_tokens'))).toMatchObject({
    content: [{ type: 'text' }],
    stop_reason: 'max_tokens',
  });
  const cut = await askStream(createEmulator(), prompt('@max_tokens\n@tool Bash {"command":"echo hello"}'));
  const json = cut.map(({ delta }) => (delta as { partial_json?: string } | undefined)?.partial_json ?? '').join('');
  expect(() => JSON.parse(json)).toThrow(SyntaxError);
});

test('@status fails the next requests of this prompt, then the rest of the prompt counts', async () => {
  const emulator = createEmulator();
  expect(await statuses(emulator, '@status 529 times=2\n@say Hi', 4)).toEqual([529, 529, 200, 529]);
  const limited = await post(emulator, bodyOf(prompt('@status 429 retry-after=7')));
  expect([limited.status, limited.headers['retry-after']]).toEqual([429, '7']);
});

test('two troubles of one prompt strike one after the other', async () => {
  const emulator = createEmulator();
  const text = '@status 500\n@cut after=1\n@say Hi';
  expect((await post(emulator, bodyOf(prompt(text)))).status).toBe(500);
  await expect(textOfBody(await post(emulator, bodyOf({ ...prompt(text), stream: true })))).rejects.toThrow('broke');
  expect(said(await ask(emulator, prompt(text)))).toBe('Hi');
});

test('moved cache markers do not make a retry another request', async () => {
  const emulator = createEmulator();
  const marked = [{ type: 'text', text: '@status 529', cache_control: { type: 'ephemeral' } }];
  const plain = [{ type: 'text', text: '@status 529' }];
  const found = [];
  for (const content of [marked, plain])
    found.push((await post(emulator, bodyOf({ messages: [{ role: 'user', content }] }))).status);
  expect(found).toEqual([529, 200]);
});

test('@cut breaks the connection once, @end-early ends the body, @error-event tells an error', async () => {
  const emulator = createEmulator();
  const stream = (text: string) => post(emulator, bodyOf({ ...prompt(text), stream: true })).then(textOfBody);
  await expect(stream('@cut after=3')).rejects.toThrow('The connection broke');
  expect(eventsOf(await stream('@cut after=3')).at(-1)?.type).toBe('message_stop');
  expect(eventsOf(await stream('@end-early after=2\n@emit 9'))).toHaveLength(2);
  expect(eventsOf(await stream('@error-event after=1 type=api_error')).at(-1)).toMatchObject({
    type: 'error',
    error: { type: 'api_error' },
  });
  expect(await stream('@html')).toContain('<!doctype html>');
  expect(await stream('@empty-body')).toBe('');
});

test('@cut-utf8 cuts chunks inside characters and loses nothing', async () => {
  const response = await post(createEmulator(), bodyOf({ ...prompt('@cut-utf8'), stream: true }));
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  expect(chunks.some((chunk) => Buffer.from(chunk).toString('utf8').includes('\uFFFD'))).toBe(true);
  expect(streamedText(eventsOf(Buffer.concat(chunks).toString('utf8')))).toContain('你好');
});

test('@stall sends so many events and then nothing', async () => {
  const leave = new AbortController();
  const emulator = createEmulator();
  const response = await post(emulator, bodyOf({ ...prompt('@stall after=2'), stream: true }), {
    signal: leave.signal,
  });
  const body = response.body[Symbol.asyncIterator]();
  expect(eventsOf(Buffer.from((await body.next()).value as Uint8Array).toString('utf8'))).toHaveLength(2);
  const rest = body.next();
  leave.abort(new Error('left'));
  await expect(rest).rejects.toThrow('left');
});

test('only the newest prompt counts, and neither context around it nor an interrupted prompt does', async () => {
  const turn = [
    { role: 'user', content: '@emit 9' },
    { role: 'assistant', content: '1 2' },
  ];
  const content = ['Working directory: /tmp', '@emit 3', '[Request interrupted by user]', '@say New'].map((text) => ({
    type: 'text',
    text,
  }));
  const hooked = [
    ...content,
    { type: 'text', text: '<system-reminder>\n@say Reminder\n</system-reminder>' },
    { type: 'text', text: 'It is Monday.' },
  ];
  expect(said(await ask(createEmulator(), { messages: [...turn, { role: 'user', content }] }))).toBe('New');
  expect(said(await ask(createEmulator(), { messages: [...turn, { role: 'user', content: hooked }] }))).toBe('New');
});

test('a prompt that joins the results of tools is followed from there', async () => {
  const first = await ask(createEmulator(), prompt('@calls 5 Bash'));
  const results = [
    { type: 'tool_result', tool_use_id: first.content[0]?.id },
    { type: 'text', text: '@say Stop that.' },
  ];
  const messages = [
    { role: 'user', content: '@calls 5 Bash' },
    { role: 'assistant', content: first.content },
    { role: 'user', content: results },
  ];
  expect(said(await ask(createEmulator(), { messages }))).toBe('Stop that.');
});

test.each([
  '@tool',
  '@tool Bash {broken',
  '@emit many',
  '@emit 99999999',
  '@calls 2',
  '@status 200',
  '@status 999',
  '@cut',
  '@say',
])('refuses the directive %s and says how it is written', async (line) => {
  const response = await post(createEmulator(), bodyOf(prompt(line)));
  expect([response.status, await textOfBody(response)]).toEqual([400, expect.stringContaining('emulator: ')]);
});

test('a line that begins with @ and is no directive is prose', async () => {
  expect(said(await ask(createEmulator(), prompt('@alice hello\n@README.md')))).toContain('Simulated answer');
});

test('no prompt takes long or makes anything but an answer or a refusal', async () => {
  const gaps = ['@say x', '@tool Bash', 'run x', 'edit a: replace b', 'read a.txt'].map(
    (start) => `${start}${' '.repeat(9_000)}y`,
  );
  const startMs = performance.now();
  for (const text of gaps) expect([200, 400]).toContain((await post(createEmulator(), bodyOf(prompt(text)))).status);
  expect(performance.now() - startMs).toBeLessThan(3000);
  const words = [
    '@emit',
    '@tool',
    '@calls',
    '@cut',
    '2',
    'after=1',
    '{}',
    '{"a":',
    'read',
    'run',
    'edit',
    'a.txt',
    'replace',
    'with',
    'and',
    'then',
    '`',
    '"',
    ':',
    '\n',
    '*',
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 12 }), async (said) => {
      const { status } = await post(createEmulator(), bodyOf({ ...prompt(said.join(' ')), tools: tools() }));
      return status === 200 || status === 400;
    }),
  );
});
