import { ConfigurationError } from '../../errors.ts';
import type { Json } from '../../log/entries.ts';
import type { MessagesClient } from '../../messages-api/messages-client.ts';
import { sdkServersOf } from '../../options/mcp.ts';
import type { Options } from '../../options/options.ts';
import type { McpServerStatus } from '../engine.ts';
import { parseUpdate } from '../../permissions/parse-update.ts';
import type { PermissionModeInput } from '../../options/permissions.ts';
import { reportedMode } from '../../options/reported-mode.ts';
import { modelOf, smallModelOf, workingDirectoryOf } from '../../options/resolve-options.ts';
import { validateModel, validatePermissionMode } from '../../options/validate.ts';
import { VERSION } from '../../helpers/version.ts';
import { applyUpdate, isToolDenied, type PermissionState, withMode } from '../../permissions/state.ts';
import { agentsOf } from '../../tools/agent.ts';
import type { Toolset } from '../../tools/registry.ts';
import type { Tool } from '../../tools/tool.ts';
import type { Asker, TurnLimits } from '../../turn/turn-world.ts';
import type { InitFacts } from '../../views/to-sdk-messages.ts';
import type { ToolConfiguration } from '../hosted-options.ts';
import type { ApiSession } from './api-session.ts';
import { SessionHooks } from './session-hooks.ts';
import type { SessionPermissions } from './session-permissions.ts';
import { SessionTools } from './session-tools.ts';
import { SessionWorld } from './session-world.ts';

const DEFAULT_MAX_RETRIES = 10;

/** Where a session's parts come from, besides its options. */
export type SetupParts = {
  client: MessagesClient;
  apiKeySource: string;
  /** All tools there are: built in, and of in-process servers. */
  tools: readonly Tool[];
  toolset: Toolset;
  runsElsewhere: boolean;
  configuration: ToolConfiguration;
  permissions: SessionPermissions;
  /** A server's session: asks through the log, keeps its settings, and leaves an unfinished turn to its next owner. */
  hosted: boolean;
  /** No rule allows a command that no sandbox holds. */
  severalUsers: () => boolean;
  by: string;
};

/** A session's options made ready: limits, tools, permissions, and what changes in them while it runs. */
export class SessionSetup {
  readonly hosted: boolean;
  readonly forwardSubagentText: boolean;
  /** An interrupt leaves background work running. */
  readonly sparesTasks: boolean;
  readonly by: string;
  readonly limits: TurnLimits;
  readonly cwd: string;
  readonly abortSignal: AbortSignal | undefined;
  readonly #options: Options;
  readonly #parts: SetupParts;
  readonly #firstModel: string;
  readonly #permissions: SessionPermissions;
  readonly tools: SessionTools;
  #model: string;
  #budgetUsd: number | undefined;
  #onClose: () => void = () => {};

  constructor(options: Options, parts: SetupParts) {
    this.hosted = parts.hosted;
    this.forwardSubagentText = options.forwardSubagentText === true;
    this.sparesTasks = options.perTaskStopAffordance === true;
    this.by = parts.by;
    this.abortSignal = options.abortController?.signal;
    this.#options = options;
    this.#parts = parts;
    this.cwd = workingDirectoryOf(options);
    this.#firstModel = modelOf(options);
    this.#model = this.#firstModel;
    this.#permissions = parts.permissions;
    this.#budgetUsd = options.maxBudgetUsd;
    const { toolset, runsElsewhere, tools } = parts;
    this.tools = new SessionTools(
      {
        options,
        toolset,
        runsElsewhere,
        tools,
        isDenied: (tool) => isToolDenied(this.#permissions.state, tool),
        canAsk: this.asker.kind !== 'nobody',
      },
      parts.configuration,
    );
    this.limits = {
      maxTurns: options.maxTurns,
      maxRetries: options.maxRetries ?? DEFAULT_MAX_RETRIES,
      maxOutputTokens: options.maxOutputTokens,
      timeoutMs: options.timeoutMs,
      mergePrompts: options.promptQueue === 'merge',
    };
    this.checkModel(this.#model);
  }

  mcpServerStatus(): McpServerStatus[] {
    return sdkServersOf(this.#options.mcpServers).map(([name, server]) => ({
      name,
      status: 'connected',
      serverInfo: { name: server.name, version: server.version },
      tools: server.tools.map((tool) => ({ name: tool.name, description: tool.description })),
    }));
  }

