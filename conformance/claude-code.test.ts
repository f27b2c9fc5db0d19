import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createEmulator,
  cut,
  rateLimited,
  status,
  text,
  thinking,
  together,
  toolUse,
  toolUses,
} from '@colloquy/emulator';
import type { Emulator, RecordedRequest, Reply, RequestMessage } from '@colloquy/emulator';
import { expect, test, type TestContext } from 'vitest';
import { findClaudeCode, startClaudeCode, type ClaudeCode, type ClaudeTurn } from './claude-code.ts';

// The real Claude Code against the emulator. When a request is refused it asks again with fewer features and shows nothing
// of it, so that each test also says how every single request was answered.

type Conversation = AsyncDisposable & { claude: ClaudeCode; emulator: Emulator };

async function start(
  context: TestContext,
  script: Reply[],
  o: { files?: Record<string, string>; args?: string[] } = {},
): Promise<Conversation> {
  const { program, version } = findClaudeCode();
  if (program === undefined) context.skip(`@anthropic-ai/claude-agent-sdk ${version}: run script/conformance --setup`);
  await using stack = new AsyncDisposableStack();
  const emulator = createEmulator({ script });
  const at = stack.use(await emulator.listen());
  const claude = stack.use(await startClaudeCode({ program, baseUrl: at.url, ...o }));
  const kept = stack.move();
  return { claude, emulator, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

const outcome = ({ result }: ClaudeTurn): unknown => [result.subtype, result['is_error'], result['result']];
const answers = ({ requests }: Emulator): unknown[] =>
  requests.map(({ method, path, status: code }) => `${method} ${path} ${code}`);
const blocks = (messages: readonly RequestMessage[]) =>
  messages.flatMap(({ content }) => (typeof content === 'string' ? [{ type: 'text', text: content }] : content));
const results = (request: RecordedRequest | undefined) =>
  blocks(request?.messages ?? []).filter((block) => block.type === 'tool_result');

test('Claude Code holds a conversation of five turns with Bash, Read and Edit', async (context) => {
  const NOTES = 'notes.txt';
  const edit = (old_string: string, new_string: string) =>
    toolUse('Edit', { file_path: NOTES, old_string, new_string });
  const script = [
    toolUse('Bash', { command: 'ls; wc -l < notes.txt', description: 'Look around' }),
    text('There is one file of two lines.'),
    thinking('They want to see the notes.', toolUse('Read', { file_path: NOTES })),
    text('It says alpha and beta.'),
    together(text('I shall change it.'), edit('beta', 'gamma')),
    text('It says gamma now.'),
    toolUses([
      { name: 'Bash', input: { command: 'echo delta >> notes.txt; echo appended', description: 'Append' } },
      { name: 'Bash', input: { command: 'echo twice', description: 'Say it' } },
    ]),
    toolUse('Read', { file_path: NOTES }),
    edit('delta', 'Δ 你好'),
    text('Done, in three steps.'),
    text('You asked what is here.'),
  ];
  await using conversation = await start(context, script, { files: { [NOTES]: 'alpha\nbeta\n' } });
  const { claude, emulator } = conversation;
  const notes = (): Promise<string> => readFile(join(claude.folder, NOTES), 'utf8');

  expect(outcome(await claude.ask('What is here?'))).toEqual(['success', false, 'There is one file of two lines.']);
  expect(outcome(await claude.ask('Show me the notes.'))).toEqual(['success', false, 'It says alpha and beta.']);
  expect(outcome(await claude.ask('Make beta gamma.'))).toEqual(['success', false, 'It says gamma now.']);
  expect(await notes()).toBe('alpha\ngamma\n');
  expect(outcome(await claude.ask('Add a line.'))).toEqual(['success', false, 'Done, in three steps.']);
  expect(await notes()).toBe('alpha\ngamma\nΔ 你好\n');
  expect(outcome(await claude.ask('What did I ask first?'))).toEqual(['success', false, 'You asked what is here.']);
  expect(await claude.end()).toBe(0);

  expect(answers(emulator)).toEqual(script.map(() => 'POST /v1/messages 200'));
  const last = emulator.requests.at(-1);
  expect(results(last).filter((block) => block['is_error'] === true)).toEqual([]);
  expect(results(last).map((block) => String(block['content']))).toEqual([
    'notes.txt\n2',
    expect.stringContaining('beta'),
    expect.any(String),
    'appended',
    'twice',
    expect.stringContaining('delta'),
    expect.any(String),
  ]);
  const prompts = ['What is here?', 'Show me the notes.', 'Make beta gamma.', 'Add a line.', 'What did I ask first?'];
  const said = blocks(last?.messages ?? []).flatMap((block) => (block.type === 'text' ? [String(block['text'])] : []));
  expect(said.filter((words) => prompts.includes(words))).toEqual(prompts);
});

test('Claude Code recovers from a 529, a 429 with retry-after, and a stream that is cut', async (context) => {
  const note = toolUse('Bash', { command: 'echo once >> log.txt; echo noted', description: 'Note it' });
  const script = [
    status(529),
    text('The first answer.'),
    rateLimited({ retryAfterSeconds: 2 }),
    text('The second answer.'),
    // Inside the call's JSON: message_start, content_block_start, ping and two deltas have come.
    cut({ afterEvents: 5 }, note),
    note,
    cut({ afterEvents: 6 }, text('A text that breaks in the middle of a sentence.')),
    text('The third answer.'),
  ];
  await using conversation = await start(context, script, { files: { 'log.txt': '' } });
  const { claude, emulator } = conversation;

  const turns = [await claude.ask('One.'), await claude.ask('Two.'), await claude.ask('Three.')];
  expect(turns.map(outcome)).toEqual([
    ['success', false, 'The first answer.'],
    ['success', false, 'The second answer.'],
    ['success', false, 'The third answer.'],
  ]);
  expect(await claude.end()).toBe(0);

  expect(answers(emulator)).toEqual(
    [529, 200, 429, 200, 200, 200, 200, 200].map((code) => `POST /v1/messages ${code}`),
  );
  const at = emulator.requests.map((request) => request.receivedAtMs);
  expect((at[3] ?? 0) - (at[2] ?? 0)).toBeGreaterThanOrEqual(2000);
  expect(await readFile(join(claude.folder, 'log.txt'), 'utf8')).toBe('once\n');
  expect(results(emulator.requests.at(-1)).map((block) => block['content'])).toEqual(['noted']);
  expect(turns.flatMap(({ messages }) => messages).filter(({ subtype }) => subtype === 'api_retry')).toHaveLength(4);
});

test('Claude Code searches tools, sends an agent, counts and compacts, and is refused nothing', async (context) => {
  const script = [
    thinking('A page is to be fetched.', toolUse('ToolSearch', { query: 'select:WebFetch,WebSearch', max_results: 5 })),
    text('Found.'),
    toolUse('Agent', {
      description: 'Look around',
      prompt: 'Look around.',
      subagent_type: 'general-purpose',
      run_in_background: false,
    }),
    text('I looked around.'),
    text('The agent is back.'),
  ];
  await using conversation = await start(context, script);
  const { claude, emulator } = conversation;
  for (const prompt of ['Which tools fetch pages?', 'Send somebody.', '/context']) await claude.ask(prompt);
  const { messages } = await claude.ask('/compact');
  expect(messages.map(({ subtype }) => subtype)).toContain('compact_boundary');
  emulator.script(text('Hello again.'));
  expect(outcome(await claude.ask('Hello.'))).toEqual(['success', false, 'Hello again.']);
  expect(await claude.end()).toBe(0);
  expect(new Set(answers(emulator))).toEqual(new Set(['POST /v1/messages 200', 'POST /v1/messages/count_tokens 200']));
});

test.for([
  'claude-fable-5-2',
  'claude-opus-5-5',
  'claude-sonnet-5-5',
  'claude-haiku-5-5',
  'claude-opus-5',
  'claude-sonnet-4-6',
  'claude-haiku-4-5',
])('Claude Code asks %s nothing that the emulator refuses', async (model, context) => {
  await using conversation = await start(context, [text('Hello.')], { args: ['--model', model] });
  const { claude, emulator } = conversation;
  expect(outcome(await claude.ask('Hello.'))).toEqual(['success', false, 'Hello.']);
  expect(answers(emulator)).toEqual(['POST /v1/messages 200']);
  expect(emulator.requests[0]?.body.model).toBe(model);
});
