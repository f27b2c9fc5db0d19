import { ControlRefusedError } from '../errors.ts';
import { BatchIterator } from '../helpers/batch-iterator.ts';
import type { SDKMessage } from '../messages.ts';
import type { McpServerConfig } from '../options/mcp.ts';
import type { ServerInfo } from './engine.ts';

/** What came of `setMcpServers()`: names, and what went wrong by name. */
export type SetMcpServersResult = { added: string[]; removed: string[]; errors: Record<string, string> };

type Answer = Record<string, unknown>;

/** What only Claude Code can be asked: with `engine: 'cli'`, else it is refused with ConfigurationError. */
export interface ClaudeCodeQuestions {
  /** @deprecated in favour of option `thinking` */
  setMaxThinkingTokens(maxThinkingTokens: number | null, display?: string | null): Promise<void>;
  /** Lays these settings over the others; null takes a key away again. */
  applyFlagSettings(settings: Record<string, unknown>): Promise<void>;
  /** Writes a few keys of a settings file. */
  updateSettings(source: string, settings: Record<string, unknown>): Promise<void>;
  getSettings(): Promise<Answer>;
  /** Lets the tools of a server ask more often than the mode would; null takes that back. */
  setMcpPermissionModeOverride(serverName: string, mode: 'default' | 'auto' | null): Promise<{ warning?: string }>;
  /** Greets Claude Code again, and gives what it offers by now. */
  reinitialize(): Promise<ServerInfo>;
  /** @throws ConfigurationError for a server that is not known, or cannot be reached */
  reconnectMcpServer(serverName: string): Promise<void>;
  toggleMcpServer(serverName: string, enabled: boolean): Promise<void>;
  /** Replaces the servers that were added by this, and all in-process ones. */
  setMcpServers(servers: Record<string, McpServerConfig>): Promise<SetMcpServersResult>;
  readMcpResource(serverName: string, uri: string): Promise<Answer>;
  getContextUsage(o?: { detail?: string | undefined }): Promise<Answer>;
  /** What the session has cost, and the limits of the plan. The name is the official one. */
  usage_EXPERIMENTAL_MAY_CHANGE_DO_NOT_RELY_ON_THIS_API_YET(): Promise<Answer>;
  listPermissionRules(): Promise<Answer>;
  getHooksListing(): Promise<Answer>;
  /** The end of what a task has printed. */
  getTaskOutput(taskId: string): Promise<Answer>;
  /** Withdraws a prompt that waits. */
  cancelAsyncMessage(uuid: string): Promise<void>;
  renameSession(title: string): Promise<void>;
  /** Lets a file be edited as if it had been read when it was last changed at this time (milliseconds since 1970). */
  seedReadState(path: string, mtime: number): Promise<void>;
  /** Null for a file that may not be read, or is not there. */
  readFile(path: string, o?: { maxBytes?: number | undefined; encoding?: string | undefined }): Promise<Answer | null>;
  reloadPlugins(): Promise<Answer>;
  reloadSkills(): Promise<Answer>;
  reloadOutputStyles(): Promise<Answer>;
}

/** Messages of a session, of which Claude Code can be asked more, by the names and fields of its protocol. */
export abstract class AskableIterator extends BatchIterator<SDKMessage> implements ClaudeCodeQuestions {
  /** @throws ConfigurationError where another engine runs; ControlRefusedError if Claude Code refuses */
  protected abstract ask(subtype: string, fields?: Answer): Promise<Answer>;
  abstract initializationResult(): Promise<ServerInfo>;

  async setMaxThinkingTokens(maxThinkingTokens: number | null, display?: string | null): Promise<void> {
    await this.ask('set_max_thinking_tokens', { max_thinking_tokens: maxThinkingTokens, thinking_display: display });
  }

  async applyFlagSettings(settings: Record<string, unknown>): Promise<void> {
    await this.ask('apply_flag_settings', { settings });
  }

  async updateSettings(source: string, settings: Record<string, unknown>): Promise<void> {
    await this.ask('update_settings', { source, settings });
  }

  getSettings(): Promise<Answer> {
    return this.ask('get_settings');
  }

  setMcpPermissionModeOverride(serverName: string, mode: 'default' | 'auto' | null): Promise<{ warning?: string }> {
    return this.ask('set_mcp_permission_mode_override', { serverName, mode });
  }

  async reinitialize(): Promise<ServerInfo> {
    await this.ask('initialize');
    return this.initializationResult();
  }

  async reconnectMcpServer(serverName: string): Promise<void> {
    await this.ask('mcp_reconnect', { serverName });
  }

  async toggleMcpServer(serverName: string, enabled: boolean): Promise<void> {
    await this.ask('mcp_toggle', { serverName, enabled });
  }

  async setMcpServers(servers: Record<string, McpServerConfig>): Promise<SetMcpServersResult> {
    const { added, removed, errors } = await this.ask('mcp_set_servers', { servers });
    // The shape is the protocol's; what is missing counts as empty.
    return { added: added ?? [], removed: removed ?? [], errors: errors ?? {} } as SetMcpServersResult;
  }

  readMcpResource(serverName: string, uri: string): Promise<Answer> {
    return this.ask('mcp_read_resource', { serverName, uri });
  }

  getContextUsage(o: { detail?: string | undefined } = {}): Promise<Answer> {
    return this.ask('get_context_usage', o);
  }

  usage_EXPERIMENTAL_MAY_CHANGE_DO_NOT_RELY_ON_THIS_API_YET(): Promise<Answer> {
    return this.ask('get_usage');
  }

  listPermissionRules(): Promise<Answer> {
    return this.ask('list_permission_rules');
  }

  getHooksListing(): Promise<Answer> {
    return this.ask('get_hooks_listing');
  }

  getTaskOutput(taskId: string): Promise<Answer> {
    return this.ask('get_task_output', { task_id: taskId });
  }

  async cancelAsyncMessage(uuid: string): Promise<void> {
    await this.ask('cancel_async_message', { message_uuid: uuid });
  }

  async renameSession(title: string): Promise<void> {
    await this.ask('rename_session', { title, source: 'host' });
  }

  async seedReadState(path: string, mtime: number): Promise<void> {
    await this.ask('seed_read_state', { path, mtime });
  }

  async readFile(
    path: string,
    o: { maxBytes?: number | undefined; encoding?: string | undefined } = {},
  ): Promise<Answer | null> {
    try {
      return await this.ask('read_file', { path, max_bytes: o.maxBytes, encoding: o.encoding });
    } catch (error) {
      if (error instanceof ControlRefusedError) return null;
      throw error;
    }
  }

  reloadPlugins(): Promise<Answer> {
    return this.ask('reload_plugins');
  }

  reloadSkills(): Promise<Answer> {
    return this.ask('reload_skills');
  }

  reloadOutputStyles(): Promise<Answer> {
    return this.ask('reload_output_styles');
  }
}
