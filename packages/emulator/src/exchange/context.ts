import type { BatchQueue } from '../batches/batch-queue.ts';
import type { PromptCache } from '../cache/prompt-cache.ts';
import type { Pacer } from '../clock/pacer.ts';
import type { FileStore } from '../files/file-store.ts';
import type { HttpRequest } from '../http-send.ts';
import type { RateLimits } from '../limits/rate-limits.ts';
import type { ApiVersion, PreservedThinking } from '../refusals/check-fields.ts';
import type { ReplyState } from '../replies/choose-reply.ts';
import type { ThreadStore } from '../threads/thread-store.ts';
import type { Ids } from './ids.ts';
import type { ParsedBody } from './parse-body.ts';
import type { RecordedRequest, Recorder } from './recorder.ts';

/** What one emulator's exchanges share. */
export type ExchangeState = {
  ids: Ids;
  recorder: Recorder;
  pacer: Pacer;
  replies: ReplyState;
  gapMs: number;
  limits: RateLimits;
  cache: PromptCache;
  preservedThinking: PreservedThinking;
  files: FileStore;
  batches: BatchQueue;
  threads: ThreadStore;
  /** Betas that are accepted besides the known ones. */
  betas: ReadonlySet<string>;
  /** Types of the raw blocks in answers: what the emulator has sent it takes back, known to it or not. */
  sentTypes: Set<string>;
};

/** Who asks: rate limits belong to a key, stored things and cached prefixes to a workspace. */
export type Caller = { key: string; workspaceId: string };

/** One exchange, once its headers have been checked. */
export type Context = {
  http: HttpRequest;
  recorded: RecordedRequest;
  body: ParsedBody;
  state: ExchangeState;
  caller: Caller;
  version: ApiVersion;
  betas: readonly string[];
};