  makeHooks(session: ApiSession): SessionHooks {
    return new SessionHooks(session, this.#options, { cwd: this.cwd, mode: () => this.#permissions.state.mode });
  }

  makeWorld(session: ApiSession): SessionWorld {
    return new SessionWorld(session, this, this.#options, this.#parts);
  }

  /**
   * Takes over what a `settings` entry changes. Whoever writes one checks it first; what this session cannot follow all the same,
   * such as a mode that was allowed when it was set, is passed over.
   */
  applySettings(patch: Record<string, Json>): void {
    const { permissionMode, model, permissionUpdates, maxBudgetUsd, tools } = patch;
    // `withMode` checks it.
    if (typeof permissionMode === 'string')
      this.#change((state) => withMode(state, permissionMode as PermissionModeInput));
    if (typeof model === 'string' || model === null) this.#model = model ?? this.#firstModel;
    if (typeof maxBudgetUsd === 'number' || maxBudgetUsd === null) this.#budgetUsd = maxBudgetUsd ?? undefined;
    this.tools.note(tools);
    if (!Array.isArray(permissionUpdates)) return;
    for (const update of permissionUpdates) this.#change((state) => applyUpdate(state, parseUpdate(update)));
  }

  #change(change: (state: PermissionState) => PermissionState): void {
    try {
      this.#permissions.state = change(this.#permissions.state);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
    }
  }

  /** @throws ConfigurationError for a mode that this session cannot be in. */
  checkMode(mode: string): void {
    validatePermissionMode(mode, this.#options);
  }

  /** @throws ConfigurationError for a model that the session's budget or thinking options cannot go with. */
  checkModel(model: string = this.#firstModel): void {
    validateModel(model, { ...this.#options, maxBudgetUsd: this.#budgetUsd });
  }

  /** @throws ConfigurationError for a budget that cannot be kept. */
  checkBudget(maxBudgetUsd: unknown): void {
    if (maxBudgetUsd === null) return;
    if (typeof maxBudgetUsd !== 'number' || !(maxBudgetUsd > 0) || maxBudgetUsd === Number.POSITIVE_INFINITY)
      throw new ConfigurationError('`maxBudgetUsd` must be a positive finite number, or null for none');
    for (const model of [this.#model, smallModelOf(this.#options)])
      validateModel(model, { ...this.#options, maxBudgetUsd });
  }

  /** Prompts wait while the budget is used up, as in the Managed Agents API. */
  get waitsForBudget(): boolean {
    return this.#parts.toolset === 'agent_toolset_20260401';
  }

  /** The model that the session has begun with, and goes back to. */
  get firstModel(): string {
    return this.#firstModel;
  }

  /** The subagents that the model may start. */
  get agents(): { name: string; description: string }[] {
    if (this.tools.box.find('Agent') === undefined) return [];
    return [...agentsOf(this.#options.agents ?? {})].map(([name, { description }]) => ({ name, description }));
  }

  onClose(listener: () => void): void {
    this.#onClose = listener;
  }

  close(): void {
    this.#onClose();
  }

  /** The model that the next request goes to. */
  get model(): string {
    return this.#model;
  }

  /** What the session may cost, as it is set now. */
  get budgetUsd(): number | undefined {
    return this.#budgetUsd;
  }

  get mode(): PermissionModeInput {
    return this.#permissions.state.mode;
  }

  get asker(): Asker {
    if (this.#options.permissionPrompts === 'none') return { kind: 'nobody' };
    if (this.#options.canUseTool !== undefined) return { kind: 'callback', canUseTool: this.#options.canUseTool };
    return { kind: this.hosted ? 'log' : 'nobody' };
  }

  initFacts(): InitFacts {
    const { mode } = this.#permissions.state;
    const reported = reportedMode(mode);
    return {
      apiKeySource: this.#parts.apiKeySource,
      claude_code_version: `colloquy-${VERSION}`,
      cwd: this.cwd,
      // Under the name that programs of the official SDK look for.
      tools: this.tools.box.offered.map(({ name }) => (name === 'Agent' ? 'Task' : name)),
      mcp_servers: Object.keys(this.#options.mcpServers ?? {}).map((name) => ({
        name,
        status: 'connected',
        source: 'sdk',
      })),
      model: this.#model,
      permissionMode: reported,
      ...(reported === mode ? {} : { colloquy_mode: mode }),
      slash_commands: [],
      output_style: 'default',
      skills: [],
      plugins: [],
    };
  }
}
