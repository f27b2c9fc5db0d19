import type * as Colloquy from 'colloquy';
import type * as Official from 'official';
import type { Gives, Holds, Takes } from './fits.ts';

// Every public name of the official SDK that ours has too; those that ours has not stand in absent-names.ts, with the reason.
// An exception is a field in which the types do not fit, with the reason; one that nothing needs any longer is an error.

/** What programs write. */
export type Inputs = [
  Holds<
    Takes<
      Official.AgentDefinition,
      Colloquy.AgentDefinition,
      { mcpServers: 'servers of agents are named, or given in full: later' }
    >
  >,
  Holds<Takes<Official.AsyncHookJSONOutput, Colloquy.AsyncHookJSONOutput>>,
  Holds<Takes<Official.CanUseTool, Colloquy.CanUseTool>>,
  Holds<Takes<Official.ElicitationResult, Colloquy.ElicitationResult>>,
  Holds<Takes<Official.ForkSessionOptions, Colloquy.ForkSessionOptions>>,
  Holds<Takes<Official.GetSessionInfoOptions, Colloquy.GetSessionInfoOptions>>,
  Holds<
    Takes<Official.GetSessionMessagesOptions, Colloquy.GetSessionMessagesOptions, { includeSystemMessages: 'later' }>
  >,
  Holds<Takes<Official.HookCallback, Colloquy.HookCallback>>,
  Holds<Takes<Official.HookCallbackMatcher, Colloquy.HookCallbackMatcher>>,
  Holds<Takes<Official.HookEvent, Colloquy.HookEvent>>,
  Holds<Takes<Official.HookJSONOutput, Colloquy.HookJSONOutput>>,
  Holds<Takes<Official.ListSessionsOptions, Colloquy.ListSessionsOptions, { includeProgrammatic: 'later' }>>,
  Holds<
    Takes<
      Official.McpServerConfig,
      Colloquy.McpServerConfig,
      { '*': 'in-process servers are those of createSdkMcpServer(); a server object of the MCP package: later' }
    >
  >,
  Holds<Takes<Official.McpServerToolPolicy, Colloquy.McpServerToolPolicy>>,
  Holds<Takes<Official.McpStdioServerConfig, Colloquy.McpStdioServerConfig>>,
  Holds<Takes<Official.OnElicitation, Colloquy.OnElicitation>>,
  Holds<Takes<Official.OnUserDialog, Colloquy.OnUserDialog>>,
  Holds<Takes<Official.UserDialogResult, Colloquy.UserDialogResult>>,
  Holds<Takes<Official.SpawnedProcess, Colloquy.SpawnedProcess>>,
  Holds<
    Takes<
      Official.Options,
      Colloquy.Options,
      {
        agents: 'see AgentDefinition';
        mcpServers: 'see McpServerConfig';
      }
    >
  >,
  Holds<Takes<Official.PermissionBehavior, Colloquy.PermissionBehavior>>,
  Holds<Takes<Official.PermissionMode, Colloquy.PermissionMode>>,
  Holds<Takes<Official.PermissionResult, Colloquy.PermissionResult>>,
  Holds<Takes<Official.PermissionRuleValue, Colloquy.PermissionRuleValue>>,
  Holds<Takes<Official.PermissionUpdate, Colloquy.PermissionUpdate>>,
  Holds<Takes<Official.PermissionUpdateDestination, Colloquy.PermissionUpdateDestination>>,
  Holds<Takes<Official.SandboxSettings, Colloquy.SandboxSettings>>,
  Holds<
    Takes<
      Official.SDKUserMessage,
      Colloquy.SDKUserMessage,
      {
        message: 'a prompt is text, images and documents from the user; the other blocks of the Messages API are no prompt';
        pasted_content: 'as message';
      }
    >
  >,
  Holds<Takes<Official.SessionMutationOptions, Colloquy.SessionMutationOptions>>,
  Holds<Takes<Official.Settings, Colloquy.Settings>>,
  Holds<Takes<Official.SessionStore, Colloquy.SessionStore, { listSessionSummaries: 'later' }>>,
  Holds<Takes<Official.SessionStoreFlush, Colloquy.SessionStoreFlush>>,
  Holds<Takes<Official.ListSubagentsOptions, Colloquy.ListSubagentsOptions>>,
  Holds<Takes<Official.GetSubagentMessagesOptions, Colloquy.GetSubagentMessagesOptions>>,
  Holds<Takes<Official.ResolveSettingsOptions, Colloquy.ResolveSettingsOptions>>,
  Holds<Takes<Official.SyncHookJSONOutput, Colloquy.SyncHookJSONOutput>>,
];

