import type { SDKUserMessage } from 'colloquy';
import type { Controls, HostedSession, PlacedMessage, ReadOptions } from 'colloquy/internal';
import { deferred } from './deferred.ts';

/** A session that tells what a test says, to any number of readers, each from its first batch. */
export type ScriptedSession = HostedSession & {
  /** Every reader's next batch holds this, together with what it has not taken yet. */
  tell(messages: readonly PlacedMessage[]): void;
  /** Every waiting and later read rejects. */
  fail(error: unknown): void;
  readonly readers: { after: unknown; partial: unknown; door: unknown; isOpen: boolean }[];
  /** Batches that readers have taken. */
  readonly taken: number;
  readonly sent: SDKUserMessage[];
  readonly controls: { name: string; args: unknown }[];
  /** What `control` answers, or does, for a name. */
  answers: Partial<Record<keyof Controls, unknown>>;
  readonly isClosed: boolean;
};

export function scriptedSession(id: string): ScriptedSession {
  const told: PlacedMessage[] = [];
  const readers: ScriptedSession['readers'] = [];
  const sent: SDKUserMessage[] = [];
  const controls: ScriptedSession['controls'] = [];
  let changed = deferred();
  let failure: { error: unknown } | undefined;
  let taken = 0;
  let isClosed = false;
  const wake = (): void => {
    changed.resolve();
    changed = deferred();
  };

  async function* placed(
    o: ReadOptions & { door?: boolean | undefined } = {},
  ): AsyncGenerator<readonly PlacedMessage[], void, void> {
    const reader = { after: o.after, partial: o.partial, door: o.door, isOpen: true };
    readers.push(reader);
    o.signal?.addEventListener('abort', wake);
    let next = 0;
    try {
      for (;;) {
        if (failure !== undefined) throw failure.error;
        if (isClosed || o.signal?.aborted === true) return;
        if (next === told.length) {
          await changed.promise;
          continue;
        }
        const batch = told.slice(next);
        next = told.length;
        taken += 1;
        yield batch;
      }
    } finally {
      reader.isOpen = false;
    }
  }

  const session: ScriptedSession = {
    id,
    readers,
    sent,
    controls,
    answers: {},
    get taken() {
      return taken;
    },
    get isClosed() {
      return isClosed;
    },
    tell(messages) {
      told.push(...messages);
      wake();
    },
    fail(error) {
      failure = { error };
      wake();
    },
    async send(message) {
      sent.push(message);
      return { uuid: message.uuid ?? '00000000-0000-4000-8000-000000000000', seq: sent.length };
    },
    placed,
    messages: () => {
      throw new Error('The server reads with places');
    },
    batches: () => {
      throw new Error('The server reads with places');
    },
    async control(name, args) {
      controls.push({ name, args });
      const answer = session.answers[name];
      // The test that sets an answer knows the control's result.
      return (typeof answer === 'function' ? answer(args) : answer) as never;
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      wake();
    },
  };
  return session;
}
