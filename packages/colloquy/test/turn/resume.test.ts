import {
  createEmulator,
  cut,
  emit,
  maxTokens,
  refusal,
  type Reply,
  stall,
  status,
  text,
  thinking,
  together,
  toolUse,
  toolUses,
} from '@colloquy/emulator';
import type { SDKMessage, SDKResultMessage } from 'colloquy';
import {
  createApiEngine,
  createMemoryStore,
  emptyState,
  foldEntry,
  fromCheckpoint,
  type HostedSession,
  type PlacedMessage,
  type Store,
} from 'colloquy/internal';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { openWorkplace, plainModel, promptOf, recordSession, storeWith } from './recorded-session.ts';

const note = (word: string) => toolUse('mcp__n__note', { word });

/** What can happen in a turn: the replies to its requests, and whether it is interrupted when the last of its deltas has come. */
const KINDS: Record<string, { replies: Reply[]; interruptAt?: (message: SDKMessage) => boolean }> = {
  plain: { replies: [text('Yes.')] },
  calls: {
    replies: [
      together(text('Look.'), toolUses([{ name: 'Read', input: { file_path: 'a.txt' } }])),
      note('x'),
      text('Ok'),
    ],
  },
  thinking: { replies: [thinking('Hm.', note('y')), thinking('So.', text('Done.'))] },
  busy: { replies: [status(529, { retryAfterSeconds: 0 }), text('Again.')] },
  long: { replies: [maxTokens(together(text('Much'), note('cut'))), text('and more.')] },
  refused: { replies: [note('z'), refusal()] },
  unknown: { replies: [toolUse('Nope'), text('Sorry.')] },
  bad: { replies: [status(400)] },
  interrupted: { replies: [note('w'), stall({ afterEvents: 6 }, emit(20))], interruptAt: hasText('3 ') },
};
const broken = cut({ afterEvents: 9 }, together(text('I note it.'), note('never')));
/** Only once, because of the wait before the second attempt. */
KINDS['cut'] = { replies: [broken, text('Again.')] };
KINDS['given up'] = {
  replies: [broken],
  interruptAt: (message) => message.type === 'system' && message.subtype === 'api_retry',
};
KINDS['last'] = { replies: [text('Bye.')] };
const kinds = fc
  .array(fc.constantFrom(...Object.keys(KINDS).filter((kind) => kind !== 'cut' && kind !== 'given up')), {
    minLength: 2,
    maxLength: 6,
  })
  // A second refusal is tried again without the first, and one after an answer with thinking without that: a reply more for each.
  .filter((turns) => turns.filter((kind) => kind === 'bad').length < 2)
  .filter((turns) => !turns.slice(0, Math.max(0, turns.indexOf('bad'))).includes('thinking'));

test(
  'a session that is closed and resumed between its turns does the same as one that stays open',
  { timeout: 60_000 },
  async () => {
    const place = openWorkplace();
    await fc.assert(
      fc.asyncProperty(kinds, async (turns) => {
        expect(await play(turns, { reopen: true }, place)).toEqual(await play(turns, { reopen: false }, place));
      }),
      {
        numRuns: 25,
        examples: [[Object.keys(KINDS)], [['calls', 'interrupted', 'refused', 'plain']], [['bad', 'bad', 'plain']]],
      },
    );
  },
);

test('a reader who comes back later is told the same messages, with the same ids, as those who were there', async () => {
  const { options } = openWorkplace();
  const turns = Object.keys(KINDS);
  const emulator = createEmulator({ script: turns.flatMap((kind) => KINDS[kind]?.replies ?? []) });
  const engine = createApiEngine({ store: createMemoryStore(), send: emulator.send, askThroughLog: true });
  let session = await engine.open({ ...options, maxRetries: 1 });
  const live: SDKMessage[] = [];
  for (const kind of turns) {
    const told = session.placed({ door: true, partial: true });
    await session.send(promptOf(kind));
    live.push(
      ...(await follow(told, (message) => KINDS[kind]?.interruptAt?.(message) && session.control('interrupt', {}))),
    );
    await session[Symbol.asyncDispose]();
    session = await engine.open({ ...options, maxRetries: 1, resume: session.id });
  }
  const later: SDKMessage[] = [];
  const again = session.placed({ door: true, after: '0.0.0' });
  while (later.filter(({ type }) => type === 'result').length < turns.length)
    later.push(...(await follow(again, () => undefined)));
  expect(later).toEqual(live);
  await engine.close();
});

test('a reader who comes back at any place is told exactly what comes after it, without the log being read from its beginning', async () => {
  const { store, id } = await storeWith(await recordSession());
  const { options } = openWorkplace();
  const read = vi.spyOn(store, 'read');
  const engine = createApiEngine({ store, send: plainModel().send, askThroughLog: true });
  const open = () => engine.open({ ...options, resume: id });
  let session = await open();
  const messages = session.messages();
  const sent = ['one', 'two', 'three'].map((text) => session.send(promptOf(text)));
  const { uuid } = (await Promise.all(sent)).at(-1)!;
  for await (const message of messages) if (message.type === 'result' && message.user_message_uuid === uuid) break;
  const { head, epoch } = (await store.sessions.get(id))!;
  const all = await placedAfter(session, 0, head, epoch);
  for (const reopened of [false, true]) {
    if (reopened) {
      await session[Symbol.asyncDispose]();
      session = await open();
    }
    for (let seq = 1; seq < head; seq += 1)
      expect(await placedAfter(session, seq, head, epoch)).toEqual(all.filter((told) => told.seq > seq));
    read.mockClear();
    await placedAfter(session, head - 1, head, epoch);
    expect(Math.min(...read.mock.calls.map(([, { after }]) => after))).toBeGreaterThan(head - 20);
  }
  await engine.close();
});

