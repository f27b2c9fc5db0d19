import { expectRequests, type RequestExpectation } from './assertions/expect-requests.ts';
import { tellRequests } from './assertions/tell-request.ts';
import { PromptCache } from './cache/prompt-cache.ts';
import { BatchQueue } from './batches/batch-queue.ts';
import { systemClock, type Clock } from './clock/clock.ts';
import { Pacer } from './clock/pacer.ts';
import type { ExchangeState } from './exchange/context.ts';
import { exchange } from './exchange/exchange.ts';
import { Ids } from './exchange/ids.ts';
import { Recorder, type RecordedRequest, type WaitOptions } from './exchange/recorder.ts';
import { FileStore } from './files/file-store.ts';
import { addMadeFile, type MadeFile } from './files/made-file.ts';
import type { HttpSend } from './http-send.ts';
import type { Page } from './page/page.ts';
import { RateLimits, type RateLimitOptions } from './limits/rate-limits.ts';
import type { PreservedThinking } from './refusals/check-fields.ts';
import { demandReplies } from './replies/is-reply.ts';
import { TroubleCounts } from './replies/follow-directives.ts';
import type { Reply } from './replies/reply.ts';
import { readScenario } from './scenarios/read-scenario.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { ScenarioPlay } from './scenarios/scenario-play.ts';
import { ThreadStore } from './threads/thread-store.ts';
import { listen, type Listening, type ListenOptions } from './server/listen.ts';

export type EmulatorOptions = {
  /** Replies in order, one for each accepted request; see `Emulator.script`. */
  script?: readonly Reply[] | undefined;
  /**
   * Replies with conditions, as code or as the JSON of a scenario file. The script comes before it.
   * @throws ScenarioError from `createEmulator` when it cannot be played; it names the place.
   */
  scenario?: Scenario | undefined;
  /** Milliseconds between the deltas of a stream, unless its reply says otherwise. Default 0: all at once. */
  gapMs?: number | undefined;
  /**
   * What becomes of thinking whose conversation was changed, on models that check it. `enforced`: 400, as for accounts made
   * since 31 August 2026. `when_asked`: it passes, unless the request asks for the check by `thinking.block_binding`, as for
   * older accounts. Default `enforced`.
   */
  preservedThinking?: PreservedThinking | undefined;
  /** Changes the ids that are made, nothing else. Default 0. */
  seed?: number | undefined;
  /** Default: the machine's clock. */
  clock?: Clock | undefined;
  /** What each key may ask for within a minute; beyond it requests are refused with 429. Default: more than anyone can ask. */
  rateLimits?: RateLimitOptions | undefined;
  /** Room for all files that are uploaded or added, in bytes. Default 1 GiB; they are kept in memory. */
  fileStorageBytes?: number | undefined;
  /**
   * Milliseconds that each request of a batch takes, one after another. Default 0: a batch is answered as soon as anything else
   * is asked for; a cancel that comes before stops all of it.
   */
  batchRequestMs?: number | undefined;
  /** Names that `anthropic-beta` may hold besides those that the API is known to accept. */
  betas?: readonly string[] | undefined;
};

/** A Messages API without a model: scripted, directed by the prompt, or simulating a simple assistant. */
export interface Emulator {
  /** One exchange without a socket; pass it wherever a client takes `send`. Unlike over HTTP no credential is needed. */
  readonly send: HttpSend;
  /** Every request so far, refused ones and those of other endpoints included, oldest first; the newest 64 MB are kept. */
  readonly requests: readonly RecordedRequest[];
  /** Adds replies to the script. When it is used up, the scenario, directives and the simulated assistant answer. */
  script(...replies: readonly Reply[]): void;
  /**
   * Passes when so many requests were made and each is as expected, in order: `expectRequests({ lastUserText: 'Hi' }, { toolResultFor:
   * 'Bash', status: 200 })`. @throws AssertionError of `node:assert`
   */
  expectRequests(...expected: readonly RequestExpectation[]): void;
  /** One line for each request: what was newest in it, and what became of it. For snapshots. */
  tellRequests(): string;
  /** Keeps a file as if a tool had made it: unlike an upload it can be downloaded from `GET /v1/files/{id}/content`. */
  addFile(file: MadeFile): { id: string };
  /** The oldest request that no earlier call has returned, as soon as it is there. @throws Error after 10 s, or `timeoutMs`. */
  nextRequest(o?: WaitOptions): Promise<RecordedRequest>;
  /** Resolves when no answer is under way: every stream has ended or was left. @throws Error after 10 s, or `timeoutMs`. */
  idle(o?: WaitOptions): Promise<void>;
  /** Serves it over HTTP as well; may be called several times. */
  listen(o?: ListenOptions): Promise<Listening>;
}

/** A new emulator; it holds no timer and no socket until it is asked something. @throws ScenarioError, RangeError, TypeError for what cannot be */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const scenario = options.scenario === undefined ? undefined : readScenario(options.scenario);
  const state: ExchangeState = {
    ids: new Ids(options.seed ?? scenario?.seed ?? 0),
    recorder: new Recorder(options.clock),
    pacer: new Pacer(options.clock ?? systemClock),
    replies: {
      script: [...demandReplies(options.script ?? [])],
      scenario: scenario && new ScenarioPlay(scenario),
      counts: new TroubleCounts(),
    },
    gapMs: gapOf(options.gapMs ?? scenario?.gapMs ?? 0),
    limits: new RateLimits(options.rateLimits),
    cache: new PromptCache(),
    preservedThinking: options.preservedThinking ?? 'enforced',
    files: new FileStore(options.fileStorageBytes),
    batches: new BatchQueue(options.batchRequestMs),
    threads: new ThreadStore(),
    betas: new Set(options.betas),
    sentTypes: new Set(),
  };
  let page: Promise<Page> | undefined;
  // Tests and programs do without, so it is loaded when somebody wants it.
  const openPage = (): Promise<Page> => (page ??= import('./page/page.ts').then((loaded) => new loaded.Page(state)));
  return {
    send: (request) => exchange(request, state, { needsKey: false }),
    requests: state.recorder.requests,
    script: (...replies) => void state.replies.script.push(...demandReplies(replies)),
    expectRequests: (...expected) => expectRequests(state.recorder.requests, expected),
    tellRequests: () => tellRequests(state.recorder.requests),
    addFile: (file) => ({ id: addMadeFile(file, state).id }),
    nextRequest: (o) => state.recorder.nextRequest(o),
    idle: (o) => state.recorder.idle(o),
    async listen(o) {
      const door = o?.page ? (await openPage()).door(o.page) : undefined;
      return listen((request) => exchange(request, state, { needsKey: true }), o, door);
    },
  };
}

function gapOf(gapMs: number): number {
  if (Number.isFinite(gapMs) && gapMs >= 0) return gapMs;
  throw new RangeError(`gapMs must be a number of at least 0, not ${gapMs}`);
}
