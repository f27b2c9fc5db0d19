import { expect, test } from 'vitest';
import { createEmulator } from '../index.ts';
import { ask, said, tools, withResults, type Message } from '../testing/ask.ts';

type Outcome = { text: string; isError?: boolean };

const README = `# Example

Needs Node only.

    script/server
    script/test one two

See \`docs/guide.md\` and \`npm start\`.

\`\`\`ts
const x = 1;
\`\`\`

\`\`\`sh
# start it
$ script/server   # and open the link
\`\`\`
`;
const numbered = (text: string): string =>
  text
    .split('\n')
    .map((line, index) => `${index + 1}\t${line}`)
    .join('\n');

/** Plays a turn: the calls of each answer, with these results in order, and the last answer. */
async function play(prompt: string, outcomes: readonly Outcome[] = [], fields: Record<string, unknown> = {}) {
  const rounds: { calls: Message['content']; results: Outcome[] }[] = [];
  const calls: unknown[] = [];
  const left = [...outcomes];
  for (;;) {
    const answer = await ask(createEmulator(), { tools: tools(), ...fields, messages: withResults(prompt, ...rounds) });
    if (answer.stop_reason !== 'tool_use') return { calls, said: said(answer) };
    const made = answer.content.map(({ name, input }) => [name, input]);
    calls.push(made.length === 1 ? made[0] : made);
    rounds.push({ calls: answer.content, results: answer.content.map(() => left.shift() ?? { text: '' }) });
  }
}

test('reads a file and names the commands that stand in it', async () => {
  const { calls, said: answer } = await play('Read README.md and tell me the two commands', [
    { text: numbered(README) },
  ]);
  expect(calls).toEqual([['Read', { file_path: 'README.md' }]]);
  expect(answer).toBe(
    '(Simulated answer: no model is connected.) I found 3 commands in `README.md`:\n\n' +
      '- `script/server`\n- `script/test one two`\n- `npm start`\n\n`README.md` has 17 lines; its first heading is “Example”.',
  );
});

test('names no command that the file does not name', async () => {
  const { said: answer } = await play('Read README.md and tell me the two commands', [{ text: '1\tNothing here.' }]);
  expect(answer).toContain('I found no commands in `README.md`');
  expect(answer).not.toContain('script/');
});

test('sums up a file that was read without a question, and says what it cannot answer', async () => {
  expect((await play('read notes.txt', [{ text: '1\tfirst\n2\tsecond' }])).said).toBe(
    '(Simulated answer: no model is connected.) `notes.txt` has 2 lines.\n\nIt begins:\n\n```\nfirst\nsecond\n```',
  );
  expect((await play('Read notes.txt and explain why', [{ text: '1\tx' }])).said).toContain('I would need a model');
});

test.each<[string, unknown[]]>([
  ['run ls', [['Bash', { command: 'ls' }]]],
  ['Please run `git log --oneline | head -3`.', [['Bash', { command: 'git log --oneline | head -3' }]]],
  ['Can you execute the command npm test please?', [['Bash', { command: 'npm test' }]]],
  ['list *.ts', [['Glob', { pattern: '*.ts' }]]],
  ['List all files in src', [['Glob', { pattern: '*', path: 'src' }]]],
  ['find src/**/*.md', [['Glob', { pattern: 'src/**/*.md' }]]],
  ['find notes', [['Glob', { pattern: '**/*notes*' }]]],
  ['search for TODO in src', [['Grep', { pattern: 'TODO', path: 'src' }]]],
  ['grep "foo bar"', [['Grep', { pattern: 'foo bar' }]]],
  ['search for foo(', [['Grep', { pattern: String.raw`foo\(` }]]],
  [
    'write notes.txt: Hello, read this and run it',
    [['Write', { file_path: 'notes.txt', content: 'Hello, read this and run it' }]],
  ],
  ['create a file "my notes.txt" with the content `x`', [['Write', { file_path: 'my notes.txt', content: 'x' }]]],
  ['Read the file src/a.ts', [['Read', { file_path: 'src/a.ts' }]]],
  ['show me package.json', [['Read', { file_path: 'package.json' }]]],
  ["what's in Makefile?", [['Read', { file_path: 'Makefile' }]]],
  [
    'read a.txt, b.txt and c.txt',
    [
      [
        ['Read', { file_path: 'a.txt' }],
        ['Read', { file_path: 'b.txt' }],
        ['Read', { file_path: 'c.txt' }],
      ],
    ],
  ],
  [
    'read a.txt and then run ls',
    [
      ['Read', { file_path: 'a.txt' }],
      ['Bash', { command: 'ls' }],
    ],
  ],
  [
    'Read a.txt. Then list *.md, and run `ls && pwd`',
    [
      ['Read', { file_path: 'a.txt' }],
      ['Glob', { pattern: '*.md' }],
      ['Bash', { command: 'ls && pwd' }],
    ],
  ],
  [
    'run ls\nread a.txt',
    [
      ['Bash', { command: 'ls' }],
      ['Read', { file_path: 'a.txt' }],
    ],
  ],
  [
    'edit a.txt: replace one with two',
    [
      ['Read', { file_path: 'a.txt' }],
      ['Edit', { file_path: 'a.txt', old_string: 'one', new_string: 'two' }],
    ],
  ],
  [
    'In "a b.txt" replace "x and y" by "z"',
    [
      ['Read', { file_path: 'a b.txt' }],
      ['Edit', { file_path: 'a b.txt', old_string: 'x and y', new_string: 'z' }],
    ],
  ],
  [
    'replace foo with bar in src/a.ts',
    [
      ['Read', { file_path: 'src/a.ts' }],
      ['Edit', { file_path: 'src/a.ts', old_string: 'foo', new_string: 'bar' }],
    ],
  ],
  [
    'write a.txt: hi and then read a.txt',
    [
      ['Write', { file_path: 'a.txt', content: 'hi' }],
      ['Read', { file_path: 'a.txt' }],
    ],
  ],
])('%s', async (prompt, calls) => {
  const outcomes = Array.from({ length: 3 }, () => ({ text: 'ok' }));
  const { calls: made, said: answer } = await play(prompt, outcomes);
  expect(made).toEqual(calls);
  expect(answer).toMatch(/^\(Simulated answer: no model is connected\.\) /);
});

