// What the other packages of this repository use besides the public surface. No promise: it may change with any release.
export { type ApiEngine, type ApiEngineOptions, createApiEngine } from './engines/api/api-engine.ts';
export type {
  Controls,
  Engine,
  EngineSession,
  HostedSession,
  PermissionAnswer,
  PlacedMessage,
  PlacedReadOptions,
  QueuedPromptInfo,
  ServerInfo,
  SessionFunctions,
} from './engines/engine.ts';
export { AGENT_TOOL_NAMES, WORKER_TOOLS } from './engines/api/check-hosted.ts';
export type { HostedOptions, ToolConfiguration, ToolPolicy } from './engines/hosted-options.ts';
export { type CallOutcome, type SimulatedCall, simulatePolicy } from './engines/explain/simulate-policy.ts';
export { BatchReader } from './helpers/batch-reader.ts';
export { FewAtOnce } from './helpers/few-at-once.ts';
export { giveWay } from './helpers/give-way.ts';
export { ipBytes } from './helpers/ip-address.ts';
export { makeFolder, makeFolderSync } from './helpers/make-folder.ts';
export { fromCheckpoint } from './log/checkpoint.ts';
export { dataFolder } from './log/data-folder.ts';
export type { Decision, Entry, Fact, Input, Json, NewEntry, Seq, Thread } from './log/entries.ts';
export { emptyState, foldEntry, type SessionState } from './log/fold.ts';
export { isOwnerAlive, newOwner } from './log/owner.ts';
export { hasWaitingWork, type OpenActions, openActions } from './log/open-actions.ts';
export { createMemoryStore } from './log/memory-store.ts';
export { type FeedReadOptions, InvalidCursorError, SessionFeed } from './log/session-feed.ts';
export { SessionLog } from './log/session-log.ts';
export { openSqliteStore } from './log/sqlite-store.ts';
export { toStoreError } from './log/sqlite-driver.ts';
export { StoreError } from './log/store-error.ts';
export type { Lease, NewSession, SessionIndex, SessionOrder, SessionPatch, SessionRow, Store } from './log/store.ts';
export { MessageAccumulator } from './messages-api/accumulate-message.ts';
export { type Endpoint, endpointFromEnv, endpointHeaders, messagesUrl } from './messages-api/endpoint.ts';
export { createMessagesClient, type MessagesClient } from './messages-api/messages-client.ts';
export { listModels, modelInfo, type ModelInfo, resolveModel } from './messages-api/models.ts';
export { createNodeHttpSend } from './messages-api/node-http-send.ts';
export { modelOf } from './options/resolve-options.ts';
export { checkSettings, type Settings } from './options/settings.ts';
export {
  type AllowedHost,
  hostnameOf,
  isAllowedAddress,
  isAllowedHost,
  parseAllowedHost,
} from './options/web-fetch.ts';
export { validateOptions } from './options/validate.ts';
export { decide } from './permissions/decide.ts';
export { initialPermissions } from './permissions/state.ts';
export type { ExternalTool } from './tools/external-tool.ts';
export { type HeldFolder, holdFolder } from './tools/held-folder.ts';
export { createLocalFiles } from './tools/local-files.ts';
export { builtInTools, type Toolset } from './tools/registry.ts';
export { ripgrepPath } from './tools/search/ripgrep.ts';
export { attemptSandbox, type Detected, detectSandbox } from './tools/sandbox/detect.ts';
export { requireSandbox } from './tools/sandbox/require-sandbox.ts';
export { checkHost } from './tools/web/check-host.ts';
export { openConnection, resolveHost } from './tools/web/open-connection.ts';
export type { Cursor, Live } from './views/view.ts';
