// The facts a conversation is made of. Everything else is a view of these. Fixed contract: names may grow, not change meaning.

import type { DecisionClassification } from '../options/permissions.ts';

export type Seq = number;
export type Json = unknown;
/** `main`, or the id of an agent started by a tool. */
export type Thread = string;

/** The outcome of the permission chain for one tool call: what, by whose word, and why. */
export type Decision = {
  behavior: 'allow' | 'ask' | 'deny';
  source: 'hook' | 'rule' | 'mode' | 'tool' | 'callback' | 'person' | 'none';
  rule?: string | undefined;
  /** One sentence, told to the model and the person. */
  reason: string;
  /** Where a path outside the working folders really leads: for the person, not for the model. */
  blockedPath?: string | undefined;
  updatedInput?: Json | undefined;
  suggestions?: Json[] | undefined;
  parts?: { text: string; behavior: 'allow' | 'ask' | 'deny'; rule?: string | undefined }[] | undefined;
  /** How the person behind the callback came to it, if that is told; or that the callback failed. */
  classification?: DecisionClassification | 'failed' | undefined;
  /** A deny that also ends the turn, as `canUseTool` may ask for. */
  interrupt?: boolean | undefined;
};

export type EntryBase = {
  v: 1;
  /** 1, 2, 3 … without a gap. */
  seq: Seq;
  /** When it was appended, ISO 8601 in UTC. */
  at: string;
  /** The lease under which it was written; for inputs, the session's epoch at that moment. */
  epoch: number;
  thread: Thread;
  /** Unique in the session: a second entry with the same key is refused, and told which one won. */
  once?: string | undefined;
};

/** Entries that any process may append, without holding the session's lease. */
export type Input =
  | {
      kind: 'prompt';
      uuid: string;
      /** Content blocks of the user message. */
      content: Json[];
      by: string;
      origin: Json;
      priority: 'now' | 'next' | 'later';
      /** False: the text joins the next turn and starts none. */
      startsTurn: boolean;
      replaces?: Seq | undefined;
    }
  | { kind: 'prompt_withdrawn'; prompt: Seq; by: string }
  | { kind: 'interrupt'; by: string; keepQueue: boolean }
  | { kind: 'permission_answer'; request: Seq; decision: Decision; by: string }
  | { kind: 'external_result'; toolUseId: string; content: Json; isError: boolean; by: string }
  | { kind: 'settings'; patch: Record<string, Json>; by: string };

/** Work beside the turns: its id, what it is, the call that has started it, and where its output goes. */
export type TaskFacts = {
  task: string;
  taskType: string;
  toolUseId: string;
  description: string;
  outputFile: string;
};

/** Entries that only the holder of the session's lease may append, with its epoch. */
export type Fact =
  | {
      kind: 'segment';
      /** `plain`: the newest answer was refused when it was sent back, and goes without what is not plain text and calls. */
      reason: 'start' | 'model' | 'prefix' | 'compact' | 'plain';
      model: string;
      toolset: string;
      /** `system` and `tools` exactly as sent. */
      system: Json[];
      tools: Json[];
      summary?: Json | undefined;
      /** The first entry that requests of this segment are built from. */
      keepFrom: Seq;
    }
  | { kind: 'turn_start'; turn: string; init: Json }
  /** `uuid` is the prompt's. */
  | { kind: 'prompt_taken'; prompt: Seq; turn: string; uuid?: string | undefined }
  | { kind: 'context'; role: 'user' | 'system'; content: Json[]; source: string }
  | { kind: 'model_request'; request: string; attempt: number; upTo: Seq; maxTokens: number; reservedUsd: number }
  | {
      kind: 'model_block';
      request: string;
      index: number;
      /** As received, unknown types kept. */
      block: Json;
      /** On the first block of an answer: id, model and usage as the answer began. */
      start?: { id: string; model: string; usage: Json; ttftMs: number; requestId?: string | undefined } | undefined;
      /** Cut by an interrupt: the text so far of a block that never ended. */
      cut?: true | undefined;
    }
  | {
      kind: 'model_response';
      request: string;
      messageId: string;
      stopReason: string | null;
      stopDetails: Json;
      usage: Json;
      timings: Json;
      aborted?: true | undefined;
    }
  | {
      kind: 'model_error';
      request: string;
      error: Json;
      next: 'retrying' | 'exhausted' | 'terminal' | 'owner_lost';
      /** Blocks of the broken answer, which no view shows any longer. */
      discards: Seq[];
    }
  | { kind: 'tool_decision'; toolUseId: string; decision: Decision }
  | { kind: 'permission_request'; toolUseId: string; callHash: string; show: Json }
  | {
      kind: 'tool_intent';
      toolUseId: string;
      input: Json;
      /** It runs outside of this process: the turn waits for an `external_result`, however long, in whatever process. */
      external?: true | undefined;
      /** What the tool is called; of external calls. */
      name?: string | undefined;
    }
  | {
      kind: 'tool_result';
      toolUseId: string;
      content: Json;
      isError: boolean;
      structured?: Json | undefined;
      /** What the session keeps for later calls, by key: the newest value counts. */
      state?: Record<string, Json> | undefined;
      /** Model requests that the call made on its own account. */
      spent?: { model: string; usage: Json }[] | undefined;
      outcome: 'done' | 'denied' | 'interrupted' | 'unknown';
    }
  /** Work that goes on beside the turns has begun. */
  | ({ kind: 'task_started' } & TaskFacts)
  /** It has ended; `killed`: somebody has ended it, or its session's owner is gone. */
  | ({ kind: 'task_ended'; status: 'completed' | 'failed' | 'killed'; summary: string } & TaskFacts)
  /** Before a call first changes a file in its turn: the digest of what it held, kept in `folder`; null when there was none. */
  | { kind: 'file_backup'; toolUseId: string; path: string; folder: string; before: string | null }
  | { kind: 'turn_end'; turn: string; reason: string; result: Json }
  /** The facts after `to` and before this entry no longer count, nor do the prompts that their turns took; what is spent stays spent. */
  | {
      kind: 'rewind';
      to: Seq;
      /** The first turn that no longer counts, and the uuids of the prompts that it and those after it took. */
      from?: Seq | undefined;
      prompts?: string[] | undefined;
      /** The uuid of the prompt before which the conversation goes on. */
      prompt?: string | undefined;
      by?: string | undefined;
      /** As they were at `to`: what tools keep, and the calls that were put off. */
      toolState?: Record<string, Json> | undefined;
      deferred?: Json[] | undefined;
    }
  | { kind: 'fork'; from: { session: string; seq: Seq } };

export type Entry = EntryBase & (Input | Fact);
export type NewEntry<T extends Input | Fact = Input | Fact> = T & {
  thread?: Thread | undefined;
  once?: string | undefined;
};

/** The kinds that any process may append. */
export const INPUT_KINDS: ReadonlySet<string> = new Set<Input['kind']>([
  'prompt',
  'prompt_withdrawn',
  'interrupt',
  'permission_answer',
  'external_result',
  'settings',
]);
