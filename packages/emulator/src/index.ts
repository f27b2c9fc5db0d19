// The public surface of `@colloquy/emulator`. A name added here is a promise: it needs a doc comment and a test.
export type { RequestExpectation } from './assertions/expect-requests.ts';
export type { Clock } from './clock/clock.ts';
export { manualClock, type ManualClock } from './clock/manual-clock.ts';
export { createEmulator, type Emulator, type EmulatorOptions } from './emulator.ts';
export type { RecordedBody, RecordedRequest, RecordedUsage, WaitOptions } from './exchange/recorder.ts';
export type { MadeFile } from './files/made-file.ts';
export type { HttpRequest, HttpResponse, HttpSend } from './http-send.ts';
export type { RateLimitOptions } from './limits/rate-limits.ts';
export {
  block,
  cut,
  delayed,
  emit,
  emptyBody,
  endEarly,
  errorEvent,
  html,
  maxTokens,
  paced,
  rateLimited,
  raw,
  refusal,
  splitCharacters,
  stall,
  status,
  text,
  thinking,
  together,
  toolUse,
  toolUses,
  withFaults,
} from './replies/builders.ts';
export { quote, type QuoteOptions } from './replies/quote.ts';
export type {
  EndingFault,
  MessageReply,
  Place,
  PlacedFault,
  PlainReply,
  RawBlock,
  RawData,
  RawReply,
  Reply,
  ReplyBlock,
  ServerToolError,
  StatusReply,
  StreamFault,
  WebFetchCall,
  WebPage,
  WebSearchCall,
  WebSearchResult,
  WholeStreamFault,
} from './replies/reply.ts';
export {
  cited,
  contextWindowExceeded,
  pauseTurn,
  redactedThinking,
  webFetch,
  webSearch,
} from './replies/web-builders.ts';
export type { MessagesRequest, RequestBlock, RequestMessage, RequestTool } from './request/messages-request.ts';
export { parseScenario } from './scenarios/read-scenario.ts';
export type { RequestMatch, TextMatch } from './scenarios/request-match.ts';
export type {
  Conditions,
  Scenario,
  ScenarioReply,
  WrittenBlock,
  WrittenMessage,
  WrittenRaw,
  WrittenReply,
  WrittenStatus,
  WrittenToolUse,
} from './scenarios/scenario.ts';
export { ScenarioError } from './scenarios/scenario-error.ts';
export type { Listening, ListenOptions } from './server/listen.ts';
