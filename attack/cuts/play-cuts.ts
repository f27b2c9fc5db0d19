import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator, emit, text, toolUse } from '@colloquy/emulator';
import { serve } from '@colloquy/server';
import { ClaudeSDKClient, type SDKMessage } from 'colloquy';
import { createMemoryStore } from 'colloquy/internal';
import { Random } from '../streams/random.ts';
import { openCuttingProxy } from './cutting-proxy.ts';
import { RawReader, type RawFrame } from './raw-reader.ts';

/** Bytes that a connection lives for, at most: most cuts lie in the middle of a frame, some between two. */
const MAX_BYTES = 6_000;
const MAX_TURNS = 2_000;

export type Played = {
  cuts: number;
  turns: number;
  /** Messages besides stream events. */
  messages: number;
  fragments: number;
  /** What did not come as it should. */
  flaws: string[];
};

/**
 * Holds a conversation with a server whose connections break all the time, until there were as many cuts as wanted; then compares what
 * two readers were told over the broken ones with what one over a whole connection is told: `receiveMessages()` of a client, and a
 * reader of the bare stream that knows nothing but `Last-Event-ID`.
 */
export async function playCuts(count: number, seed: number): Promise<Played> {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-cuts-'));
  const emulator = createEmulator();
  const random = new Random(seed);
  let port = 0;
  await using proxy = await openCuttingProxy(
    () => port,
    (cuts) => (cuts < count ? random.whole(1, MAX_BYTES) : undefined),
  );
  await using server = await serve({
    // Clients name the proxy, which changes nothing of what they say.
    allowedHosts: [new URL(proxy.url).host],
    store: createMemoryStore(),
    cwd: folder,
    model: 'claude-opus-5-5',
    endpoint: 'the emulator',
    simulated: true,
    permissionMode: 'strict',
    sessionDefaults: { send: emulator.send },
  });
  port = server.port;
  try {
    const key = await keyOf(server);
    return await converse({ emulator, server, proxy, key, count, random });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Scene = {
  emulator: Pick<ReturnType<typeof createEmulator>, 'script'>;
  server: { url: string; createLink(): string };
  proxy: { url: string; readonly cuts: number };
  key: string;
  count: number;
  random: Random;
};

async function converse({ emulator, server, proxy, key, count, random }: Scene): Promise<Played> {
  const asked: string[] = [];
  await using client = new ClaudeSDKClient({
    engine: 'remote',
    server: { url: proxy.url, key },
    includePartialMessages: true,
    canUseTool: async (_name, _input, { toolUseID }) => {
      asked.push(toolUseID);
      return { behavior: 'allow' };
    },
  });
  const told: SDKMessage[] = [];
  const everything = client.receiveMessages();
  await client.connect();
  let raw: RawReader | undefined;
  let turns = 0;
  while (proxy.cuts < count && turns < MAX_TURNS) {
    emulator.script(...repliesOf(random));
    await client.query(`Prompt ${turns}: 你好 🌙`);
    raw ??= new RawReader(`${proxy.url}/v1/sessions/${client.sessionId()}/messages/stream`, key);
    await untilResult(everything, told);
    turns += 1;
  }
  if (raw === undefined) throw new Error('Nothing was asked');
  const last = told.at(-1)?.uuid;
  const frames = await raw.readUntil((frame) => frame.data.uuid === last);
  const whole = new RawReader(`${server.url}/v1/sessions/${client.sessionId()}/messages/stream`, key);
  const expected = await whole.readUntil((frame) => frame.data.uuid === last);
  return {
    cuts: proxy.cuts,
    turns,
    messages: expected.filter(isWhole).length,
    fragments: told.length - told.filter(({ type }) => type !== 'stream_event').length,
    flaws: [...flawsOf(told, frames, expected), ...flawsOfAsking(asked, turns)],
  };
}

/** A turn with a tool call that is asked about, and an answer of one or of many pieces. */
function repliesOf(random: Random): ReturnType<typeof text>[] {
  return [
    toolUse('Glob', { pattern: '*' }),
    random.chance(0.2) ? text('Grüße aus Köln 🌙.') : emit(random.whole(1, 60), { gapMs: 1 }),
  ];
}

async function untilResult(messages: AsyncGenerator<SDKMessage>, told: SDKMessage[]): Promise<void> {
  for (;;) {
    const next = await messages.next();
    if (next.done === true) throw new Error('The client has nothing more to tell');
    told.push(next.value);
    if (next.value.type === 'result') return;
  }
}

const isWhole = ({ data }: RawFrame): boolean => data.type !== 'stream_event';

function flawsOf(told: readonly SDKMessage[], frames: readonly RawFrame[], expected: readonly RawFrame[]): string[] {
  const settled = expected.filter(isWhole).map(({ data }) => JSON.stringify(data));
  const raw = frames.filter(isWhole).map(({ data }) => JSON.stringify(data));
  const shown = expected
    .filter(isWhole)
    .map(({ data }) => data)
    .filter(isForPrograms);
  const client = told
    .filter(({ type }) => type !== 'stream_event')
    .map(({ session_label: _label, ...message }) => message);
  return [
    ...difference('the bare stream', raw, settled),
    ...difference(
      'receiveMessages()',
      client.map((message) => JSON.stringify(message)),
      shown.map((message) => JSON.stringify(message)),
    ),
    ...repeated(
      'the bare stream',
      frames.map(({ data }) => data.uuid ?? ''),
    ),
    ...repeated(
      'receiveMessages()',
      told.map(({ uuid }) => uuid ?? ''),
    ),
  ];
}

/** What a server tells its viewers and an engine in one's own process does not tell. */
function isForPrograms(message: SDKMessage): boolean {
  if (message.type === 'command_lifecycle' || (message.type === 'user' && 'isReplay' in message)) return false;
  return !(message.type === 'system' && message.subtype.startsWith('permission_'));
}

function difference(where: string, found: readonly string[], expected: readonly string[]): string[] {
  const at = expected.findIndex((message, index) => found[index] !== message);
  if (at < 0 && found.length === expected.length) return [];
  return [
    `${where}: ${found.length} messages for ${expected.length}, the first other one at ${at}: ${found[at] ?? 'none'}`,
  ];
}

function repeated(where: string, uuids: readonly string[]): string[] {
  return new Set(uuids).size === uuids.length
    ? []
    : [`${where}: ${uuids.length - new Set(uuids).size} were told twice`];
}

/** Each call is asked about once. */
function flawsOfAsking(asked: readonly string[], turns: number): string[] {
  return new Set(asked).size === asked.length && asked.length === turns
    ? []
    : [`canUseTool was asked ${asked.length} times about ${new Set(asked).size} calls of ${turns} turns`];
}

/** A credential, for a link. */
async function keyOf(server: { url: string; createLink(): string }): Promise<string> {
  const token = new URL(server.createLink()).hash.replace('#token=', '');
  const response = await fetch(`${server.url}/auth/exchange`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  const secret = /^colloquy=([^;]+)/.exec(response.headers.get('set-cookie') ?? '')?.[1];
  if (secret === undefined) throw new Error('The server gave no credential');
  return secret;
}
