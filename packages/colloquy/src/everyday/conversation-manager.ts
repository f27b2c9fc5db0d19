import { createHash } from 'node:crypto';
import { Conversation } from '../conversation.ts';
import { engineFor } from '#engines';
import type { SDKSessionInfo } from '../engines/engine.ts';
import { ConfigurationError, SessionBusyError, SessionNotFoundError } from '../errors.ts';
import { atBorder } from '../helpers/abort-error.ts';
import { untilAborted } from '../helpers/until-aborted.ts';
import type { Options } from '../options/options.ts';
import { validateOptions } from '../options/validate.ts';
import { checkMs } from './check-bounds.ts';
import { type Clock, systemClock } from './clock.ts';

export type ConversationManagerOptions = {
  /** Conversations of different names do not know of each other, though they are kept in one store. Default `default`. */
  name?: string | undefined;
  /** What the conversations have in common. */
  options?: Options | undefined;
  /** Its `now()` is compared with when sessions were last used, in milliseconds since 1970. */
  clock?: Pick<Clock, 'now'> | undefined;
};

type AskOptions = { signal?: AbortSignal | undefined };

const PAGE = 200;

/**
 * Stored conversations under ids of your own, such as a user's or a ticket's. Nothing is held open between prompts, and which session
 * an id means follows from the id itself: so they go on after a restart, and in other processes.
 * ```ts
 * const conversations = new ConversationManager({ name: 'support' });
 * await conversations.start('ticket-17', 'My printer is on fire');
 * await conversations.continue('ticket-17', 'It has stopped');   // tomorrow, in another process
 * await conversations.cleanUp({ olderThanMs: 30 * 86_400_000 });
 * ```
 */
export class ConversationManager {
  readonly #options: Options;
  readonly #prefix: string;
  readonly #clock: Pick<Clock, 'now'>;
  /** The newest prompt of each id: prompts of one conversation are asked one after the other. */
  readonly #asking = new Map<string, Promise<unknown>>();

  /** @throws ConfigurationError */
  constructor(o: ConversationManagerOptions = {}) {
    const { sessionId, resume, continue: newest, forkSession, persistSession, ...options } = o.options ?? {};
    const chosen = { sessionId, resume, continue: newest, forkSession };
    const refused = Object.entries(chosen).find(([, value]) => value !== undefined);
    if (refused !== undefined)
      throw new ConfigurationError(`A ConversationManager chooses sessions: leave out \`${refused[0]}\``);
    if (persistSession === false)
      throw new ConfigurationError('A ConversationManager needs stored sessions: leave out `persistSession`');
    validateOptions(options);
    this.#options = options;
    this.#clock = o.clock ?? systemClock;
    this.#prefix = digest(o.name ?? 'default').slice(0, 8);
  }

  /** The UUID of the session behind an id, whether or not there is one yet. */
  sessionId(id: string): string {
    if (typeof id !== 'string' || id === '')
      throw new ConfigurationError('The id of a conversation must be a text that is not empty');
    const hex = digest(`${this.#prefix}:${id}`);
    return `${this.#prefix}-${hex.slice(0, 4)}-8${hex.slice(4, 7)}-8${hex.slice(7, 10)}-${hex.slice(10, 22)}`;
  }

  /** Whether a conversation was started, and not removed since. */
  async has(id: string): Promise<boolean> {
    return (await this.#sessions.get(this.sessionId(id))) !== undefined;
  }

  /**
   * Begins a conversation, with options on top of the manager's, and resolves with the text of the answer.
   * @throws ConfigurationError when there is one with this id; as `Conversation.ask`
   */
  async start(id: string, prompt: string, options: Options & AskOptions = {}): Promise<string> {
    const { signal, ...own } = options;
    const sessionId = this.sessionId(id);
    return this.#inOrder(sessionId, signal, async () => {
      if (await this.has(id)) {
        throw new ConfigurationError(
          `There is a conversation ${JSON.stringify(id)} already; go on with continue(), or delete() it first`,
        );
      }
      return ask({ title: id, ...this.#options, ...own, sessionId }, prompt, signal);
    });
  }

  /**
   * Goes on with a conversation, and resolves with the text of the answer. Options are not stored: give those that matter again.
   * @throws SessionNotFoundError when there is none with this id; SessionBusyError while another process asks in it; as `Conversation.ask`
   */
  async continue(id: string, prompt: string, options: Options & AskOptions = {}): Promise<string> {
    const { signal, ...own } = options;
    const resume = this.sessionId(id);
    return this.#inOrder(resume, signal, async () => {
      if (!(await this.has(id))) throw new SessionNotFoundError(id);
      return ask({ ...this.#options, ...own, resume }, prompt, signal);
    });
  }

  /** Removes a conversation; false when there was none. @throws SessionBusyError while another process asks in it */
  async delete(id: string): Promise<boolean> {
    const sessionId = this.sessionId(id);
    return this.#inOrder(sessionId, undefined, () => this.#delete(sessionId));
  }

  /**
   * Removes the conversations of this name that nobody has used for so long, but for those in which somebody asks now. Gives the UUIDs
   * of what was removed.
   */
  async cleanUp({ olderThanMs }: { olderThanMs: number }): Promise<string[]> {
    const before = this.#clock.now() - checkMs('olderThanMs', olderThanMs);
    const removed: string[] = [];
    for (const { sessionId, lastModified } of await this.#all()) {
      if (lastModified > before || this.#asking.has(sessionId)) continue;
      try {
        if (await this.#delete(sessionId)) removed.push(sessionId);
      } catch (error) {
        if (!(error instanceof SessionBusyError)) throw error;
      }
    }
    return removed;
  }

  get #sessions(): ReturnType<typeof engineFor>['sessions'] {
    return engineFor(this.#options).sessions;
  }

  async #all(): Promise<SDKSessionInfo[]> {
    const mine: SDKSessionInfo[] = [];
    for (let offset = 0; ; offset += PAGE) {
      const page = await this.#sessions.list({ limit: PAGE, offset });
      // Of version 8 are no UUIDs that are made by chance.
      mine.push(...page.filter(({ sessionId }) => sessionId.startsWith(`${this.#prefix}-`) && sessionId[14] === '8'));
      if (page.length < PAGE) return mine;
    }
  }

  async #delete(sessionId: string): Promise<boolean> {
    try {
      await this.#sessions.delete(sessionId);
      return true;
    } catch (error) {
      if (error instanceof SessionNotFoundError) return false;
      throw error;
    }
  }

  async #inOrder<T>(sessionId: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const before = this.#asking.get(sessionId) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#asking.set(sessionId, mine);
    const forget = (): void => {
      if (this.#asking.get(sessionId) === mine) this.#asking.delete(sessionId);
    };
    mine.then(forget, forget);
    try {
      return await untilAborted(mine, signal);
    } catch (error) {
      throw atBorder(error, signal);
    }
  }
}

async function ask(options: Options, prompt: string, signal: AbortSignal | undefined): Promise<string> {
  await using conversation = new Conversation(options);
  return await conversation.ask(prompt, { signal });
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
