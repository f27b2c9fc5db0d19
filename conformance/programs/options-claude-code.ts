import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text, toolUse } from '@colloquy/emulator';
import type { Options, SDKMessage } from 'colloquy';
import { findClaudeCode } from '../claude-code.ts';
import { calledIn, TRUSTING } from '../harness/calls.ts';
import { find, findAll, gather, outcome, pick } from '../harness/gather.ts';
import type { Program, Stage } from '../harness/program.ts';

/** A server of the Model Context Protocol over its input and output: tools that answer, ask a person, and decide about calls. */
const SERVER = `
const { createInterface } = require('node:readline');
const send = (m) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\\n');
const text = (t) => ({ content: [{ type: 'text', text: t }] });
const tool = (name) => ({ name, description: name, inputSchema: { type: 'object', properties: {} } });
let asking;
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params, result } = JSON.parse(line);
  if (method === 'initialize') return send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {}, resources: {} }, serverInfo: { name: 'helper', version: '1.0.0' } } });
  if (method === 'tools/list') return send({ id, result: { tools: ['answer', 'ask', 'decide'].map(tool) } });
  if (method === 'resources/list') return send({ id, result: { resources: [{ uri: 'memo://one', name: 'one', mimeType: 'text/plain' }] } });
  if (method === 'tools/call' && params.name === 'answer') return send({ id, result: text('42') });
  if (method === 'tools/call' && params.name === 'decide') return send({ id, result: text(JSON.stringify({ behavior: 'allow', updatedInput: params.arguments.input })) });
  if (method === 'tools/call') { asking = id; return send({ id: 'q', method: 'elicitation/create', params: { message: 'Which?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } } }); }
  if (id === 'q') return send({ id: asking, result: text('The person said ' + result.action + ' ' + JSON.stringify(result.content ?? {})) });
  if (id !== undefined && method !== undefined) send({ id, result: {} });
});
`;

async function run(
  { sdk, scene }: Stage,
  options: Options,
  script: Parameters<Stage['scene']>[0],
  o: { prompt?: string } = {},
) {
  const at = await scene(script, {
    files: {
      'server.cjs': SERVER,
      'plug/.claude-plugin/plugin.json': JSON.stringify({ name: 'plug', version: '1.0.0', description: 'x' }),
      'a.txt': 'x\n',
    },
  });
  const helper = {
    command: process.execPath,
    args: [join(at.folder, 'server.cjs')],
    timeout: 10_000,
    alwaysLoad: true,
  };
  const plug = { type: 'local' as const, path: join(at.folder, 'plug') };
  const given: Options = { ...TRUSTING, tools: ['Read', 'Write'], mcpServers: { helper }, plugins: [plug], ...options };
  const { messages, thrown } = await gather(
    sdk,
    sdk.query({ prompt: o.prompt ?? 'Go', options: at.options(given) }),
  ).catch((): { messages: SDKMessage[]; thrown: string } => ({ messages: [], thrown: 'Error' }));
  return { at, messages, thrown: thrown ?? 'nothing', called: calledIn(messages) };
}

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 9;
}

