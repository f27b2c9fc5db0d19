import { LateMap } from '../helpers/late-map.ts';
import { isUuid } from '../options/option-checks.ts';
import type { Options } from '../options/options.ts';
import type { Engine, EngineSession } from './engine.ts';

/** The name of the session that prompts go to when none is given. */
export const DEFAULT_LABEL = 'default';

/** An open session, with the label by which it was first asked for; without one if that was its UUID. */
export type NamedSession = { session: EngineSession; label: string | undefined };

/** The sessions that a client has open, by label and by UUID. Each is opened once, when it is first asked for. */
export class NamedSessions {
  readonly #engine: Engine;
  readonly #options: () => Options;
  readonly #onOpen: (opened: NamedSession) => void;
  readonly #byName = new Map<string, Promise<NamedSession>>();
  readonly #opened = new Map<string, NamedSession>();
  /** Sessions that were lost, by their names: to be opened again by their ids. */
  readonly #lost = new LateMap<string, string>();

  /** `onOpen` is called before anything is sent to a new session. It must not throw. */
  constructor(engine: Engine, o: { options: () => Options; onOpen: (opened: NamedSession) => void }) {
    this.#engine = engine;
    this.#options = o.options;
    this.#onOpen = o.onOpen;
  }

  /** The session of that name; a UUID names that very session. A failure is forgotten: the next call tries again. */
  open(name: string): Promise<NamedSession> {
    const key = this.#keyOf(name);
    const known = this.#byName.get(key);
    if (known !== undefined) return known;
    const opening = this.#openNew(key);
    this.#byName.set(key, opening);
    opening.catch(() => this.#byName.delete(key));
    return opening;
  }

  /** The session of that name, if it is open. */
  get(name: string): NamedSession | undefined {
    return this.#opened.get(this.#keyOf(name));
  }

  /** The UUID behind a name, of a session that is open or was lost. */
  idOf(name: string): string | undefined {
    return this.get(name)?.session.id ?? this.#lost.get(this.#keyOf(name));
  }

  /** The session was taken over by another client or process: asked for again, it is opened again, if it is free by then. */
  forget(lost: NamedSession): void {
    for (const [name, opened] of this.#opened) {
      if (opened !== lost) continue;
      this.#opened.delete(name);
      this.#byName.delete(name);
      this.#lost.set(name, lost.session.id);
    }
  }

  /** Every open session, once; those being opened are waited for, and left out if they fail. */
  async all(): Promise<NamedSession[]> {
    await Promise.allSettled(this.#byName.values());
    return this.current();
  }

  /** Every session that is open now, once. */
  current(): NamedSession[] {
    return [...new Set(this.#opened.values())];
  }

  /** Closes every session; if one cannot be closed, the others are closed before that is told. */
  async close(): Promise<void> {
    const sessions = await this.all();
    const closed = await Promise.allSettled(sessions.map(({ session }) => session[Symbol.asyncDispose]()));
    const failed = closed.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #openNew(key: string): Promise<NamedSession> {
    const session = await this.#engine.open(optionsFor(key, this.#lost.get(key), this.#options()));
    const opened: NamedSession = { session, label: isUuid(key) ? undefined : key };
    this.#opened.set(key, opened);
    this.#opened.set(session.id, opened);
    this.#byName.set(session.id, Promise.resolve(opened));
    this.#onOpen(opened);
    return opened;
  }

  /** The client's own options may name the default session by its UUID. */
  #keyOf(name: string): string {
    const { sessionId, resume, forkSession } = this.#options();
    const own = sessionId ?? (forkSession === true ? undefined : resume);
    return own !== undefined && name === own ? DEFAULT_LABEL : name;
  }
}

/** What chooses a session in the options counts for the default label only. */
function optionsFor(key: string, lost: string | undefined, options: Options): Options {
  if (key === DEFAULT_LABEL && lost === undefined) return options;
  const { continue: _continue, forkSession: _fork, resume: _resume, sessionId: _id, ...others } = options;
  const resume = lost ?? (isUuid(key) ? key : undefined);
  return resume === undefined ? others : { ...others, resume };
}
