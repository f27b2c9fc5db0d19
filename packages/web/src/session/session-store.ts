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
export type SessionStore = {
  /** Tells stores apart; it stays when a new conversation gets its id. */
  key: string;
  state: Observable<SessionSnapshot>;
  /** Follows the session's stream until the returned function is called. */
  follow(): () => void;
  /** Sends a prompt; the first one of a new conversation creates it. A failure shows at the prompt, which can be sent again. */
  send(text: string): Promise<void>;
  /** Sends a prompt that failed once more, under the same uuid, so that it cannot run twice. */
  resend(uuid: string): Promise<void>;
  /** Takes a prompt that failed back; returns its text. */
  discard(uuid: string): string;
  /** Ends the running turn. @throws HttpError | UnreachableError */
  stop(): Promise<void>;
  /** Sets the permission mode; of a new conversation, the one that it will begin with. @throws HttpError | UnreachableError */
  setMode(mode: string): Promise<void>;
  /** Decides an ask; `won` is false when somebody else was first. @throws HttpError | UnreachableError */
  answer(request: number, decision: Answer): Promise<{ won: boolean; by: string }>;
};

/** `onCreated` is called once, when a new conversation has got its id. */
export function createSessionStore(
  api: Api,
  o: { id: string | undefined; mode?: string | undefined; onCreated?: ((id: string) => void) | undefined },
): SessionStore {
  const state = createObservable<SessionSnapshot>({
    id: o.id,
    view: { ...EMPTY_VIEW, mode: o.mode },
    connection: { state: o.id === undefined ? 'live' : 'connecting' },
  });
  let followed: AbortController | undefined;
  let creating: Promise<string> | undefined;

  const dispatch = (action: Action): void => state.set({ ...state.get(), view: reduce(state.get().view, action) });

  function connect(id: string): void {
    if (followed === undefined || followed.signal.aborted) return;
    const { signal } = followed;
    const buffer = createFrameBuffer((frames) => dispatch({ type: 'frames', frames, nowMs: Date.now() }));
    signal.addEventListener('abort', () => buffer.close(), { once: true });
    const follower = {
      onFrames: buffer.push,
      onConnection: (connection: Connection) => state.set({ ...state.get(), connection }),
      onReset: () => {
        buffer.flush();
        dispatch({ type: 'reset' });
      },
    };
    void followSession(api, id, follower, { signal });
  }

  async function create(): Promise<string> {
    const session = await api.createSession({ permissionMode: state.get().view.mode });
    state.set({ ...state.get(), id: session.id });
    connect(session.id);
    o.onCreated?.(session.id);
    return session.id;
  }

  /** Two prompts sent at once make one conversation; a failed attempt may be made again. */
  function ensureCreated(): Promise<string> {
    const { id } = state.get();
    if (id !== undefined) return Promise.resolve(id);
    creating ??= create().finally(() => (creating = undefined));
    return creating;
  }

  async function post(uuid: string, text: string): Promise<void> {
    dispatch({ type: 'prompt_sending', uuid, text });
    try {
      await api.sendPrompt(await ensureCreated(), { uuid, text });
      dispatch({ type: 'prompt_accepted', uuid });
    } catch (error) {
      dispatch({ type: 'prompt_failed', uuid, error: explainError(error) });
    }
  }

  const queued = (uuid: string): string => state.get().view.queue.find((prompt) => prompt.uuid === uuid)?.text ?? '';

  return {
    key: crypto.randomUUID(),
    state,
    follow() {
      const controller = new AbortController();
      followed = controller;
      const { id } = state.get();
      if (id !== undefined) {
        dispatch({ type: 'reset' });
        connect(id);
      }
      return () => controller.abort();
    },
    send: (text) => post(crypto.randomUUID(), text),
    resend: (uuid) => post(uuid, queued(uuid)),
    discard(uuid) {
      const text = queued(uuid);
      dispatch({ type: 'prompt_discarded', uuid });
      return text;
    },
    async stop() {
      const { id } = state.get();
      if (id !== undefined) await api.interrupt(id);
    },
    async setMode(mode) {
      const { id } = state.get();
      if (id !== undefined) await api.setPermissionMode(id, mode);
      dispatch({ type: 'mode_set', mode });
    },
    answer: async (request, decision) => {
      const { id } = state.get();
      if (id === undefined) return { won: false, by: '' };
      return api.answer(id, request, decision);
    },
  };
}
