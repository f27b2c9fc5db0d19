// The public surface of `colloquy` in browsers, where a Colloquy server runs the conversations (`engine: 'remote'` is the default): that
// of `index.ts` but for what needs files and processes. No Node module is reached from here.
export { ClaudeSDKClient } from './client.ts';
export { Conversation, type ConversationUsage } from './conversation.ts';
export { ClaudeAgentClient, type ClaudeAgentClientOptions, type SendOptions } from './direct/agent-client.ts';
export type { AnswerStream } from './direct/answer-stream.ts';
export { ask, type AskOptions } from './direct/ask.ts';
export type { ChatAnswer } from './direct/chat-answer.ts';
export { ChatClient, type ChatClientOptions, type ChatOverrides } from './direct/chat-client.ts';
export type { StreamChunk } from './direct/stream-chunk.ts';
export { StreamParser, type StreamParserOptions } from './direct/stream-parser.ts';
export type { SDKSessionInfo, ServerInfo, SessionMessage } from './engines/engine.ts';
export {
  deleteSession,
  forkSession,
  getSessionInfo,
  getSessionMessages,
  listSessions,
  renameSession,
  tagSession,
} from './engines/sessions.ts';
export {
  AbortError,
  APIConnectionError,
  APIError,
  ColloquyError,
  ConfigurationError,
  LimitExceededError,
  NothingPendingError,
  SessionBusyError,
  SessionNotFoundError,
  TimeoutError,
} from './errors.ts';
export { type BufferedAnswer, BufferedClient, type BufferedClientOptions } from './everyday/buffered-client.ts';
export type { CachedAnswer, CacheStore } from './everyday/cache-store.ts';
export { ConversationPool, type ConversationPoolOptions, type PoolLease } from './everyday/conversation-pool.ts';
export { openSession, type OpenSession } from './everyday/open-session.ts';
export { ResponseCache, type ResponseCacheOptions } from './everyday/response-cache.ts';
export { type ManagedSession, SessionManager, type SessionManagerOptions } from './everyday/session-manager.ts';
export { tee, type TeeOptions } from './everyday/tee.ts';
export { collectText, type TextSource } from './everyday/text-of-stream.ts';
export { type SimpleMessage, toSimpleMessage } from './everyday/to-simple-message.ts';
export { FallbackError, type FallbackOptions, type FallbackOutcome, withFallback } from './everyday/with-fallback.ts';
export { type RetryOptions, withRetry } from './everyday/with-retry.ts';
export { createSdkMcpServer, tool } from './mcp/sdk-server.ts';
export type { HttpRequest, HttpResponse, HttpSend } from './messages-api/http-send.ts';
export { type SDKMessage, type SDKUserMessage, textOf } from './messages.ts';
export type { Options } from './options/options.ts';
export type { CanUseTool, PermissionResult } from './options/permissions.ts';
export type { ServerConnection } from './options/server-connection.ts';
export { query, type Query } from './query.ts';
