import { ConfigurationError } from '../../errors.ts';
import { sdkServersOf } from '../../options/mcp.ts';
import type { Controls } from '../engine.ts';
import type { RemoteSession } from './remote-session.ts';

type Handlers = {
  [K in keyof Controls]: (session: RemoteSession, args: Controls[K]['args']) => Promise<Controls[K]['result']>;
};

/** What can be asked of a session, each by name: of its server, but for what this program knows itself. */
export const REMOTE_CONTROLS: Handlers = {
  ...forwarded([
    'interrupt',
    'setPermissionMode',
    'setModel',
    'queue',
    'withdraw',
    'editPrompt',
    'rewind',
    'setTools',
    'setBudget',
    'stopTask',
    'backgroundTasks',
    'getTaskOutput',
    'rewindFiles',
    'serverInfo',
  ]),

  async answer(session, { request, decision }) {
    // As the route answers.
    return (await session.ask('answers', { request, decision })) as Controls['answer']['result'];
  },

  async toolResult(session, { toolUseId, content, isError }) {
    const body = { tool_use_id: toolUseId, content, is_error: isError === true };
    return (await session.ask('tool_results', body)) as Controls['toolResult']['result'];
  },

  async mcpServerStatus({ options }) {
    return sdkServersOf(options.mcpServers).map(([key, { name, version, tools }]) => ({
      name: key,
      status: 'connected',
      serverInfo: { name, version },
      tools: tools.map((tool) => ({ name: tool.name, description: tool.description })),
    }));
  },

  async askClaudeCode(_session, { subtype }) {
    throw new ConfigurationError(`Only Claude Code itself knows ${subtype}; choose \`engine: 'cli'\` for it`);
  },
};

/** Controls that the server has under the same names. Who asks is the server's to say. */
function forwarded<K extends keyof Controls>(names: readonly K[]): Pick<Handlers, K> {
  const forward =
    (name: K) =>
    (session: RemoteSession, { by: _by, ...args }: { by?: unknown }): Promise<unknown> =>
      session.ask('control', { name, args });
  // One of these for each name, whose results are those of the same control there.
  return Object.fromEntries(names.map((name) => [name, forward(name)])) as unknown as Pick<Handlers, K>;
}
