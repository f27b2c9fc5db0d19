import type { Options } from '../options/options.ts';
import type { ExternalTool } from '../tools/external-tool.ts';
import type { Toolset } from '../tools/registry.ts';

/** Options of a session that a server holds, besides those of every session. */
export type HostedOptions = Options &
  ToolConfiguration & {
    /** Names and inputs of the built-in tools. Default `claude_code`. With the other set, policies decide in the place of modes. */
    toolset?: Toolset | undefined;
    /** The built-in tools run at a worker, which gives their results by the control `toolResult`. */
    runsElsewhere?: boolean | undefined;
  };

/** What may change in a session while it is open, by the control `setTools`. */
export type ToolConfiguration = {
  /** By the name of a built-in tool of `agent_toolset_20260401`. One that is not named is not enabled; without any, all are allowed. */
  toolPolicies?: Record<string, ToolPolicy> | undefined;
  /** Tools that somebody else runs. */
  externalTools?: readonly ExternalTool[] | undefined;
};

/** Whether a tool is offered, and whether somebody is asked before it runs. A call of one that is not enabled is denied. */
export type ToolPolicy = { enabled: boolean; policy: 'always_allow' | 'always_ask' };
