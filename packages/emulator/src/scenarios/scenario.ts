import type { RawBlock, RawData, Reply, StreamFault, WebPage, WebSearchResult } from '../replies/reply.ts';
import type { MessagesRequest } from '../request/messages-request.ts';
import type { RequestMatch } from './request-match.ts';

/**
 * A script with conditions, as code or as JSON. For each request the first reply whose `when` fits answers; if none does, the
 * next one without `when`; if there is none left, `otherwise`. Each reply answers once, unless `times` says more.
 */
export type Scenario = {
  /** For people; nothing depends on them. */
  name?: string | undefined;
  description?: string | undefined;
  /** As in `EmulatorOptions`, which win. */
  seed?: number | undefined;
  gapMs?: number | undefined;
  replies: readonly (Reply | ScenarioReply)[];
  /**
   * Who answers what is left: `simulate` (default) directives and the simulated assistant, `refuse` a 400 that says that no
   * reply fits, or a reply.
   */
  otherwise?: 'simulate' | 'refuse' | Reply | WrittenReply | undefined;
};

/** A reply with the conditions under which it is given: made by a builder or function, or written as data. */
export type ScenarioReply = Conditions & ({ reply: Reply } | WrittenReply);

export type Conditions = {
  /** Default: the reply waits for its turn among those without a condition. A function must not throw. */
  when?: RequestMatch | ((request: MessagesRequest) => boolean) | undefined;
  /** How many requests it answers. Default 1. */
  times?: number | 'always' | undefined;
};

/** A reply as data, with no more than JSON can hold. */
export type WrittenReply = WrittenMessage | WrittenStatus | WrittenRaw;

export type WrittenMessage = {
  /** A thinking block, before everything else. */
  thinking?: string | undefined;
  /** A text block; a list gives its deltas exactly. */
  text?: string | readonly string[] | undefined;
  /** Tool calls, after the text. */
  toolUses?: readonly WrittenToolUse[] | undefined;
  /** Instead of these three: blocks in any order. */
  content?: readonly WrittenBlock[] | undefined;
  stopReason?: string | undefined;
  stopDetails?: { type: 'refusal'; category: string | null; explanation: string | null } | undefined;
  gapMs?: number | undefined;
  delayMs?: number | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  faults?: readonly StreamFault[] | undefined;
};

export type WrittenToolUse = {
  name: string;
  /** A string is sent as it is, be it JSON or not. Default `{}`. */
  input?: Record<string, unknown> | string | undefined;
  id?: string | undefined;
};

export type WrittenBlock =
  | { type: 'text'; text: string | readonly string[]; citations?: readonly RawData[] | undefined }
  | { type: 'thinking'; thinking: string | readonly string[] }
  | { type: 'redacted_thinking' }
  | ({ type: 'tool_use' } & WrittenToolUse)
  /** Neither results nor error: the search is still under way when the answer ends. */
  | {
      type: 'web_search';
      query: string;
      id?: string | undefined;
      results?: readonly WebSearchResult[] | undefined;
      error?: string | undefined;
    }
  | { type: 'web_fetch'; url: string; id?: string | undefined; page?: WebPage | undefined; error?: string | undefined }
  | RawBlock;

/** An error answer. */
export type WrittenStatus = {
  status: number;
  errorType?: string | undefined;
  message?: string | undefined;
  errorCode?: string | undefined;
  retryAfterSeconds?: number | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  delayMs?: number | undefined;
};

/** Any answer at all. */
export type WrittenRaw = {
  raw: {
    status?: number | undefined;
    headers?: Readonly<Record<string, string>> | undefined;
    body?: string | undefined;
  };
  delayMs?: number | undefined;
};