/** What programs read. */
export type Outputs = [
  Holds<Gives<Colloquy.SessionKey, Official.SessionKey>>,
  Holds<Gives<Colloquy.SessionStoreEntry, Official.SessionStoreEntry>>,
  Holds<Gives<Colloquy.DeniedModelsMatch, Official.DeniedModelsMatch>>,
  Holds<Gives<Colloquy.ResolvedSettingSource, Official.ResolvedSettingSource>>,
  Holds<Gives<Colloquy.ProvenanceEntry, Official.ProvenanceEntry>>,
  Holds<
    Gives<Colloquy.ResolvedSettings, Official.ResolvedSettings, { effective: 'see Settings'; sources: 'see Settings' }>
  >,
  Holds<
    Gives<
      InstanceType<typeof Colloquy.InMemorySessionStore>,
      InstanceType<typeof Official.InMemorySessionStore>,
      { listSessionSummaries: 'later' }
    >
  >,
  Holds<Gives<Colloquy.UserDialogRequest, Official.UserDialogRequest>>,
  Holds<Gives<Colloquy.SpawnOptions, Official.SpawnOptions>>,
  Holds<Gives<Colloquy.AccountInfo, Official.AccountInfo>>,
  Holds<Gives<Colloquy.AgentInfo, Official.AgentInfo>>,
  Holds<Gives<Colloquy.BaseHookInput, Official.BaseHookInput>>,
  Holds<Gives<Colloquy.ConfigChangeHookInput, Official.ConfigChangeHookInput>>,
  Holds<Gives<Colloquy.CwdChangedHookInput, Official.CwdChangedHookInput>>,
  Holds<Gives<Colloquy.DirectoryAddedHookInput, Official.DirectoryAddedHookInput>>,
  Holds<Gives<Colloquy.ElicitationHookInput, Official.ElicitationHookInput>>,
  Holds<Gives<Colloquy.ElicitationRequest, Official.ElicitationRequest>>,
  Holds<Gives<Colloquy.ElicitationResultHookInput, Official.ElicitationResultHookInput>>,
  Holds<Gives<Colloquy.ExitReason, Official.ExitReason>>,
  Holds<Gives<Colloquy.FastModeDisabledReason, Official.FastModeDisabledReason>>,
  Holds<Gives<Colloquy.FastModeState, Official.FastModeState>>,
  Holds<Gives<Colloquy.FileChangedHookInput, Official.FileChangedHookInput>>,
  Holds<Gives<Colloquy.ForkSessionResult, Official.ForkSessionResult>>,
  Holds<Gives<Colloquy.HookEvent, Official.HookEvent>>,
  Holds<Gives<Colloquy.HookInput, Official.HookInput>>,
  Holds<Gives<Colloquy.InstructionsLoadedHookInput, Official.InstructionsLoadedHookInput>>,
  Holds<
    Gives<
      Colloquy.McpServerStatus,
      Official.McpServerStatus,
      { config: 'told as Claude Code tells it: no engine of ours reads it' }
    >
  >,
  Holds<Gives<Colloquy.MessageDisplayHookInput, Official.MessageDisplayHookInput>>,
  Holds<Gives<Colloquy.ModelInfo, Official.ModelInfo>>,
  Holds<Gives<Colloquy.ModelUsage, Official.ModelUsage>>,
  Holds<Gives<Colloquy.NotificationHookInput, Official.NotificationHookInput>>,
  Holds<Gives<Colloquy.PermissionBehavior, Official.PermissionBehavior>>,
  Holds<Gives<Colloquy.PermissionDeniedHookInput, Official.PermissionDeniedHookInput>>,
  Holds<Gives<Colloquy.PermissionMode, Official.PermissionMode>>,
  Holds<Gives<Colloquy.PermissionRequestHookInput, Official.PermissionRequestHookInput>>,
  Holds<Gives<Colloquy.PermissionRuleValue, Official.PermissionRuleValue>>,
  Holds<Gives<Colloquy.PermissionUpdate, Official.PermissionUpdate>>,
  Holds<Gives<Colloquy.PermissionUpdateDestination, Official.PermissionUpdateDestination>>,
  Holds<Gives<Colloquy.PostCompactHookInput, Official.PostCompactHookInput>>,
  Holds<Gives<Colloquy.PostModelSwitchHookInput, Official.PostModelSwitchHookInput>>,
  Holds<Gives<Colloquy.PostToolBatchHookInput, Official.PostToolBatchHookInput>>,
  Holds<Gives<Colloquy.PostToolUseFailureHookInput, Official.PostToolUseFailureHookInput>>,
  Holds<Gives<Colloquy.PostToolUseHookInput, Official.PostToolUseHookInput>>,
  Holds<Gives<Colloquy.PreCompactHookInput, Official.PreCompactHookInput>>,
  Holds<Gives<Colloquy.PreModelSwitchHookInput, Official.PreModelSwitchHookInput>>,
  Holds<Gives<Colloquy.PreToolUseHookInput, Official.PreToolUseHookInput>>,
  Holds<Gives<Colloquy.RewindFilesResult, Official.RewindFilesResult>>,
  Holds<Gives<Colloquy.SDKAPIRetryMessage, Official.SDKAPIRetryMessage>>,
  Holds<
    Gives<
      Colloquy.SDKAssistantMessage,
      Official.SDKAssistantMessage,
      {
        message: 'see ApiMessage below: fields that an endpoint may leave out are optional';
        context_usage: 'later';
        usage_report: 'later';
      }
    >
  >,
  Holds<Gives<Colloquy.SDKAssistantMessageError, Official.SDKAssistantMessageError>>,
  Holds<Gives<Colloquy.SDKAuthStatusMessage, Official.SDKAuthStatusMessage>>,
  Holds<Gives<Colloquy.SDKBackgroundTasksChangedMessage, Official.SDKBackgroundTasksChangedMessage>>,
  Holds<Gives<Colloquy.SDKCommandsChangedMessage, Official.SDKCommandsChangedMessage>>,
  Holds<Gives<Colloquy.SDKCompactBoundaryMessage, Official.SDKCompactBoundaryMessage>>,
  Holds<Gives<Colloquy.SDKControlRequestProgressMessage, Official.SDKControlRequestProgressMessage>>,
  Holds<Gives<Colloquy.SDKConversationResetMessage, Official.SDKConversationResetMessage>>,
  Holds<Gives<Colloquy.SDKElicitationCompleteMessage, Official.SDKElicitationCompleteMessage>>,
  Holds<Gives<Colloquy.SDKFilesPersistedEvent, Official.SDKFilesPersistedEvent>>,
  Holds<Gives<Colloquy.SDKHookProgressMessage, Official.SDKHookProgressMessage>>,
  Holds<Gives<Colloquy.SDKHookResponseMessage, Official.SDKHookResponseMessage>>,
  Holds<Gives<Colloquy.SDKHookStartedMessage, Official.SDKHookStartedMessage>>,
  Holds<Gives<Colloquy.SDKInformationalMessage, Official.SDKInformationalMessage>>,
  Holds<Gives<Colloquy.SDKLocalCommandOutputMessage, Official.SDKLocalCommandOutputMessage>>,
  Holds<Gives<Colloquy.SDKMemoryRecallMessage, Official.SDKMemoryRecallMessage>>,
  Holds<Gives<Colloquy.SDKMessageOrigin, Official.SDKMessageOrigin>>,
  Holds<Gives<Colloquy.SDKMirrorErrorMessage, Official.SDKMirrorErrorMessage>>,
  Holds<Gives<Colloquy.SDKModelRefusalFallbackMessage, Official.SDKModelRefusalFallbackMessage>>,
  Holds<Gives<Colloquy.SDKModelRefusalNoFallbackMessage, Official.SDKModelRefusalNoFallbackMessage>>,
  Holds<Gives<Colloquy.SDKNotificationMessage, Official.SDKNotificationMessage>>,
  Holds<
    Gives<
      Colloquy.SDKPartialAssistantMessage,
      Official.SDKPartialAssistantMessage,
      { event: 'raw events, typed as far as they are read; see ApiMessage below' }
    >
  >,
  Holds<Gives<Colloquy.SDKPermissionDenial, Official.SDKPermissionDenial>>,
  Holds<Gives<Colloquy.SDKPermissionDeniedMessage, Official.SDKPermissionDeniedMessage>>,
  Holds<Gives<Colloquy.SDKPluginInstallMessage, Official.SDKPluginInstallMessage>>,
  Holds<Gives<Colloquy.SDKPromptSuggestionMessage, Official.SDKPromptSuggestionMessage>>,
  Holds<Gives<Colloquy.SDKRateLimitEvent, Official.SDKRateLimitEvent>>,
  Holds<Gives<Colloquy.SDKRateLimitInfo, Official.SDKRateLimitInfo>>,
  Holds<
    Gives<
      Colloquy.SDKResultError,
      Official.SDKResultError,
      {
        usage: 'see ResultUsage below';
        startup_failure_reason: 'the name as Claude Code gives it: it may be newer than these types';
      }
    >
  >,
  Holds<
    Gives<
      Colloquy.SDKResultMessage,
      Official.SDKResultMessage,
      {
        usage: 'see ResultUsage below';
        startup_failure_reason: 'the name as Claude Code gives it: it may be newer than these types';
      }
    >
  >,
  Holds<Gives<Colloquy.SDKResultSuccess, Official.SDKResultSuccess, { usage: 'see ResultUsage below' }>>,
  Holds<Gives<Colloquy.SDKSessionInfo, Official.SDKSessionInfo>>,
  Holds<Gives<Colloquy.SDKSessionStateChangedMessage, Official.SDKSessionStateChangedMessage>>,
  Holds<Gives<Colloquy.SDKSessionWritesLostMessage, Official.SDKSessionWritesLostMessage>>,
  Holds<Gives<Colloquy.SDKStatusMessage, Official.SDKStatusMessage>>,
  Holds<
    Gives<
      Colloquy.SDKSystemMessage,
      Official.SDKSystemMessage,
      { apiKeySource: "`client` besides, for a program's own client (option of ours)" }
    >
  >,
  Holds<Gives<Colloquy.SDKTaskNotificationMessage, Official.SDKTaskNotificationMessage>>,
  Holds<Gives<Colloquy.SDKTaskProgressMessage, Official.SDKTaskProgressMessage>>,
  Holds<Gives<Colloquy.SDKTaskStartedMessage, Official.SDKTaskStartedMessage>>,
  Holds<Gives<Colloquy.SDKTaskUpdatedMessage, Official.SDKTaskUpdatedMessage>>,
  Holds<Gives<Colloquy.SDKThinkingTokensMessage, Official.SDKThinkingTokensMessage>>,
  Holds<Gives<Colloquy.SDKToolProgressMessage, Official.SDKToolProgressMessage>>,
  Holds<Gives<Colloquy.SDKToolUseSummaryMessage, Official.SDKToolUseSummaryMessage>>,
  Holds<
    Gives<
      Colloquy.SDKUserMessage,
      Official.SDKUserMessage,
      {
        message: 'of Claude Code it may be any message of the API; ours are from the user';
        uuid: 'inputs may be wider: any text is the uuid of a prompt';
        pasted_content: 'as message';
      }
    >
  >,
  Holds<Gives<Colloquy.SDKUserMessageReplay, Official.SDKUserMessageReplay, { message: 'as SDKUserMessage' }>>,
  Holds<Gives<Colloquy.SDKWorkerShuttingDownMessage, Official.SDKWorkerShuttingDownMessage>>,
  Holds<Gives<Colloquy.SessionEndHookInput, Official.SessionEndHookInput>>,
  Holds<Gives<Colloquy.SessionMessage, Official.SessionMessage, { parent_agent_id: 'later' }>>,
  Holds<Gives<Colloquy.SessionStartHookInput, Official.SessionStartHookInput>>,
  Holds<Gives<Colloquy.SetupHookInput, Official.SetupHookInput>>,
  Holds<Gives<Colloquy.SlashCommand, Official.SlashCommand>>,
  Holds<Gives<Colloquy.StopFailureHookInput, Official.StopFailureHookInput>>,
  Holds<Gives<Colloquy.StopHookInput, Official.StopHookInput>>,
  Holds<Gives<Colloquy.SubagentStartHookInput, Official.SubagentStartHookInput>>,
  Holds<Gives<Colloquy.SubagentStopHookInput, Official.SubagentStopHookInput>>,
  Holds<Gives<Colloquy.TaskCompletedHookInput, Official.TaskCompletedHookInput>>,
  Holds<Gives<Colloquy.TaskCreatedHookInput, Official.TaskCreatedHookInput>>,
  Holds<Gives<Colloquy.TeammateIdleHookInput, Official.TeammateIdleHookInput>>,
  Holds<Gives<Colloquy.TerminalReason, Official.TerminalReason>>,
  Holds<Gives<Colloquy.UserPromptExpansionHookInput, Official.UserPromptExpansionHookInput>>,
  Holds<Gives<Colloquy.UserPromptSubmitHookInput, Official.UserPromptSubmitHookInput>>,
  Holds<Gives<Colloquy.WorktreeCreateHookInput, Official.WorktreeCreateHookInput>>,
  Holds<Gives<Colloquy.WorktreeRemoveHookInput, Official.WorktreeRemoveHookInput>>,
];

