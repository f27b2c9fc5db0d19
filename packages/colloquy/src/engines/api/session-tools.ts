import { ConfigurationError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';
import type { Json } from '../../log/entries.ts';
import type { Options } from '../../options/options.ts';
import { atWorker, externalTool } from '../../tools/external-tool.ts';
import type { Toolset } from '../../tools/registry.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolBox } from '../../turn/turn-world.ts';
import type { ToolConfiguration } from '../hosted-options.ts';
import { checkToolConfiguration, WORKER_TOOLS } from './check-hosted.ts';
import { toolBox } from './tool-box.ts';

/** Where a session's tools come from. */
export type ToolSources = {
  options: Options;
  toolset: Toolset;
  runsElsewhere: boolean;
  /** Those that there are, whatever the configuration: built in, and of in-process servers. */
  tools: readonly Tool[];
  isDenied: (tool: Tool) => boolean;
  canAsk: boolean;
};

/** The tools of one session: those it has, and the configuration that its next turn begins with. */
export class SessionTools {
  readonly #sources: ToolSources;
  #box: ToolBox;
  #configuration: ToolConfiguration;
  #next: ToolConfiguration | undefined;

  /** @throws ConfigurationError when two tools have the same name */
  constructor(sources: ToolSources, configuration: ToolConfiguration) {
    this.#sources = sources;
    this.#configuration = configuration;
    this.#box = makeBox(sources, configuration);
  }

  get box(): ToolBox {
    return this.#box;
  }

  /** What the session's configuration is once these changes are made. @throws ConfigurationError for one that cannot be */
  with(changes: ToolConfiguration): ToolConfiguration {
    checkToolConfiguration(changes, this.#sources.toolset);
    const { toolPolicies, externalTools } = this.#next ?? this.#configuration;
    const changed = {
      toolPolicies: changes.toolPolicies ?? toolPolicies,
      externalTools: changes.externalTools ?? externalTools,
    };
    makeBox(this.#sources, changed);
    return changed;
  }

  /** The log says that the session's tools are to be these; as the engine wrote them. */
  note(configuration: Json): void {
    if (isRecord(configuration)) this.#next = configuration;
  }

  /** A turn is about to begin: from now on they are what was set last. */
  takeOver(): void {
    const next = this.#next;
    if (next === undefined) return;
    this.#next = undefined;
    this.#configuration = next;
    this.#box = makeBox(this.#sources, next);
  }

  /** The names of the tools that the next turn offers. */
  get nextNames(): string[] {
    const box = this.#next === undefined ? this.#box : makeBox(this.#sources, this.#next);
    return box.offered.map(({ name }) => name);
  }
}

function makeBox(sources: ToolSources, { toolPolicies, externalTools = [] }: ToolConfiguration): ToolBox {
  const { toolset, tools, runsElsewhere, isDenied, canAsk } = sources;
  const own = externalTools.map(externalTool);
  if (toolset === 'claude_code') return toolBox(unambiguous([...tools, ...own]), sources.options, { isDenied, canAsk });
  const all = unambiguous([
    ...tools.map((tool) => (runsElsewhere && WORKER_TOOLS.has(tool.name) ? atWorker(tool) : tool)),
    ...own,
  ]);
  const policyOf = (tool: Tool): ReturnType<NonNullable<ToolBox['policyOf']>> => {
    if (isDenied(tool)) return 'not_enabled';
    if (tool.elsewhere === 'client') return 'always_allow';
    if (toolPolicies === undefined) return 'always_allow';
    const policy = Object.hasOwn(toolPolicies, tool.name) ? toolPolicies[tool.name] : undefined;
    return policy?.enabled === true ? policy.policy : 'not_enabled';
  };
  const byName = new Map(all.map((tool) => [tool.name, tool]));
  const offered = all.filter((tool) => policyOf(tool) !== 'not_enabled');
  return { toolset, offered, find: (name) => byName.get(name), policyOf };
}

function unambiguous(tools: readonly Tool[]): readonly Tool[] {
  const names = new Set<string>();
  for (const { name } of tools) {
    if (names.has(name)) throw new ConfigurationError(`Two tools are named ${name}; give one of them another name`);
    names.add(name);
  }
  return tools;
}