/** Options of Claude Code: servers, plugins, the program itself. */
export const optionsClaudeCode: Program = {
  name: 'options-claude-code',
  ids: [
    'c.mcpServers.stdio',
    'c.mcpServers.http',
    'c.mcpServers.sse',
    'c.mcpServers.timeout',
    'c.onElicitation',
    'c.permissionPromptToolName',
    'c.plugins',
    'c.toolAliases',
    'c.executable',
    'c.pathToClaudeCodeExecutable',
    'c.agents.mcpServers',
    'c.agents.memory',
    'c.agents.observer',
    'c.resumeSessionAt',
    'c.resumeDropsTurn',
  ],
  async run(stage) {
    const url = `http://127.0.0.1:${await closedPort()}/mcp`;
    const asked: unknown[] = [];
    const one = await run(
      stage,
      {
        onElicitation: async ({ message, serverName, mode }) => {
          asked.push({ message, serverName, mode });
          return { action: 'accept', content: { name: 'Ada' } };
        },

        toolAliases: { Write: 'mcp__helper__answer' },
        executable: 'node',
        executableArgs: [],
        pathToClaudeCodeExecutable: findClaudeCode().program,
        agents: {
          helper: {
            description: 'Helps',
            prompt: 'Help.',
            mcpServers: ['helper'],
            memory: 'project',
            omitClaudeMd: true,
          },
        },
      },
      [
        toolUse('mcp__helper__answer', {}),
        toolUse('mcp__helper__ask', {}),
        toolUse('Write', { file_path: 'b.txt', content: 'x' }),
        text('Done.'),
      ],
    );
    const two = await run(
      stage,
      {
        permissionMode: 'default',
        permissionPromptToolName: 'mcp__helper__decide',
        agents: { watched: { description: 'Helps', prompt: 'Help.', observer: 'watched', observerMessage: 'Look' } },
      },
      [toolUse('Write', { file_path: 'b.txt', content: 'x' }), text('Done.')],
    );
    const three = await run(stage, { mcpServers: { over: { type: 'http', url }, stream: { type: 'sse', url } } }, [
      text('Done.'),
      text('Done.'),
      text('Done.'),
      text('Done.'),
    ]);
    const servers = (messages: readonly SDKMessage[]): unknown =>
      pick(find(messages, 'system/init'), ['mcp_servers'])['mcp_servers'];
    const statusOf = (name: string): unknown =>
      [servers(three.messages)].flat().find((server) => Object(server)['name'] === name);
    const init = find(three.messages, 'system/init');
    const answer = findAll(three.messages, 'assistant')[0];
    const again = await gather(
      stage.sdk,
      stage.sdk.query({
        prompt: 'Elsewhere',
        options: three.at.options({ ...TRUSTING, tools: [], resume: init?.session_id, resumeSessionAt: answer?.uuid }),
      }),
    );
    const guarded = await gather(
      stage.sdk,
      stage.sdk.query({
        prompt: 'Again',
        options: three.at.options({
          ...TRUSTING,
          tools: [],
          resume: init?.session_id,
          resumeSessionAt: answer?.uuid,
          resumeDropsTurn: '0e6f1a52-3d2c-4c6d-9a7e-5a0f3f3c2b1a',
        }),
      }),
    ).catch(() => ({ messages: [], thrown: 'Error' }));
    const asks = JSON.stringify(three.at.emulator.requests[1]?.body?.messages ?? '');
    return {
      'c.mcpServers.stdio': { servers: servers(one.messages), told: one.called[0]?.told },
      'c.mcpServers.http': statusOf('over'),
      'c.mcpServers.sse': statusOf('stream'),
      'c.mcpServers.timeout': { ended: one.thrown, results: findAll(one.messages, 'result').length },
      'c.onElicitation': { asked, told: one.called[1]?.told },
      'c.permissionPromptToolName': { isError: two.called[0]?.isError },
      'c.plugins': one.at.normal({ ...pick(find(one.messages, 'system/init'), ['plugins']), ended: one.thrown }),
      'c.toolAliases': {
        isError: one.called[2]?.isError,
        told: JSON.stringify(one.called[2]?.told ?? '').includes('42'),
      },
      'c.executable': { ended: one.thrown },
      'c.pathToClaudeCodeExecutable': { ended: one.thrown },
      'c.agents.mcpServers': { ended: one.thrown },
      'c.agents.memory': { ended: one.thrown },
      'c.agents.observer': { ended: two.thrown },
      'c.resumeSessionAt': {
        goes: asks.includes('Go'),
        elsewhere: asks.includes('Elsewhere'),
        thrown: again.thrown ?? 'nothing',
      },
      'c.resumeDropsTurn': { thrown: guarded.thrown ?? 'nothing', results: findAll(guarded.messages, 'result').length },
    };
  },
};

/** Options of Claude Code that need a session each. */
const ONE_BY_ONE: Readonly<Record<string, Record<string, unknown>>> = {
  loadTimeoutMs: { loadTimeoutMs: 1000 },
  mcpServersDelivery: { mcpServersDelivery: 'initialize' },
  onUserDialog: { onUserDialog: async () => null, supportedDialogKinds: ['none'] },
  projectConfigRoot: {},
  sessionStoreFlush: { sessionStoreFlush: 'eager' },
  managedSettings: { managedSettings: { env: {} } },
  sessionStore: {},
  spawnClaudeCodeProcess: {},
  toolConfig: { toolConfig: { askUserQuestion: { previewFormat: 'markdown' } } },
};

/** What needs a place, or the module, to be given. */
function madeHere(name: string, folder: string, { all }: Stage['sdk']): Record<string, unknown> {
  switch (name) {
    case 'projectConfigRoot':
      return { projectConfigRoot: folder };
    case 'sessionStore': {
      const Store = all['InMemorySessionStore'] as new () => unknown;
      return { sessionStore: new Store() };
    }
    case 'spawnClaudeCodeProcess':
      return {
        spawnClaudeCodeProcess: ({ command, args, cwd, env, signal }: Parameters<typeof spawnIt>[0]) =>
          spawnIt({ command, args, cwd, env, signal }),
      };
    default:
      return {};
  }
}

type Launch = {
  command: string;
  args: string[];
  cwd?: string | undefined;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
};
const spawnIt = ({ command, args, cwd, env, signal }: Launch) =>
  spawn(command, args, { cwd, env, signal, stdio: ['pipe', 'pipe', 'pipe'] });

/** Sessions with these options, one after another. */
const oneByOne = (part: string, names: readonly string[]): Program => ({
  name: `options-one-by-one-${part}`,
  ids: names.map((name) => `c.${name}`),
  async run({ sdk, scene }) {
    const seen: Record<string, unknown> = {};
    for (const name of names) {
      const at = await scene([text('Hello.')]);
      const options = { ...ONE_BY_ONE[name], ...madeHere(name, at.folder, sdk) };
      seen[`c.${name}`] = await outcome(sdk, async () => {
        // The names are only known as text here.
        const all = at.options({ settingSources: [], tools: [], ...options } as Options);
        const { messages, thrown } = await gather(sdk, sdk.query({ prompt: 'Hi', options: all }));
        return { thrown: thrown ?? 'nothing', results: findAll(messages, 'result').length };
      });
    }
    return seen;
  },
});

/** In several programs, so that they run side by side. */
export const optionsOneByOne: readonly Program[] = Array.from({ length: 3 }, (_, part) =>
  oneByOne(
    String(part + 1),
    Object.keys(ONE_BY_ONE).filter((_name, index) => index % 3 === part),
  ),
);
