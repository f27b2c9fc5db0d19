// Sessions of all kinds, recorded on the emulator from fixed seeds, replay to the same log; a changed prompt is found.
import { join } from 'node:path';
import {
  createEmulator,
  cut,
  paced,
  rateLimited,
  type Reply,
  text,
  thinking,
  together,
  toolUse,
} from '@colloquy/emulator';
import { createSdkMcpServer, type Options, tool } from 'colloquy';
import { createApiEngine, createMemoryStore, type Entry } from 'colloquy/internal';
import { cassetteOfSession, recordCassette, replayCassette } from 'colloquy/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../temporary-folder.ts';

const SEEDS = Array.from({ length: 100 }, (_, seed) => seed);
const folder = temporaryFolder('cassettes');
const pathOf = (seed: number): string => join(folder, `${seed}.jsonl`);

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Turn = { prompt: string; script: Reply[]; kind: 'plain' | 'tools' | 'denied' | 'fault' | 'interrupt' };
type Play = { seed: number; turns: Turn[] };

/** Half of the seeds use tools; some turns meet a fault, a denial or an interrupt. */
function playOf(seed: number): Play {
  const random = randomOf(seed);
  const words = (count: number): string[] => Array.from({ length: count }, () => `w${Math.floor(random() * 1000)} `);
  const withTools = seed % 2 === 0;
  const turns = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index): Turn => {
    const prompt = `Prompt ${index} of ${seed}: ${words(5).join('')}`;
    const answer = text(words(2 + Math.floor(random() * 6)));
    const dice = random();
    if (dice < 0.15)
      return {
        prompt,
        kind: 'fault',
        script: [random() < 0.5 ? rateLimited({ retryAfterSeconds: 0 }) : cut({ afterEvents: 4 }), answer],
      };
    if (dice < 0.3) return { prompt, kind: 'interrupt', script: [paced(20, text(words(50)))] };
    if (!withTools)
      return {
        prompt,
        kind: 'plain',
        script: [random() < 0.3 ? together(thinking(words(3).join('')), answer) : answer],
      };
    const call = toolUse('mcp__calc__add', { a: Math.floor(random() * 9), b: 1 });
    const kind = dice < 0.5 ? 'denied' : 'tools';
    return { prompt, kind, script: [random() < 0.5 ? together(text(words(2)), call) : call, answer] };
  });
  return { seed, turns };
}

const idOf = (seed: number, turn: number): string =>
  `${String(seed).padStart(8, '0')}-0000-4000-8000-${String(turn).padStart(12, '0')}`;

/** Holds the session with this network, and gives its log. */
async function hold({ seed, turns }: Play, send: Options['send']): Promise<readonly Entry[]> {
  await using store = createMemoryStore();
  const engine = createApiEngine({ store });
  const add = tool('add', 'Adds two numbers', { a: z.number(), b: z.number() }, async ({ a, b }) => ({
    content: [{ type: 'text', text: String(a + b) }],
  }));
  let kind: Turn['kind'] = 'plain';
  const session = await engine.open({
    send,
    env: { ANTHROPIC_API_KEY: 'sk-ant-test-0123456789' },
    tools: [],
    settingSources: [],
    sessionId: idOf(seed, 0),
    mcpServers: { calc: createSdkMcpServer({ name: 'calc', tools: [add] }) },
    canUseTool: async (_, input) =>
      kind === 'denied' ? { behavior: 'deny', message: 'Not today' } : { behavior: 'allow', updatedInput: input },
  });
  for (const [index, turn] of turns.entries()) {
    kind = turn.kind;
    const messages = session.messages({ partial: true });
    const message = { role: 'user' as const, content: turn.prompt };
    await session.send({ type: 'user', message, parent_tool_use_id: null, uuid: idOf(seed, index + 1) as never });
    let interrupted = false;
    for await (const one of messages) {
      if (one.type === 'result') break;
      const isText = one.type === 'stream_event' && one.event.type === 'content_block_delta';
      if (turn.kind !== 'interrupt' || !isText || interrupted) continue;
      interrupted = true;
      await session.control('interrupt', {});
    }
  }
  await session[Symbol.asyncDispose]();
  return await store.read(idOf(seed, 0), { after: 0 });
}