type KindOf<M> = M extends { type: infer T extends string; subtype: infer S extends string }
  ? `${T}/${S}`
  : M extends { type: infer T }
    ? T
    : never;
/** Every kind of message that a program may look for is one of ours. */
export type Kinds = Holds<
  [Exclude<KindOf<Official.SDKMessage>, KindOf<Colloquy.SDKMessage>>] extends [never] ? true : false
>;

type OfficialMessage = Official.SDKAssistantMessage['message'];
type BlockOf<B, Type> = Extract<B, { type: Type }>;
type OfficialBlock = OfficialMessage['content'][number];
/** The model's answer. Fields that an endpoint may leave out are optional in ours; betas that Colloquy does not ask for are left out. */
export type Answers = [
  Holds<
    Gives<
      Colloquy.ApiMessage,
      OfficialMessage,
      {
        content: 'by block below';
        stop_reason: 'any text: the API may get new ones';
        stop_details: 'optional';
        usage: 'below';
        container: 'beta';
        context_management: 'beta';
        diagnostics: 'beta';
        input_transformations: 'beta';
      }
    >
  >,
  Holds<Gives<Colloquy.TextBlock, BlockOf<OfficialBlock, 'text'>, { citations: 'kept as they came' }>>,
  Holds<Gives<Colloquy.ThinkingBlock, BlockOf<OfficialBlock, 'thinking'>>>,
  Holds<Gives<Colloquy.RedactedThinkingBlock, BlockOf<OfficialBlock, 'redacted_thinking'>>>,
  Holds<Gives<Colloquy.ToolUseBlock, BlockOf<OfficialBlock, 'tool_use'>, { caller: 'beta'; toolset_name: 'beta' }>>,
  Holds<
    Gives<
      Colloquy.Usage,
      OfficialMessage['usage'],
      {
        cache_creation: 'optional';
        output_tokens_details: 'optional';
        server_tool_use: 'optional';
        service_tier: 'any text';
        fallback_credit: 'beta';
        inference_geo: 'beta';
        iterations: 'beta';
        speed: 'beta';
      }
    >
  >,
  Holds<
    Gives<
      Colloquy.ResultUsage,
      Official.SDKResultSuccess['usage'],
      {
        cache_creation: 'optional';
        output_tokens_details: 'optional';
        server_tool_use: 'optional';
        service_tier: 'any text';
        fallback_credit: 'beta';
        inference_geo: 'beta';
        iterations: 'beta';
        speed: 'beta';
      }
    >
  >,
];

