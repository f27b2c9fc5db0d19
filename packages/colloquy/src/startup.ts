import { engineFor, prewarmCli } from '#engines';
import type { EngineSession } from './engines/engine.ts';
import { ConfigurationError } from './errors.ts';
import type { SDKUserMessage } from './messages.ts';
import type { Options } from './options/options.ts';
import { validateOptions } from './options/validate.ts';
import { type Query, query, queryIn } from './query.ts';

type Prompt = string | AsyncIterable<SDKUserMessage>;

/** A session that is open and ready, for one query. */
export interface WarmQuery extends AsyncDisposable {
  /** As `query()` with the options given before. @throws ConfigurationError the second time */
  query(prompt: Prompt): Query;
  /** Ends it, if it was not used: a query ends its session itself. */
  close(): void;
}

/**
 * Opens a session ahead of time, so that the first prompt does not wait for it: with `engine: 'cli'` that is most of a second.
 * @throws what `query()` throws when a session cannot be opened
 */
export async function startup({ options = {} }: { options?: Options | undefined } = {}): Promise<WarmQuery> {
  validateOptions(options);
  const session = await engineFor(options).open(options);
  const claim = once('A session from startup() is for one query; call startup() again for another');
  const dispose = async (): Promise<void> => {
    if (claim.isFree) await session[Symbol.asyncDispose]();
  };
  return {
    query(prompt) {
      claim.take();
      return queryIn(prompt, options, async () => session);
    },
    // What fails while closing has nobody left to be told.
    close: () => void dispose().catch(() => {}),
    [Symbol.asyncDispose]: dispose,
  };
}

/** A process of Claude Code that waits for a session. */
export interface SpareClaude extends AsyncDisposable {
  /**
   * As `query()`, with these options besides the first, in that process if they start it in the same way: callbacks, in-process tools,
   * agents and system prompt may differ. With other options a new process is started. @throws ConfigurationError the second time
   */
  claim(o: { prompt: Prompt; options?: Options | undefined }): Query;
  readonly claimed: boolean;
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
  close(): void;
}

/**
 * Starts a process ahead of time that is told later what it is for. Without `engine: 'cli'` there is nothing to start.
 * @throws CLINotFoundError | CLIConnectionError | ConfigurationError
 */
export async function prewarm({ options = {} }: { options?: Options | undefined } = {}): Promise<SpareClaude> {
  validateOptions(options);
  const warm = options.engine === 'cli' ? await prewarmCli(options) : undefined;
  const claim = once('A process from prewarm() is for one session; call prewarm() again for another');
  const dispose = async (): Promise<void> => {
    if (claim.isFree) await warm?.spare.close();
  };
  return {
    claim({ prompt, options: more }) {
      claim.take();
      const claimed = { ...options, ...more };
      if (warm === undefined) return query({ prompt, options: claimed });
      return queryIn(prompt, claimed, (): Promise<EngineSession> => {
        if (claimed.engine === 'cli') return warm.open(claimed);
        throw new ConfigurationError("A process from prewarm() is for options with `engine: 'cli'`");
      });
    },
    get claimed() {
      return !claim.isFree;
    },
    exited: warm?.spare.exited ?? new Promise(() => {}),
    close: () => void dispose().catch(() => {}),
    [Symbol.asyncDispose]: dispose,
  };
}

function once(refusal: string): { readonly isFree: boolean; take(): void } {
  let isFree = true;
  return {
    get isFree() {
      return isFree;
    },
    take() {
      if (!isFree) throw new ConfigurationError(refusal);
      isFree = false;
    },
  };
}
