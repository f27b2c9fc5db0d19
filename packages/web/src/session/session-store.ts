import type { Api } from '../api/api.ts';
import { followSession, type Connection } from '../api/follow-session.ts';
import { explainError } from '../api/http-error.ts';
import type { Answer } from '../api/wire.ts';
import { createObservable, type Observable } from '../observable.ts';
import { createFrameBuffer } from './frame-buffer.ts';
import { reduce, type Action } from './reduce.ts';
import { EMPTY_VIEW, type SessionView } from './view-model.ts';

export type SessionSnapshot = {
  /** Undefined until the first prompt of a new conversation has made it. */
  id: string | undefined;
  view: SessionView;
  connection: Connection;
};

/** One conversation as the page holds it: what the stream tells, and what the person does. */
export class SessionStore {
  /** Tells stores apart; it stays when a new conversation gets its id. */
  readonly key: string = crypto.randomUUID();
  readonly state: Observable<SessionSnapshot>;
  readonly #api: Api;
  readonly #onCreated: ((id: string) => void) | undefined;
  #following: AbortController | undefined;
  #creating: Promise<string> | undefined;

  /** Without an id it is a new conversation, which its first prompt makes; `onCreated` is then called once, with its id. */
  constructor(api: Api, o: { id: string | undefined; onCreated?: ((id: string) => void) | undefined }) {
    this.#api = api;
    this.#onCreated = o.onCreated;
    const connection: Connection = { state: o.id === undefined ? 'live' : 'connecting' };
    this.state = createObservable<SessionSnapshot>({ id: o.id, view: EMPTY_VIEW, connection });
  }

  /** Follows the session's stream, from its beginning, until the returned function is called. */
  follow(): () => void {
    const following = new AbortController();
    this.#following = following;
    const { id } = this.state.get();
    if (id !== undefined) {
      this.#dispatch({ type: 'reset' });
      this.#connect(id);
    }
    return () => following.abort();
  }

  /** Sends a prompt. A failure shows at the prompt, which can then be sent again. */
  send(text: string): Promise<void> {
    return this.#post(crypto.randomUUID(), text);
  }

  /** Sends a prompt that failed once more, under the same uuid, so that it cannot run twice. */
  resend(uuid: string): Promise<void> {
    return this.#post(uuid, this.#queuedText(uuid));
  }

  /** Takes a prompt that failed back; returns its text. */
  discard(uuid: string): string {
    const text = this.#queuedText(uuid);
    this.#dispatch({ type: 'prompt_discarded', uuid });
    return text;
  }

  /** Ends the running turn. @throws HttpError | UnreachableError */
  async stop(): Promise<void> {
    const { id } = this.state.get();
    if (id !== undefined) await this.#api.interrupt(id);
  }

  /** Sets the permission mode; of a new conversation, the one that it will begin with. @throws HttpError | UnreachableError */
  async setMode(mode: string): Promise<void> {
    const { id } = this.state.get();
    if (id !== undefined) await this.#api.setPermissionMode(id, mode);
    this.#dispatch({ type: 'mode_set', mode });
  }

  /** Decides an ask; `won` is false when somebody else was first. @throws HttpError | UnreachableError */
  async answer(request: number, decision: Answer): Promise<{ won: boolean; by: string }> {
    const { id } = this.state.get();
    return id === undefined ? { won: false, by: '' } : this.#api.answer(id, request, decision);
  }

  #dispatch(action: Action): void {
    const now = this.state.get();
    this.state.set({ ...now, view: reduce(now.view, action) });
  }

  #connect(id: string): void {
    const signal = this.#following?.signal;
    if (signal === undefined || signal.aborted) return;
    const buffer = createFrameBuffer((frames) => this.#dispatch({ type: 'frames', frames, nowMs: Date.now() }));
    signal.addEventListener('abort', () => buffer.close(), { once: true });
    const follower = {
      onFrames: (frames: Parameters<typeof buffer.push>[0]) => buffer.push(frames),
      onConnection: (connection: Connection) => this.state.set({ ...this.state.get(), connection }),
      onReset: () => {
        buffer.flush();
        this.#dispatch({ type: 'reset' });
      },
    };
    void followSession(this.#api, id, follower, { signal });
  }

  async #post(uuid: string, text: string): Promise<void> {
    this.#dispatch({ type: 'prompt_sending', uuid, text });
    try {
      await this.#api.sendPrompt(await this.#ensureCreated(), { uuid, text });
      this.#dispatch({ type: 'prompt_accepted', uuid });
    } catch (error) {
      this.#dispatch({ type: 'prompt_failed', uuid, error: explainError(error) });
    }
  }

  /** Two prompts sent at once make one conversation; a failed attempt may be made again. */
  #ensureCreated(): Promise<string> {
    const { id } = this.state.get();
    if (id !== undefined) return Promise.resolve(id);
    this.#creating ??= this.#create().finally(() => (this.#creating = undefined));
    return this.#creating;
  }

  async #create(): Promise<string> {
    const session = await this.#api.createSession({ permissionMode: this.state.get().view.mode });
    this.state.set({ ...this.state.get(), id: session.id });
    this.#connect(session.id);
    this.#onCreated?.(session.id);
    return session.id;
  }

  #queuedText(uuid: string): string {
    return this.state.get().view.queue.find((prompt) => prompt.uuid === uuid)?.text ?? '';
  }
}
