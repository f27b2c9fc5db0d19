import { ConfigurationError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';
import { untilAborted } from '../../helpers/until-aborted.ts';
import { ServedSdkServer } from '../../mcp/serve-sdk-server.ts';
import { checkMcpServers, type ElicitationRequest } from '../../options/cli-options.ts';
import { type McpSdkServerConfig, type McpServerConfig, sdkServersOf } from '../../options/mcp.ts';
import type { Options } from '../../options/options.ts';
import type { PermissionModeInput } from '../../options/permissions.ts';
import { reportedMode } from '../../options/reported-mode.ts';
import { askPermission } from './ask-permission.ts';
import type { ControlRequest } from './control-channel.ts';
import { HookCallbacks } from './hook-callbacks.ts';
import { initializeFields } from './launch-options.ts';

type About = { requestId: string; signal: AbortSignal };

/** Answers what Claude Code asks of the program: permissions, hooks, the tools of in-process servers, what servers ask of a person. */
export class HostAnswers {
  readonly hooks: HookCallbacks;
  /** The mode that was chosen, those that Claude Code does not know included; undefined leaves it to its settings. */
  chosenMode: PermissionModeInput | undefined;
  readonly #options: Options;
  #servers: ReadonlyMap<string, ServedSdkServer>;

  constructor(options: Options) {
    this.#options = options;
    this.chosenMode = options.permissionMode;
    this.hooks = new HookCallbacks(options.hooks, () => this.mode);
    this.#servers = serve(sdkServersOf(options.mcpServers));
  }

  /** The mode in force, as far as we know. */
  get mode(): PermissionModeInput {
    return this.chosenMode ?? 'default';
  }

  /** Reads the tools' shapes. @throws ConfigurationError for one that cannot be told to the model */
  async prepare(): Promise<void> {
    for (const server of this.#servers.values()) await server.prepare();
  }

  /** What a question of the program says of its own parts: those that are here are told by their names. */
  async prepareFields(subtype: string, fields: Record<string, unknown>): Promise<Record<string, unknown>> {
    if (subtype === 'initialize')
      return { ...initializeFields(this.#options), hooks: this.hooks.registered, ...fields };
    if (subtype !== 'mcp_set_servers' || !isRecord(fields['servers'])) return fields;
    // As `Query.setMcpServers()` has taken them.
    const servers = fields['servers'] as Record<string, McpServerConfig>;
    const wanted = checkMcpServers(servers);
    if (wanted !== undefined) throw new ConfigurationError(`The servers must be ${wanted}`);
    const own = sdkServersOf(servers);
    this.#servers = serve(own);
    await this.prepare();
    const named = Object.fromEntries(own.map(([key, { name }]) => [key, { type: 'sdk', name }]));
    return { ...fields, servers: { ...servers, ...named } };
  }

  /** Claude Code reports a mode: it may have changed it itself, as at the end of a plan. */
  noteMode(reported: unknown): void {
    if (this.#isOwnMode() || typeof reported !== 'string') return;
    // One of its modes: it has just said so.
    this.chosenMode = reported as PermissionModeInput;
  }

  /** @throws what the program's callback throws; ConfigurationError for a question that nobody here can answer */
  async answer(request: ControlRequest, about: About): Promise<object> {
    switch (request.subtype) {
      case 'can_use_tool':
        return askPermission(this.#options.canUseTool, request, about);
      case 'hook_callback':
        return this.hooks.run(request, about.signal);
      case 'mcp_message':
        return this.#callServer(request, about);
      case 'elicitation':
        return this.#elicit(request, about);
      case 'request_user_dialog':
        return this.#showDialog(request, about);
      default:
        throw new ConfigurationError(`This program does not know ${request.subtype}`);
    }
  }

  #isOwnMode(): boolean {
    return reportedMode(this.mode) !== this.mode;
  }

  async #callServer({ server_name: name, message }: ControlRequest, { signal }: About): Promise<object> {
    const server = typeof name === 'string' ? this.#servers.get(name) : undefined;
    if (server === undefined) throw new ConfigurationError(`There is no in-process server ${String(name)}`);
    if (!isRecord(message)) throw new ConfigurationError('A message to a server must be an object');
    return { mcp_response: await server.answer(message, signal) };
  }

  async #elicit(request: ControlRequest, { signal, requestId }: About): Promise<object> {
    const { onElicitation } = this.#options;
    if (onElicitation === undefined) return { action: 'decline' };
    const { mcp_server_name: serverName, elicitation_id: elicitationId, requested_schema: requestedSchema } = request;
    // The protocol's fields under the names that programs know.
    const asked = { ...request, serverName, elicitationId, requestedSchema } as unknown as ElicitationRequest;
    const answer = await onElicitation(asked, { signal, requestId });
    // Somebody else answers: nothing is said here until Claude Code asks no longer.
    return answer ?? untilAborted(new Promise<never>(() => {}), signal);
  }

  async #showDialog(request: ControlRequest, { signal, requestId }: About): Promise<object> {
    const { onUserDialog } = this.#options;
    if (onUserDialog === undefined) return { behavior: 'cancelled' };
    const { dialog_kind: kind, payload, tool_use_id: toolUseID } = request;
    const asked = {
      dialogKind: String(kind),
      payload: isRecord(payload) ? payload : {},
      ...(typeof toolUseID === 'string' ? { toolUseID } : {}),
    };
    // Null: somebody else answers, and nothing is said here until Claude Code asks no longer.
    return (await onUserDialog(asked, { signal, requestId })) ?? untilAborted(new Promise<never>(() => {}), signal);
  }
}

function serve(servers: readonly [string, McpSdkServerConfig][]): Map<string, ServedSdkServer> {
  return new Map(servers.map(([key, server]) => [key, new ServedSdkServer(key, server)]));
}