test('speaks to tools in lower case, with the inputs that their schemas name', async () => {
  const { calls } = await play('edit a.txt: replace one with two', [{ text: 'one' }], { tools: tools('lower') });
  expect(calls).toEqual([
    ['read', { file_path: 'a.txt' }],
    ['edit', { file_path: 'a.txt', old_string: 'one', new_string: 'two' }],
  ]);
  const path = { name: 'read', input_schema: { type: 'object', properties: { path: { type: 'string' } } } };
  expect((await play('read a.txt', [{ text: 'x' }], { tools: [path] })).calls).toEqual([['read', { path: 'a.txt' }]]);
});

test('calls other tools by name, those of MCP servers by their last part', async () => {
  const add = { name: 'mcp__calc__add', input_schema: { type: 'object' } };
  const { calls, said: answer } = await play('call add with {"a": 1}', [{ text: '3' }], { tools: [add] });
  expect(calls).toEqual([['mcp__calc__add', { a: 1 }]]);
  expect(answer).toContain('The tool add printed 1 line:\n\n```\n3\n```');
});

test('shows what a command printed', async () => {
  expect((await play('run ls', [{ text: 'a\nb\n' }])).said).toContain('`ls` printed 2 lines:\n\n```\na\nb\n```');
  expect((await play('run true', [{ text: '' }])).said).toContain('`true` printed nothing.');
  expect((await play('run cat x', [{ text: '```sh\nx\n```' }])).said).toContain('````\n```sh\nx\n```\n````');
});

test('says honestly that a call was denied or failed, and does the rest', async () => {
  const denied = { text: 'The user does not want this', isError: true };
  const { calls, said: answer } = await play('run ls and then read a.txt', [denied, { text: '1\tx' }]);
  expect(calls).toHaveLength(2);
  expect(answer).toContain(
    'I was not able to run `ls`: the tool Bash answered:\n\n```\nThe user does not want this\n```',
  );
  expect(answer).toContain('`a.txt` has 1 line.');
});

test('does not edit a file that it could not read', async () => {
  const gone = { text: '<tool_use_error>No such file</tool_use_error>', isError: true };
  const { calls, said: answer } = await play('edit a.txt: replace one with two', [gone]);
  expect(calls).toEqual([['Read', { file_path: 'a.txt' }]]);
  expect(answer).toContain('I was not able to edit `a.txt`: the tool Read answered:\n\n```\nNo such file\n```');
});

test('says which tool it would need', async () => {
  const { calls, said: answer } = await play('run ls', [], { tools: [] });
  expect([calls, answer]).toEqual([[], expect.stringContaining('I would need the tool bash to run `ls`')]);
  expect((await play('run ls', [], { tool_choice: { type: 'none' } })).calls).toEqual([]);
});

test('remembers what the conversation holds', async () => {
  const turns = [
    'My name is Ada, and I like maps.',
    'what did I say first?',
    'What is my name?',
    'who am I',
    'what is my age?',
  ];
  const messages: unknown[] = [];
  const answers: string[] = [];
  for (const content of turns) {
    messages.push({ role: 'user', content });
    const answer = await ask(createEmulator(), { messages });
    answers.push(said(answer).replace('(Simulated answer: no model is connected.) ', ''));
    messages.push({ role: 'assistant', content: answer.content });
  }
  expect(answers).toEqual([
    'Your name is Ada: I will find that again in this conversation.',
    'The first thing you said was: “My name is Ada, and I like maps.”',
    'Your name is Ada.',
    'Your name is Ada.',
    'You have not told me your age in this conversation.',
  ]);
});

test.each([
  'Hello!',
  'Write a haiku about rivers',
  'read',
  'What do you think of README files?',
  'list the two best things',
  'x'.repeat(20_000),
])('answers %s by saying what it can do', async (prompt) => {
  const { calls, said: answer } = await play(prompt);
  expect([calls, answer]).toEqual([[], expect.stringContaining('offline I can do what you spell out')]);
});
