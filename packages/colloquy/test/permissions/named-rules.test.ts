import { ConfigurationError, createSdkMcpServer, type Options, tool } from 'colloquy';
import { expect, test } from 'vitest';
import { fakeWeb } from '../web/fake-web.ts';
import { type Call, Field, warningsOf } from './field.ts';

const fetch = (url: string): Call => ['WebFetch', { url, prompt: 'p' }];

/** What becomes of fetches of these URLs, under these rules. */
async function fetched(urls: readonly string[], options: Options): Promise<string[]> {
  using field = new Field();
  // No name is known: what may be fetched is looked up in vain.
  const web = fakeWeb({});
  const all: Options = { webFetch: { resolve: web.resolve, connect: web.connect }, ...options };
  return (await field.play(urls.map(fetch), all)).outcomes.map(({ decided }) => decided);
}

const URLS = [
  'https://docs.example/a',
  'https://DOCS.Example./a',
  'https://api.docs.example/',
  'https://a.b.docs.example/',
  'https://notdocs.example/',
  'https://docs.example.evil.example/',
  'https://evil.example/docs.example',
];

test.each<[string, string]>([
  ['WebFetch(domain:docs.example)', 'yes yes no no no no no'],
  ['WebFetch(domain:Docs.Example.)', 'yes yes no no no no no'],
  ['WebFetch(domain:*.docs.example)', 'no no yes yes no no no'],
  ['WebFetch(domain:*)', 'yes yes yes yes yes yes yes'],
  ['WebFetch', 'yes yes yes yes yes yes yes'],
])('%s is about exactly these of the URLs', async (rule, about) => {
  const expected = (yes: string) => about.split(' ').map((word) => (word === 'yes' ? yes : 'asked'));
  const denying = rule === 'WebFetch' ? {} : { disallowedTools: [rule] };
  // A tool that is denied as a whole is not there.
  if (rule !== 'WebFetch') expect(await fetched(URLS, denying)).toEqual(expected('denied'));
  expect(await fetched(URLS, { allowedTools: [rule] })).toEqual(expected('allowed'));
});

test('a host has one spelling, in the rule and in the URL', async () => {
  const allowed = async (rule: string, url: string) => (await fetched([url], { allowedTools: [rule] }))[0];
  expect(await allowed('WebFetch(domain:bücher.example)', 'https://xn--bcher-kva.example/')).toBe('allowed');
  expect(await allowed('WebFetch(domain:xn--bcher-kva.example)', 'https://BÜCHER.example/')).toBe('allowed');
  expect(await allowed('WebFetch(domain:93.184.215.9)', 'https://0x5db8d709/x')).toBe('allowed');
});

const servers = (): Options => {
  const named = (name: string) => tool(name, 'Does it', {}, async () => ({ content: [] }));
  const server = (name: string) => createSdkMcpServer({ name, tools: [named('read'), named('read_all')] });
  return { mcpServers: { files: server('files'), files2: server('files2') } };
};
const MCP_CALLS: Call[] = [
  ['mcp__files__read', {}],
  ['mcp__files__read_all', {}],
  ['mcp__files2__read', {}],
];

test.each([
  ['mcp__files', 'allowed allowed asked'],
  ['mcp__files__*', 'allowed allowed asked'],
  ['mcp__files__read', 'allowed asked asked'],
  ['mcp__files2', 'asked asked allowed'],
  ['mcp__file', 'asked asked asked'],
])('%s is about exactly these tools of servers: %s', async (rule, expected) => {
  using field = new Field();
  const { outcomes } = await field.play(MCP_CALLS, { ...servers(), allowedTools: [rule] });
  expect(outcomes.map(({ decided }) => decided).join(' ')).toBe(expected);
});

test('a tool that is denied by its name alone is not offered', async () => {
  using field = new Field({ 'work/a.txt': 'one' });
  const { outcomes, messages } = await field.play([...MCP_CALLS, ['Read', { file_path: 'a.txt' }]], {
    ...servers(),
    disallowedTools: ['mcp__files', 'Read(*)'],
  });
  expect(outcomes.map(({ told }) => told.includes('There is no tool'))).toEqual([true, true, false, true]);
  expect(messages[0]).toMatchObject({ tools: ['mcp__files2__read', 'mcp__files2__read_all'] });
});

const agent = (subagent_type?: string): Call => [
  'Agent',
  { description: 'd', prompt: 'p', ...(subagent_type === undefined ? {} : { subagent_type }) },
];

test.each(['Agent(helper)', 'Task(helper)', 'Agent(hel*)'])('%s is about one kind of agent', async (rule) => {
  using field = new Field();
  const agents = { helper: { description: 'h', prompt: 'h' }, other: { description: 'o', prompt: 'o' } };
  const decide = async (call: Call) => (await field.one(call, { agents, disallowedTools: [rule] })).decided;
  expect(await decide(agent('helper'))).toBe('denied');
  expect(await decide(agent('other'))).toBe('allowed');
  expect(await decide(agent())).toBe('allowed');
});

test('a rule for agents without a kind is about those that are started when none is named', async () => {
  using field = new Field();
  expect(await field.one(agent(), { disallowedTools: ['Agent(general-purpose)'] })).toMatchObject({
    decided: 'denied',
  });
});

test.each([
  ['KillShell', 'TaskStop', { task_id: 'x' }],
  ['KillBash', 'TaskStop', { task_id: 'x' }],
  ['BashOutput', 'TaskOutput', { task_id: 'x' }],
])('a rule that says %s means %s', async (rule, name, input) => {
  using field = new Field();
  const options: Options = { settings: { permissions: { ask: [rule] } } };
  expect(await field.one([name, input], options)).toMatchObject({ decided: 'asked' });
});

test.each(['Bash(', 'Bash()', 'Read(!x)', 'WebFetch(http://x)', 'WebSearch(x)', 'Unheard(x)', 'mcp__files__read(x)'])(
  'the rule %s stops a session before it begins',
  async (rule) => {
    using field = new Field();
    for (const options of [{ allowedTools: [rule] }, { disallowedTools: [rule] }])
      await expect(field.play([], options)).rejects.toThrow(ConfigurationError);
  },
);

test('rules that no tool is meant by are told, once', async () => {
  using field = new Field();
  const { messages } = await field.play([], {
    allowedTools: ['Raed', 'SlashCommand(/x:*)', 'mcp__later__tool', 'WebSearch'],
    disallowedTools: ['PowerShell(rm *)'],
  });
  expect(warningsOf(messages)).toEqual([
    'The rule PowerShell(rm *) does nothing: there is no tool PowerShell here.',
    'The rule Raed does nothing: no tool is called Raed. Did you mean Read?',
    'The rule SlashCommand(/x:*) does nothing: there is no tool SlashCommand here.',
  ]);
});