type Given<F extends (...args: never[]) => unknown, N extends number> = Parameters<F>[N];
/** What functions take, and what they give. */
export type Functions = [
  Holds<
    Takes<
      Given<typeof Official.query, 0>,
      Given<typeof Colloquy.query, 0>,
      { options: 'see Options'; prompt: 'see SDKUserMessage' }
    >
  >,
  Holds<
    Takes<
      Given<typeof Official.startup, 0>,
      Given<typeof Colloquy.startup, 0>,
      { options: 'see Options'; initializeTimeoutMs: 'later' }
    >
  >,
  Holds<
    Takes<
      Given<typeof Official.prewarm, 0>,
      Given<typeof Colloquy.prewarm, 0>,
      { options: 'see Options'; initializeTimeoutMs: 'later' }
    >
  >,
  Holds<
    Takes<
      Given<typeof Official.createSdkMcpServer, 0>,
      Given<typeof Colloquy.createSdkMcpServer, 0>,
      { instructions: 'later'; timeout: 'later' }
    >
  >,
  Holds<
    Takes<
      Given<typeof Official.tool, 4>,
      Given<typeof Colloquy.tool, 4>,
      { searchHint: 'later'; alwaysLoad: 'later: the server has it' }
    >
  >,
  Holds<Takes<Awaited<ReturnType<Given<typeof Official.tool, 3>>>, Colloquy.CallToolResult>>,
  Holds<
    Takes<
      Given<typeof Official.listSessions, 0>,
      Given<typeof Colloquy.listSessions, 0>,
      { includeProgrammatic: 'later' }
    >
  >,
  Holds<Takes<Given<typeof Official.getSessionInfo, 1>, Given<typeof Colloquy.getSessionInfo, 1>>>,
  Holds<
    Takes<
      Given<typeof Official.getSessionMessages, 1>,
      Given<typeof Colloquy.getSessionMessages, 1>,
      { includeSystemMessages: 'later' }
    >
  >,
  Holds<Takes<Given<typeof Official.forkSession, 1>, Given<typeof Colloquy.forkSession, 1>>>,
  Holds<Takes<Given<typeof Official.renameSession, 2>, Given<typeof Colloquy.renameSession, 2>>>,
  Holds<Takes<Given<typeof Official.tagSession, 2>, Given<typeof Colloquy.tagSession, 2>>>,
  Holds<Takes<Given<typeof Official.deleteSession, 1>, Given<typeof Colloquy.deleteSession, 1>>>,
  Holds<Takes<Given<typeof Official.listSubagents, 1>, Given<typeof Colloquy.listSubagents, 1>>>,
  Holds<Takes<Given<typeof Official.getSubagentMessages, 2>, Given<typeof Colloquy.getSubagentMessages, 2>>>,
  Holds<Takes<Given<typeof Official.archiveSession, 1>, Given<typeof Colloquy.archiveSession, 1>>>,
  Holds<Takes<Given<typeof Official.unarchiveSession, 1>, Given<typeof Colloquy.unarchiveSession, 1>>>,
  Holds<Takes<Given<typeof Official.resolveSettings, 0>, Given<typeof Colloquy.resolveSettings, 0>>>,
  Holds<Takes<Given<typeof Official.matchDeniedModels, 0>, Given<typeof Colloquy.matchDeniedModels, 0>>>,
  Holds<
    Takes<Given<typeof Official.filterEscalatingDefaultMode, 0>, Given<typeof Colloquy.filterEscalatingDefaultMode, 0>>
  >,
  Holds<Gives<Awaited<ReturnType<typeof Colloquy.forkSession>>, Awaited<ReturnType<typeof Official.forkSession>>>>,
  Holds<Gives<Awaited<ReturnType<typeof Colloquy.listSessions>>, Awaited<ReturnType<typeof Official.listSessions>>>>,
  Holds<
    Gives<Awaited<ReturnType<typeof Colloquy.getSessionInfo>>, Awaited<ReturnType<typeof Official.getSessionInfo>>>
  >,
];

