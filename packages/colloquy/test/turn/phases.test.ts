import { createEmulator, emit, stall, status, text, toolUse } from '@colloquy/emulator';
import { createSdkMcpServer, type HttpSend, type Options, SessionBusyError, type SDKMessage, tool } from 'colloquy';
import { createApiEngine, createMemoryStore, type Entry, type HostedSession, type Store } from 'colloquy/internal';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { promptOf } from './recorded-session.ts';

/** Something that never comes to its end by itself, and tells when it has begun. */
type Hang = { begin: () => Promise<never>; begun: Promise<void> };

function hang(): Hang {
  const begun = Promise.withResolvers<void>();
  const begin = (): Promise<never> => {
    begun.resolve();
    return new Promise<never>(() => {});
  };
  return { begin, begun: begun.promise };
}

const call = toolUse('mcp__t__work');
const work = (run: () => Promise<unknown>): Options => ({
  mcpServers: {
    t: createSdkMcpServer({
      name: 't',
      tools: [tool('work', 'Works.', {}, async () => (await run(), { content: [] }))],
    }),
  },
});
const hook = (event: string, run: () => Promise<never>): Options => ({ hooks: { [event]: [{ hooks: [run] }] } });

/** Where a turn can stand when it is stopped: what happens then waits for ever. */
const PHASES: Record<string, (h: Hang) => { script: ReturnType<typeof text | typeof status>[]; options?: Options }> = {
  'while a prompt is looked at by a hook': (h) => ({ script: [], options: hook('UserPromptSubmit', h.begin) }),
  'while the input is counted': (h) => ({
    script: [],
    options: { maxBudgetUsd: 1, send: hangingSend(h, 'count_tokens') },
  }),
  'before the answer begins': (h) => ({ script: [], options: { send: hangingSend(h, 'messages') } }),
  'in the middle of the answer': () => ({ script: [stall({ afterEvents: 6 }, emit(20))] }),
  'before the next attempt': () => ({ script: [status(529, { retryAfterSeconds: 60 })] }),
  'while a call is looked at by a hook': (h) => ({
    script: [call],
    options: { ...work(h.begin), ...hook('PreToolUse', h.begin), allowedTools: ['mcp__t'] },
  }),
  'while somebody is asked': (h) => ({ script: [call], options: { ...work(h.begin), canUseTool: h.begin } }),
  'while a call runs': (h) => ({ script: [call], options: { ...work(h.begin), allowedTools: ['mcp__t'] } }),
  'while a result is looked at by a hook': (h) => ({
    script: [call],
    options: { ...work(async () => {}), ...hook('PostToolUse', h.begin), allowedTools: ['mcp__t'] },
  }),
  'while the end is looked at by a hook': (h) => ({ script: [text('Done.')], options: hook('Stop', h.begin) }),
};

function hangingSend({ begin }: Hang, path: string): HttpSend {
  return async (request) => {
    if (!request.url.endsWith(path)) throw new Error(`Nobody asked for ${request.url}`);
    return Promise.race([
      begin(),
      new Promise<never>((_, reject) =>
        request.signal?.addEventListener('abort', () => reject(request.signal?.reason)),
      ),
    ]);
  };
}

afterEach(() => void vi.useRealTimers());

/** A session whose turn has come to its phase; `result` is told once the turn has ended. */
type Stopped = { session: HostedSession; store: Store; result: Promise<SDKMessage>; reading: Promise<void> };

async function openPhase(
  phase: keyof typeof PHASES,
  o: { hosted?: boolean; timeoutMs?: number } = {},
): Promise<Stopped> {
  const h = hang();
  const { script, options = {} } = PHASES[phase]!(h);
  const emulator = createEmulator({ script: [...script, text('Next.')] });
  const store = createMemoryStore();
  const engine = createApiEngine({ store, send: emulator.send, askThroughLog: o.hosted === true });
  const session = await engine.open({
    tools: [],
    env: {},
    ...options,
    ...(o.timeoutMs === undefined ? {} : { timeoutMs: o.timeoutMs }),
  });
  const result = Promise.withResolvers<SDKMessage>();
  const messages = session.messages({ partial: true });
  const reached = Promise.withResolvers<void>();
  await session.send(promptOf('Go'));
  const reading = (async () => {
    for await (const message of messages) {
      if (message.type === 'result') result.resolve(message);
      const isThere =
        (message.type === 'stream_event' && JSON.stringify(message.event).includes('3 ')) ||
        (message.type === 'system' && message.subtype === 'api_retry');
      if (isThere) reached.resolve();
    }
  })();
  reading.catch(() => {});
  await Promise.race([h.begun, reached.promise]);
  return { session, store, result: result.promise, reading };
}

const ends = (entries: readonly Entry[]) => entries.filter(({ kind }) => kind === 'turn_end');
const phases = Object.keys(PHASES);

describe('a turn is stopped wherever it stands', () => {
  test.each(phases)('by an interrupt %s', async (phase) => {
    const { session, result, store } = await openPhase(phase);
    await session.control('interrupt', {});
    const reason = phase.includes('the end') ? 'completed' : expect.stringMatching(/^aborted_/);
    expect(await result).toMatchObject({ terminal_reason: reason });
    expect(openCalls(await store.read(session.id, { after: 0 }))).toEqual([]);
    await session[Symbol.asyncDispose]();
  });

  test.each(phases)('by closing the session %s', async (phase) => {
    const { session, reading, store } = await openPhase(phase);
    await session[Symbol.asyncDispose]();
    await reading;
    const entries = await store.read(session.id, { after: 0 });
    expect(ends(entries)).toHaveLength(1);
    expect(openCalls(entries)).toEqual([]);
    expect((await store.sessions.get(session.id))?.owner).toBeUndefined();
  });

  test.each(phases)('and left to the next owner by a server that closes %s', async (phase) => {
    const { session, reading, store } = await openPhase(phase, { hosted: true });
    await session[Symbol.asyncDispose]();
    await reading;
    const entries = await store.read(session.id, { after: 0 });
    expect(ends(entries)).toEqual([]);
    expect(entries.some((entry) => entry.kind === 'tool_result' && entry.outcome !== 'done')).toBe(false);
  });

  test.each(phases)('by a lease that is lost %s', async (phase) => {
    const { session, reading, store } = await openPhase(phase);
    const { head, owner } = (await store.sessions.get(session.id))!;
    await store.claim(session.id, owner!, 1_000);
    await expect(reading).rejects.toBeInstanceOf(SessionBusyError);
    await expect(session.send(promptOf('More'))).rejects.toBeInstanceOf(SessionBusyError);
    expect(await store.read(session.id, { after: head })).toEqual([]);
  });

  test.each(phases)('by its time being over %s', async (phase) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { session, result } = await openPhase(phase, { timeoutMs: 5_000 });
    await vi.advanceTimersByTimeAsync(5_000);
    const expected = phase.includes('the end') ? { terminal_reason: 'completed' } : { colloquy_timed_out: true };
    expect(await result).toMatchObject(expected);
    await session[Symbol.asyncDispose]();
  });
});

/** Tool uses of whole answers that have no result. */
function openCalls(entries: readonly Entry[]): string[] {
  const results = new Set(entries.flatMap((entry) => (entry.kind === 'tool_result' ? [entry.toolUseId] : [])));
  return entries.flatMap((entry) => {
    if (entry.kind !== 'model_block') return [];
    const { type, id = '' } = entry.block as { type: string; id?: string };
    return type === 'tool_use' && !results.has(id) ? [id] : [];
  });
}