/** What is measured, made by chance, or told by the network alone. */
const NOT_OF_MEANING = new Set([
  'at',
  'timings',
  'ttftMs',
  'ttft_ms',
  'duration_ms',
  'duration_api_ms',
  'retryDelayMs',
  'requestId',
]);

/** The log without times, its made-up ids numbered. */
function logOf(entries: readonly Entry[]): unknown {
  const json = JSON.stringify(entries, (name, value: unknown) => (NOT_OF_MEANING.has(name) ? undefined : value));
  const ids = new Map<string, string>();
  const numbered = json.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => {
    if (!ids.has(id)) ids.set(id, `id ${ids.size}`);
    return ids.get(id) ?? id;
  });
  return JSON.parse(numbered);
}

const plays = SEEDS.map(playOf);
const recorded = new Map<number, readonly Entry[]>();

test('100 sessions replay to the log that they were recorded with', { timeout: 60_000 }, async () => {
  const kinds = plays.flatMap(({ turns }) => turns.map(({ kind }) => kind));
  for (const kind of ['tools', 'denied', 'fault', 'interrupt'] as const)
    expect(kinds.filter((one) => one === kind).length).toBeGreaterThan(10);
  for (let from = 0; from < plays.length; from += 50) {
    await Promise.all(
      plays.slice(from, from + 50).map(async (play) => {
        const emulator = createEmulator({ seed: play.seed, script: play.turns.flatMap(({ script }) => script) });
        const first = await hold(play, recordCassette(pathOf(play.seed), { send: emulator.send }));
        recorded.set(play.seed, first);
        const send = replayCassette(pathOf(play.seed));
        const second = await hold(play, send);
        expect(logOf(second), `seed ${play.seed}`).toEqual(logOf(first));
        send.finish();
      }),
    );
  }
});

test(
  'a changed prompt shows the first request that is another one, and what is different in it',
  { timeout: 60_000 },
  async () => {
    await Promise.all(
      plays.map(async ({ seed, turns }) => {
        const changed = seed % turns.length;
        const send = replayCassette(pathOf(seed));
        const other = turns.map((turn, index) =>
          index === changed ? { ...turn, prompt: turn.prompt.replace('Prompt', 'Question') } : turn,
        );
        await hold({ seed, turns: other }, send);
        const before = turns.slice(0, changed).reduce((sum, { script }) => sum + script.length, 0);
        expect(send.problem?.message).toContain(`Request ${before + 1} was not recorded`);
        expect(send.problem?.message).toContain(`recorded: "Prompt ${changed} of ${seed}: `);
        expect(send.problem?.message).toContain(`now:      "Question ${changed} of ${seed}: `);
        expect(() => send.finish()).toThrow(send.problem?.message);
      }),
    );
  },
);

test('the log of each session, as a cassette, replays to the same log', { timeout: 60_000 }, async () => {
  for (let from = 0; from < plays.length; from += 50) {
    await Promise.all(
      plays.slice(from, from + 50).map(async (play) => {
        const first = recorded.get(play.seed) ?? [];
        const send = replayCassette(cassetteOfSession(first));
        const second = await hold(play, send);
        send.finish();
        expect(withoutFaults(second), `seed ${play.seed}`).toEqual(withoutFaults(first));
      }),
    );
  }
});

/** How a failed request is worded, and the tokens of one that broke off, are not in a log as they were told. */
function withoutFaults(entries: readonly Entry[]): unknown {
  const [faults, rest] = [
    entries.filter(({ kind }) => kind === 'model_error'),
    entries.filter(({ kind }) => kind !== 'model_error'),
  ];
  const json = JSON.stringify([logOf(rest), faults.length]);
  return JSON.parse(json, (name, value: unknown) =>
    faults.length > 0 && /usage|cost/i.test(name) ? undefined : value,
  ) as unknown;
}
