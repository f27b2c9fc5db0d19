import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { ConfigurationError } from '../errors.ts';
import type { CallToolResult, McpSdkServerConfig } from '../options/mcp.ts';
import { createLocalFiles } from '../tools/local-files.ts';
import { BackgroundTasks } from '../tools/tasks/background-tasks.ts';
import type { Tool, ToolContext, ToolOutcome } from '../tools/tool.ts';
import { createSdkMcpServer, tool } from './sdk-server.ts';
import { sdkServerTools } from './sdk-server-tools.ts';

const weather = tool(
  'weather',
  'The weather of a city.',
  { city: z.string(), days: z.number().int().default(1), unit: z.enum(['c', 'f']).optional() },
  async (args) => {
    expectTypeOf(args).toEqualTypeOf<{ city: string; days: number; unit?: 'c' | 'f' | undefined }>();
    return { content: [{ type: 'text', text: `${args.city}, ${args.days} days` }] };
  },
);

const serverOf = (...tools: McpSdkServerConfig['tools']): McpSdkServerConfig =>
  createSdkMcpServer({ name: 'test', tools });

const contextOf = (signal = new AbortController().signal): ToolContext => ({
  session: 's',
  thread: 'main',
  toolUseId: 't1',
  cwd: '/',
  folders: () => [],
  files: createLocalFiles({ cwd: '/', roots: () => [] }),
  shell: { run: () => Promise.reject(new Error('no shell here')) },
  background: new BackgroundTasks({
    journal: { started: async () => {}, ended: async () => {}, news: async () => {} },
  }),
  web: { read: () => Promise.reject(new Error('no web here')) },
  signal,
  state: () => undefined,
  mode: () => 'default',
  setMode: () => Promise.resolve(),
  runAgent: () => Promise.reject(new Error('No agent runs here.')),
  askSmallModel: () => Promise.reject(new Error('no model here')),
  searchWeb: () => Promise.reject(new Error('no web here')),
  taskHook: async () => undefined,
  progress: () => undefined,
});

/** The only tool of a server whose handler gives a result of any shape, as one written in JavaScript may. */
const answering = async (answer: unknown): Promise<ToolOutcome> => {
  const [made] = await sdkServerTools('k', serverOf(tool('t', 'Test.', {}, async () => answer as CallToolResult)));
  return made!.run(await made!.parse({}), contextOf());
};

const only = async (server: McpSdkServerConfig): Promise<Tool> => (await sdkServerTools('k', server))[0]!;

test('a tool of this program becomes one that the model can call', async () => {
  const made = await only(serverOf(weather));
  expect(made).toMatchObject({ name: 'mcp__k__weather', description: 'The weather of a city.', effect: 'external' });
  expect(made.inputSchema).toEqual({
    type: 'object',
    properties: {
      city: { type: 'string' },
      days: { type: 'integer', default: 1, minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
      unit: { type: 'string', enum: ['c', 'f'] },
    },
    required: ['city'],
  });
  const outcome = await made.run(await made.parse({ city: 'Ulm' }), contextOf());
  expect(outcome).toEqual({ content: [{ type: 'text', text: 'Ulm, 1 days' }], isError: false });
});

test('a hint that a tool only reads does not make it so', async () => {
  const hinted = tool('look', 'Looks.', {}, async () => ({ content: [] }), { annotations: { readOnlyHint: true } });
  expect((await only(serverOf(hinted))).effect).toBe('external');
});

test('an input that does not fit says what is wrong', async () => {
  const made = await only(serverOf(weather));
  await expect(made.parse({ days: 'two' })).rejects.toThrow(
    '"city" is missing; "days": Invalid input: expected number, received string',
  );
});

test('the handler gets the id of the call and its signal', async () => {
  const told: unknown[] = [];
  const { signal } = new AbortController();
  const made = await only(serverOf(tool('t', 'Test.', {}, async (_, extra) => (told.push(extra), { content: [] }))));
  await made.run({}, contextOf(signal));
  expect(told).toEqual([{ signal, toolUseId: 't1' }]);
});

test('an exception of the handler is what the model is told', async () => {
  const failing = tool('t', 'Test.', {}, async () => {
    throw new Error('disk is full');
  });
  await expect((await only(serverOf(failing))).run({}, contextOf())).rejects.toThrow('disk is full');
});

test('an interrupt does not wait for a handler that ignores it', async () => {
  const hanging = tool('t', 'Test.', {}, () => new Promise(() => undefined));
  const turn = new AbortController();
  const outcome = (await only(serverOf(hanging))).run({}, contextOf(turn.signal));
  turn.abort(new Error('stop'));
  await expect(outcome).rejects.toThrow('stop');
});

describe('results', () => {
  test('images the API takes become image blocks, others are told', async () => {
    const image = (mimeType: string): object => ({ type: 'image', data: 'AAAA', mimeType });
    expect(await answering({ content: [image('image/png'), image('image/tiff')] })).toMatchObject({
      content: [
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
        { type: 'text', text: '[An image of type image/tiff, which cannot be shown]' },
      ],
    });
  });

  test('resources are told as text with their address', async () => {
    const content = [
      { type: 'resource', resource: { uri: 'file:///a', text: 'hello' } },
      { type: 'resource', resource: { uri: 'file:///b', mimeType: 'application/zip', blob: 'AAAA' } },
    ];
    expect(await answering({ content })).toMatchObject({
      content: [
        { type: 'text', text: '[file:///a]\nhello' },
        { type: 'text', text: '[Resource file:///b of type application/zip, without text]' },
      ],
    });
  });

  test('empty text, which the API refuses, is left out; without any content something is said', async () => {
    expect(await answering({ content: [{ type: 'text', text: '' }] })).toMatchObject({
      content: '[The tool succeeded and returned nothing.]',
    });
    expect(await answering({ content: [], structuredContent: { n: 1 } })).toEqual({
      content: '{"n":1}',
      isError: false,
      structured: { n: 1 },
    });
  });

  test('an error stays an error', async () => {
    const error = {
      isError: true,
      content: [
        { type: 'text', text: 'no' },
        { type: 'text', text: 'never' },
      ],
    };
    expect(await answering(error)).toMatchObject({ isError: true, content: 'no\nnever' });
  });

  test.each([undefined, 'text', { content: 'text' }, { content: ['text'] }, { content: [{ type: 'text' }] }])(
    '%j is no result',
    async (answer) => {
      await expect(answering(answer)).rejects.toThrow('The tool gave');
    },
  );
});

describe('a server that cannot be', () => {
  test('has two tools of one name', () => {
    expect(() => serverOf(weather, weather)).toThrow(ConfigurationError);
  });

  test.each(['a__b', '_a', 'a_', 'a b', ''])('has the key %j', async (key) => {
    await expect(sdkServerTools(key, serverOf(weather))).rejects.toThrow(ConfigurationError);
  });

  test('has a tool whose name is too long or has other characters', async () => {
    const named = (name: string): Promise<Tool> => only(serverOf({ ...weather, name }));
    await expect(named('a.b')).rejects.toThrow(ConfigurationError);
    await expect(named('x'.repeat(60))).rejects.toThrow('64 at most');
  });

  test('has a tool whose shape is not made of zod schemas', async () => {
    await expect(only(serverOf({ ...weather, inputSchema: { city: 'string' } }))).rejects.toThrow(
      'city of the tool mcp__k__weather is no schema of zod 4',
    );
  });
});
