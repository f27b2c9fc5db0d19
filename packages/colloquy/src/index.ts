// The public surface of `colloquy`. A name added here is a promise: it needs a doc comment, a test and a changeset.
export { ClaudeSDKClient } from './client.ts';
export { Conversation, type ConversationUsage } from './conversation.ts';
export type { AnswerStream } from './direct/answer-stream.ts';
export { ClaudeAgentClient, type ClaudeAgentClientOptions, type SendOptions } from './direct/agent-client.ts';
export type { OfferedTools } from './direct/agent-tools.ts';
export { ask, type AskOptions } from './direct/ask.ts';
export type { ChatAnswer } from './direct/chat-answer.ts';
export { ChatClient, type ChatClientOptions, type ChatOverrides } from './direct/chat-client.ts';
export type {
  ChatMessage,
  ChatPrompt,
  DirectThinking,
  OutputSchema,
  RetryNotice,
  ToolChoice,
  ToolDefinition,
  ToolResult,
} from './direct/request-options.ts';
export type { StreamChunk } from './direct/stream-chunk.ts';
export { StreamParser, type StreamParserOptions } from './direct/stream-parser.ts';
export type { DirectUsage } from './direct/usage.ts';
export type { Decision } from './log/entries.ts';
export type {
  AccountInfo,
  AgentInfo,
  Controls,
  McpServerStatus,
  ModelInfo,
  RewindFilesResult,
  SDKSessionInfo,
  ServerInfo,
  SessionMessage,
} from './engines/engine.ts';
export { InMemorySessionStore } from './engines/in-memory-session-store.ts';
export { explainPermission, type PermissionQuestion } from './engines/explain/explain-permission.ts';
export {
  archiveSession,
  deleteSession,
  forkSession,
  type ForkSessionOptions,
  type ForkSessionResult,
  getSessionInfo,
  type GetSessionInfoOptions,
  getSessionMessages,
  type GetSessionMessagesOptions,
  getSubagentMessages,
  type GetSubagentMessagesOptions,
  listSessions,
  type ListSessionsOptions,
  listSubagents,
  type ListSubagentsOptions,
  renameSession,
  type SessionMutationOptions,
  tagSession,
  unarchiveSession,
} from './engines/sessions.ts';
export {
  AbortError,
  APIConnectionError,
  APIError,
  CLIConnectionError,
  CLIJSONDecodeError,
  CLINotFoundError,
  ColloquyError,
  ConfigurationError,
  LimitExceededError,
  NothingPendingError,
  ProcessError,
  SessionBusyError,
  SessionNotFoundError,
  TimeoutError,
} from './errors.ts';
export { batch, type BatchOptions, type BatchProgress, type BatchResult } from './everyday/batch.ts';
export { type BufferedAnswer, BufferedClient, type BufferedClientOptions } from './everyday/buffered-client.ts';
export type { CachedAnswer, CacheStore } from './everyday/cache-store.ts';
export type { Clock } from './everyday/clock.ts';
export { ConversationManager, type ConversationManagerOptions } from './everyday/conversation-manager.ts';
export { ConversationPool, type ConversationPoolOptions, type PoolLease } from './everyday/conversation-pool.ts';
export { openSession, type OpenSession } from './everyday/open-session.ts';
export { ResponseCache, type ResponseCacheOptions } from './everyday/response-cache.ts';
export { type ManagedSession, SessionManager, type SessionManagerOptions } from './everyday/session-manager.ts';
export { sqliteCacheStore } from './everyday/sqlite-cache-store.ts';
export { streamToFile } from './everyday/stream-to-file.ts';
export { tee, type TeeOptions } from './everyday/tee.ts';
export { collectText, type TextSource } from './everyday/text-of-stream.ts';
export { type SimpleMessage, toSimpleMessage } from './everyday/to-simple-message.ts';
export { type Stopped, untilSignal, type UntilSignalOptions } from './everyday/until-signal.ts';
export { FallbackError, type FallbackOptions, type FallbackOutcome, withFallback } from './everyday/with-fallback.ts';
export { type RetryOptions, withRetry } from './everyday/with-retry.ts';
export { createSdkMcpServer, tool } from './mcp/sdk-server.ts';
export type { MessagesCreator } from './messages-api/from-anthropic-client.ts';
export type { HttpRequest, HttpResponse, HttpSend } from './messages-api/http-send.ts';
export type {
  ApiMessage,
  CacheControl,
  ContentBlock,
  ContentBlockParam,
  ContentDelta,
  DocumentBlockParam,
  ImageBlockParam,
  ImageSource,
  MessageParam,
  RedactedThinkingBlock,
  ServerToolUseBlock,
  StopDetails,
  StreamEvent,
  TextBlock,
  TextBlockParam,
  ThinkingBlock,
  ToolResultBlockParam,
  ToolUseBlock,
  Usage,
} from './messages-api/types.ts';
export {
  type ModelUsage,
  type PermissionMode,
  type ResultUsage,
  type SDKAPIRetryMessage,
  type SDKAssistantMessage,
  type SDKAssistantMessageError,
  type SDKCommandLifecycleMessage,
  type SDKInformationalMessage,
  type SDKMessage,
  type SDKPartialAssistantMessage,
  type SDKPermissionAnsweredMessage,
  type SDKPermissionDenial,
  type SDKPermissionDeniedMessage,
  type SDKPermissionRequestMessage,
  type SDKPromptWithdrawnMessage,
  type SDKToolCallRequestMessage,
  type SDKToolCallAnsweredMessage,
  type SDKConversationRewoundMessage,
  type SDKResultError,
  type SDKResultMessage,
  type SDKResultSuccess,
  type SDKStatusMessage,
  type SDKSystemMessage,
  type SDKUserMessage,
  type SDKUserMessageReplay,
  type TerminalReason,
  textOf,
} from './messages.ts';
export {
  EXIT_REASONS,
  type BaseHookInput,
  type ConfigChangeHookInput,
  type CwdChangedHookInput,
  type DirectoryAddedHookInput,
  type ElicitationHookInput,
  type ElicitationResultHookInput,
  type ExitReason,
  type FileChangedHookInput,
  type HookEvent,
  type HookInput,
  type InstructionsLoadedHookInput,
  type MessageDisplayHookInput,
  type NotificationHookInput,
  type PermissionDeniedHookInput,
  type PermissionRequestHookInput,
  type PostCompactHookInput,
  type PostModelSwitchHookInput,
  type PostToolBatchHookInput,
  type PostToolUseFailureHookInput,
  type PostToolUseHookInput,
  type PreCompactHookInput,
  type PreModelSwitchHookInput,
  type PreToolUseHookInput,
  type SessionEndHookInput,
  type SessionStartHookInput,
  type SetupHookInput,
  type StopFailureHookInput,
  type StopHookInput,
  type SubagentStartHookInput,
  type SubagentStopHookInput,
  type TaskCompletedHookInput,
  type TaskCreatedHookInput,
  type TeammateIdleHookInput,
  type UserPromptExpansionHookInput,
  type UserPromptSubmitHookInput,
  type WorktreeCreateHookInput,
  type WorktreeRemoveHookInput,
} from './options/hook-inputs.ts';
export type {
  AsyncHookJSONOutput,
  HookJSONOutput,
  HookSpecificOutput,
  SyncHookJSONOutput,
} from './options/hook-outputs.ts';
export {
  HOOK_EVENTS,
  type HookCallback,
  type HookCallbackMatcher,
  type HookCommand,
  type HookCommandMatcher,
  type SettingsHooks,
} from './options/hooks.ts';
export type {
  CliOptions,
  ElicitationRequest,
  ElicitationResult,
  OnElicitation,
  OnUserDialog,
  UserDialogRequest,
  UserDialogResult,
} from './options/cli-options.ts';
export type {
  CallToolResult,
  McpRemoteServerConfig,
  McpSdkServerConfig,
  McpServerConfig,
  McpServerToolPolicy,
  McpStdioServerConfig,
  SdkMcpToolDefinition,
  ToolAnnotations,
} from './options/mcp.ts';
export type { AgentDefinition } from './options/agents.ts';
export {
  BUILTIN_TOOL_NAMES,
  LEGACY_TOOL_NAME_ALIASES,
  SYSTEM_PROMPT_DYNAMIC_BOUNDARY,
} from './options/official-names.ts';
export type { Options } from './options/options.ts';
export type { SandboxSettings } from './options/sandbox.ts';
export type { SpawnClaudeCodeProcess, SpawnedProcess, SpawnOptions } from './options/spawn-option.ts';
export type { ServerConnection } from './options/server-connection.ts';
export type { SessionKey, SessionStore, SessionStoreEntry, SessionStoreFlush } from './options/session-store.ts';
export { type DeniedModelsMatch, matchDeniedModels } from './options/denied-models.ts';
export {
  filterEscalatingDefaultMode,
  type ProvenanceEntry,
  type ResolvedSettings,
  type ResolvedSettingSource,
  resolveSettings,
  type ResolveSettingsOptions,
} from './options/resolve-settings.ts';
export type { Settings, SettingsPermissions } from './options/settings.ts';
export type {
  CanUseTool,
  PermissionBehavior,
  PermissionModeInput,
  PermissionResult,
  PermissionRuleValue,
  PermissionUpdate,
  PermissionUpdateDestination,
} from './options/permissions.ts';
export type { WebConnection, WebFetchOptions } from './options/web-fetch.ts';
export type { ClaudeCodeQuestions, SetMcpServersResult } from './engines/claude-code-questions.ts';
export { query, type Query } from './query.ts';
export type {
  ClaudeCodeMessage,
  FastModeDisabledReason,
  FastModeState,
  SDKAuthStatusMessage,
  SDKBackgroundTasksChangedMessage,
  SDKCommandsChangedMessage,
  SDKCompactBoundaryMessage,
  SDKControlRequestProgressMessage,
  SDKConversationResetMessage,
  SDKElicitationCompleteMessage,
  SDKFilesPersistedEvent,
  SDKHookProgressMessage,
  SDKHookResponseMessage,
  SDKHookStartedMessage,
  SDKLocalCommandOutputMessage,
  SDKMemoryRecallMessage,
  SDKMessageOrigin,
  SDKMirrorErrorMessage,
  SDKModelRefusalFallbackMessage,
  SDKModelRefusalNoFallbackMessage,
  SDKNotificationMessage,
  SDKPluginInstallMessage,
  SDKPromptSuggestionMessage,
  SDKRateLimitEvent,
  SDKRateLimitInfo,
  SDKSessionStateChangedMessage,
  SDKSessionWritesLostMessage,
  SDKTaskNotificationMessage,
  SDKTaskProgressMessage,
  SDKTaskStartedMessage,
  SDKTaskUpdatedMessage,
  SDKThinkingTokensMessage,
  SDKToolProgressMessage,
  SDKToolUseSummaryMessage,
  SDKWorkerShuttingDownMessage,
  SlashCommand,
} from './system-messages.ts';
export { prewarm, type SpareClaude, startup, type WarmQuery } from './startup.ts';
export type { DialogueMessage } from './views/dialogue.ts';