/** What a reader is told after an entry, and after which entry each message comes. */
async function placedAfter(
  session: HostedSession,
  after: number,
  head: number,
  epoch: number,
): Promise<{ seq: number; message: SDKMessage }[]> {
  const told: { seq: number; message: SDKMessage }[] = [];
  for await (const batch of session.placed({ door: true, after: `${epoch}.${after}.0` })) {
    for (const placed of batch) {
      if (!('message' in placed)) continue;
      const seq = Number(placed.cursor.split('.')[1]);
      told.push({ seq, message: placed.message });
      if (seq === head) return told;
    }
  }
  return told;
}

/** What is told up to the next result, besides stream events. */
async function follow(
  told: AsyncIterable<readonly PlacedMessage[]>,
  act: (message: SDKMessage) => unknown,
): Promise<SDKMessage[]> {
  const messages: SDKMessage[] = [];
  for await (const batch of told) {
    for (const placed of batch) {
      if (!('message' in placed)) continue;
      await act(placed.message);
      if (placed.message.type !== 'stream_event') messages.push(placed.message);
    }
    if (messages.some(({ type }) => type === 'result')) break;
  }
  return messages;
}

type Played = { requests: unknown[]; results: unknown[] };

async function play(
  turns: readonly string[],
  o: { reopen: boolean },
  place: ReturnType<typeof openWorkplace>,
): Promise<Played> {
  const emulator = createEmulator({ script: turns.flatMap((kind) => KINDS[kind]?.replies ?? []) });
  const checked = checkingStore();
  const engine = createApiEngine({ store: checked.store, send: emulator.send });
  const options = { ...place.options, maxRetries: 1, includePartialMessages: true };
  let session = await engine.open(options);
  const results: unknown[] = [];
  for (const [index, kind] of turns.entries()) {
    if (o.reopen && index > 0) {
      await session[Symbol.asyncDispose]();
      session = await engine.open({ ...options, resume: session.id });
    }
    const messages = session.messages({ partial: true });
    await session.send(promptOf(`${index}: ${kind}`));
    for await (const message of messages) {
      if (KINDS[kind]?.interruptAt?.(message)) await session.control('interrupt', {});
      if (message.type !== 'result') continue;
      results.push(lasting(message));
      break;
    }
  }
  await session[Symbol.asyncDispose]();
  await checked.check(session.id);
  // The emulator refuses histories that the API would refuse.
  const refused = emulator.requests.filter(({ status: answered }) => answered === 400);
  expect(refused).toHaveLength(turns.filter((kind) => kind === 'bad').length);
  return { requests: emulator.requests.map(({ body, status: answered }) => ({ body, answered })), results };
}

function hasText(text: string): (message: SDKMessage) => boolean {
  return (message) =>
    message.type === 'stream_event' &&
    message.event.type === 'content_block_delta' &&
    message.event.delta.type === 'text_delta' &&
    message.event.delta.text === text;
}

/** A result without what differs from run to run. */
function lasting({
  uuid: _u,
  session_id: _s,
  user_message_uuid: _m,
  user_message_uuids: _ms,
  ...result
}: SDKResultMessage) {
  return { ...result, duration_ms: 0, duration_api_ms: 0, ttft_ms: 0, result_index: 0 };
}

/** A store that remembers every checkpoint as it was when it was handed in. */
function checkingStore(): { store: Store; check(id: string): Promise<void> } {
  const store = createMemoryStore();
  const checkpoints: string[] = [];
  const append = store.append.bind(store) as (...all: unknown[]) => ReturnType<Store['append']>;
  store.append = (...all: unknown[]) => {
    const { checkpoint } = (all[2] ?? {}) as { checkpoint?: unknown };
    if (checkpoint !== undefined) checkpoints.push(JSON.stringify(checkpoint));
    return append(...all);
  };
  return {
    store,
    async check(id) {
      const entries = await store.read(id, { after: 0 });
      const whole = emptyState();
      for (const entry of entries) foldEntry(whole, entry);
      for (const checkpoint of checkpoints) {
        const state = fromCheckpoint(JSON.parse(checkpoint)) ?? emptyState();
        for (const entry of entries.slice(state.seq)) foldEntry(state, entry);
        expect(state).toEqual(whole);
      }
      expect(JSON.stringify(await store.sessions.checkpoint(id))).toBe(checkpoints.at(-1));
    },
  };
}

const acceptEdits = { permissionUpdates: [{ type: 'setMode', mode: 'acceptEdits', destination: 'session' }] };
const readOnly = { permissionMode: 'readOnly', reportedMode: 'default' };

test.each([
  ['by the control', [acceptEdits, readOnly], { permissionMode: 'default', colloquy_mode: 'readOnly' }],
  ['with an answer', [readOnly, acceptEdits], { permissionMode: 'acceptEdits' }],
])(
  'on a server, the mode that was set last holds when the session is opened again: %s',
  async (_how, patches, mode) => {
    const store = createMemoryStore();
    const engine = createApiEngine({ store, send: plainModel().send, askThroughLog: true });
    const { options } = openWorkplace();
    const first = await engine.open(options);
    for (const patch of patches) await store.append(first.id, [{ kind: 'settings', patch, by: 'test' }]);
    await first[Symbol.asyncDispose]();
    await using again = await engine.open({ ...options, resume: first.id });
    const told = again.placed();
    await again.send(promptOf('Hi'));
    expect(await follow(told, () => undefined)).toContainEqual(expect.objectContaining({ subtype: 'init', ...mode }));
  },
);
