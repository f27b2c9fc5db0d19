import type { SDKMessage, SDKUserMessage } from 'colloquy';
import {
  BatchReader,
  type Controls,
  type HostedSession,
  type PlacedMessage,
  type PlacedReadOptions,
} from 'colloquy/internal';
import { type Deferred, deferred } from './deferred.ts';

/** A session that tells what a test says, to any number of readers, each from its first batch. */
export type ScriptedSession = HostedSession & {
  /** Every reader's next batch holds this, together with what it has not taken yet. */
  tell(messages: readonly PlacedMessage[]): void;
  /** Every waiting and later read rejects. */
  fail(error: unknown): void;
  readonly readers: { after: unknown; partial: unknown; door: unknown; coalesceMs: unknown; isOpen: boolean }[];
  /** Batches that readers have taken. */
  readonly taken: number;
  readonly sent: SDKUserMessage[];
  readonly controls: { name: string; args: unknown }[];
  /** What `control` answers for a name. */
  answers: Partial<Record<keyof Controls, unknown>>;
  isWorking: boolean;
  hasBackgroundWork: boolean;
  readonly isClosed: boolean;
};

type Informational = Extract<SDKMessage, { subtype: 'informational' }>;

/** A message that says nothing but its uuid, which may be any text here, and a text. */
export function informational(uuid: string, content = ''): SDKMessage {
  return {
    type: 'system',
    subtype: 'informational',
    level: 'info',
    session_id: 's',
    uuid: uuid as Informational['uuid'],
    content,
  };
}

export function scriptedSession(id: string): ScriptedSession {
  const script = new Script();
  const sent: SDKUserMessage[] = [];
  const controls: ScriptedSession['controls'] = [];
  const session: ScriptedSession = {
    id,
    readers: script.readers,
    sent,
    controls,
    answers: {},
    isWorking: false,
    hasBackgroundWork: false,
    get taken() {
      return script.taken;
    },
    get isClosed() {
      return script.isClosed;
    },
    tell: (messages) => script.tell(messages),
    fail: (error) => script.fail(error),
    get failure() {
      return script.failure;
    },
    async send(message) {
      sent.push(message);
      return { uuid: message.uuid ?? '00000000-0000-4000-8000-000000000000', seq: sent.length };
    },
    head: 0,
    live: async function* () {},
    input: async () => ({ ok: true, entries: [] }),
    placed: (o = {}) => script.read(o),
    tellSignal: () => {},
    messages: () => {
      throw new Error('The server reads with places');
    },
    batches: () => {
      throw new Error('The server reads with places');
    },
    async control(name, args) {
      controls.push({ name, args });
      // The test that sets an answer knows the control's result.
      return session.answers[name] as never;
    },
    [Symbol.asyncDispose]: async () => script.close(),
  };
  return session;
}

/** What has been told so far, and who reads it. */
class Script {
  readonly readers: ScriptedSession['readers'] = [];
  taken = 0;
  isClosed = false;
  readonly #told: PlacedMessage[] = [];
  #failure: { error: unknown } | undefined;
  #changed: Deferred = deferred();

  get failure(): Error | undefined {
    return this.#failure === undefined ? undefined : new Error('It has failed', { cause: this.#failure.error });
  }

  tell(messages: readonly PlacedMessage[]): void {
    this.#told.push(...messages);
    this.#wake();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake();
  }

  close(): void {
    this.isClosed = true;
    this.#wake();
  }

  read(o: PlacedReadOptions): BatchReader<PlacedMessage> {
    const { after, partial, door, coalesceMs } = o;
    const reader = { after, partial, door, coalesceMs, isOpen: true };
    this.readers.push(reader);
    o.signal?.addEventListener('abort', () => this.#wake(), { once: true });
    return new ScriptReader({
      take: (from) => {
        const isOver = this.isClosed || o.signal?.aborted === true;
        if (this.#failure !== undefined || isOver) reader.isOpen = false;
        if (this.#failure !== undefined) throw this.#failure.error;
        if (isOver) return undefined;
        if (from < this.#told.length) this.taken += 1;
        return this.#told.slice(from);
      },
      wait: () => this.#changed.promise,
      release: () => {
        reader.isOpen = false;
        this.#wake();
      },
    });
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = deferred();
  }
}

type ScriptHost = {
  /** What was told from a place on; `undefined` when no more is. */
  take(from: number): readonly PlacedMessage[] | undefined;
  wait(): Promise<void>;
  release(): void;
};

class ScriptReader extends BatchReader<PlacedMessage> {
  readonly #host: ScriptHost;
  #taken = 0;

  constructor(host: ScriptHost) {
    super();
    this.#host = host;
  }

  wait(): Promise<void> {
    return this.#host.wait();
  }

  protected takeReady(): readonly PlacedMessage[] | undefined {
    const told = this.#host.take(this.#taken);
    this.#taken += told?.length ?? 0;
    return told;
  }

  protected release(): void {
    this.#host.release();
  }
}