type Raw = 'told as Claude Code tells it; typed later';
type Messages = 'see Kinds and the messages';
/** The controls of a query. */
export type Controls = Holds<
  Gives<
    Colloquy.Query,
    Official.Query,
    {
      next: Messages;
      return: Messages;
      throw: Messages;
      [Symbol.asyncIterator]: Messages;
      streamInput: 'see SDKUserMessage';
      setMcpServers: 'see McpServerConfig';
      mcpServerStatus: 'see McpServerStatus';
      getContextUsage: Raw;
      readFile: Raw;
      readMcpResource: Raw;
      reloadOutputStyles: Raw;
      reloadPlugins: Raw;
      reloadSkills: Raw;
      usage_EXPERIMENTAL_MAY_CHANGE_DO_NOT_RELY_ON_THIS_API_YET: 'later';
    }
  >
>;
export type Warm = Holds<Gives<Colloquy.WarmQuery, Official.WarmQuery, { query: 'see Controls' }>>;
export type Constants = [
  Holds<Gives<(typeof Colloquy.BUILTIN_TOOL_NAMES)[number], string>>,
  Holds<Takes<(typeof Official.BUILTIN_TOOL_NAMES)[number], (typeof Colloquy.BUILTIN_TOOL_NAMES)[number]>>,
  Holds<Gives<typeof Colloquy.LEGACY_TOOL_NAME_ALIASES, typeof Official.LEGACY_TOOL_NAME_ALIASES>>,
  Holds<Gives<typeof Colloquy.SYSTEM_PROMPT_DYNAMIC_BOUNDARY, typeof Official.SYSTEM_PROMPT_DYNAMIC_BOUNDARY>>,
  Holds<Gives<(typeof Colloquy.HOOK_EVENTS)[number], (typeof Official.HOOK_EVENTS)[number]>>,
  Holds<Gives<(typeof Colloquy.EXIT_REASONS)[number], (typeof Official.EXIT_REASONS)[number]>>,
];

type Made = 'made by createSdkMcpServer() and tool(), and given to options: not read by programs';
/** What functions make. */
export type Handed = [
  Holds<Gives<Colloquy.McpSdkServerConfig, Official.McpSdkServerConfig, { timeout: 'later' }>>,
  Holds<
    Gives<
      Colloquy.SdkMcpToolDefinition,
      Official.SdkMcpToolDefinition,
      { _meta: 'later'; inputSchema: Made; handler: Made }
    >
  >,
  Holds<Gives<Colloquy.AbortError, Official.AbortError>>,
];
