import { ConfigurationError } from '../../errors.ts';
import { messageOf } from '../../helpers/message-of.ts';
import { dataFolder } from '../../log/data-folder.ts';
import type { Decision, Json } from '../../log/entries.ts';
import type { Options } from '../../options/options.ts';
import { workingDirectoryOf } from '../../options/resolve-options.ts';
import type { PermissionCall } from '../../permissions/call.ts';
import { decide } from '../../permissions/decide.ts';
import { agentTool } from '../../tools/agent.ts';
import { createLocalFiles } from '../../tools/local-files.ts';
import { builtInTools } from '../../tools/registry.ts';
import type { Located, Tool, ToolTarget } from '../../tools/tool.ts';
import { SessionPermissions } from '../api/session-permissions.ts';

/** What a decision depends on besides the options. */
export type JudgeWorld = { sandbox: 'working' | 'none'; canAsk: boolean };

/** Decides about calls as a session with these options would, without running anything. */
export type Judge = (
  call: { tool: string; input: Json; hook?: PermissionCall['hook'] },
  world: JudgeWorld,
) => Promise<Decision>;

/** @throws ConfigurationError for options that no session could begin with */
export async function createJudge(options: Options): Promise<Judge> {
  const cwd = workingDirectoryOf(options);
  const tools = await knownTools();
  const permissions = await SessionPermissions.load(options, {
    hosted: false,
    tools: [...new Set(tools.values())],
    base: undefined,
  });
  const { state } = permissions;
  const files = createLocalFiles({ cwd, roots: () => [cwd, ...state.directories] });
  return async ({ tool: name, input, hook }, { sandbox, canAsk }) => {
    const { tool, target } = await readCall(tools, name, input);
    // A path is looked at once for a call, as in a turn.
    const places = new Map<string, Promise<Located>>();
    const locate = (path: string): Promise<Located> => {
      const located = places.get(path) ?? files.locate(path);
      places.set(path, located);
      return located;
    };
    return decide({ tool, input, target, hook }, state, {
      cwd,
      sandbox: target.command === undefined ? 'none' : sandbox,
      allowsSandboxed: sandbox === 'working',
      canAsk,
      resolve: async (path) => (await locate(path)).real,
      links: async (path) => (await locate(path)).links,
      ownFolders: [dataFolder(process.env)],
    });
  };
}

/** The tools of both sets, by all their names; where sets share a name, that of the first counts. */
async function knownTools(): Promise<ReadonlyMap<string, Tool>> {
  const all = [
    ...builtInTools('claude_code'),
    agentTool({}),
    ...(await laterTools()),
    ...builtInTools('agent_toolset_20260401'),
  ];
  const byName = new Map<string, Tool>();
  for (const tool of all)
    for (const name of [tool.name, ...(tool.aliases ?? [])]) if (!byName.has(name)) byName.set(name, tool);
  return byName;
}

/** Those that only some sessions have, and load when they need them. */
async function laterTools(): Promise<Tool[]> {
  const [{ toolSearchTool }, { structuredOutputTool }] = await Promise.all([
    import('../../tools/tool-search.ts'),
    import('../../tools/structured-output.ts'),
  ]);
  return [toolSearchTool([]), await structuredOutputTool({ type: 'object' })];
}

type ReadCall = { tool: PermissionCall['tool']; target: ToolTarget };

/** @throws ConfigurationError for an input that the tool would refuse before anybody decides */
async function readCall(tools: ReadonlyMap<string, Tool>, name: string, input: Json): Promise<ReadCall> {
  const tool = tools.get(name);
  // A program's own tool: nothing is known of it but its name, and that is what rules go by.
  if (tool === undefined) return { tool: { name, effect: 'external' }, target: {} };
  try {
    return { tool, target: tool.target(await tool.parse(input)) };
  } catch (error) {
    throw new ConfigurationError(`The input does not fit ${name}: ${messageOf(error)}`, { cause: error });
  }
}
