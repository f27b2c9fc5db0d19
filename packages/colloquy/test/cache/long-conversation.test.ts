// What a long conversation costs: the share of its input that is read from the cache, by the emulator's accounting.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createEmulator,
  text,
  toolUse,
  toolUses,
  type Emulator,
  type RecordedBody,
  type RecordedRequest,
  type RecordedUsage,
  type Reply,
} from '@colloquy/emulator';
import { query, type Options } from 'colloquy';
import { expect, test } from 'vitest';

const TURNS = 20;
/** A token is four bytes in the emulator. */
const PROMPT = 'word '.repeat(40).slice(0, 200);
const ANSWER = 'said '.repeat(160).slice(0, 800);
/** Read puts a line number before each line; with it a file gives 500 tokens. */
const FILE = `${'x'.repeat(96)}\n`.repeat(20).replace('x', 'x'.repeat(10));

type Folder = Disposable & { path: string };

function folderWithFiles(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'colloquy-cache-'));
  for (const name of ['a.txt', 'b.txt']) writeFileSync(join(path, name), FILE);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

const turnScript = (cwd: string): Reply[] => [
  toolUse('Read', { file_path: join(cwd, 'a.txt') }),
  toolUse('Read', { file_path: join(cwd, 'b.txt') }),
  text(ANSWER),
];

/** Holds the conversation turn by turn, each waiting for the answer to the one before. */
async function converse(emulator: Emulator, cwd: string, turns: number, options: Options = {}): Promise<void> {
  let answered: () => void = () => undefined;
  const prompts = async function* () {
    for (let turn = 1; turn <= turns; turn += 1) {
      const done = new Promise<void>((resolve) => (answered = resolve));
      yield {
        type: 'user' as const,
        message: { role: 'user' as const, content: PROMPT },
        parent_tool_use_id: null,
      };
      await done;
    }
  };
  const messages = query({
    prompt: prompts(),
    options: { send: emulator.send, cwd, env: {}, persistSession: false, ...options },
  });
  for await (const message of messages) if (message.type === 'result') answered();
}

/** The part of the input that was read from the cache, over the requests from `from` up to `to`. */
function shareRead(emulator: Emulator, from: number, to: number): number {
  const bills = emulator.requests.slice(from, to).flatMap(({ usage }) => usage ?? []);
  const read = bills.reduce((sum, bill) => sum + bill.cache_read_input_tokens, 0);
  return read / bills.reduce((sum, bill) => sum + totalInput(bill), 0);
}

const totalInput = (bill: RecordedUsage): number =>
  bill.input_tokens + bill.cache_creation_input_tokens + bill.cache_read_input_tokens;

/** Sends the body of a request once more, changed, and asks what is different to the one before it. */
async function sendChanged(
  emulator: Emulator,
  body: RecordedBody,
  change: (json: string) => string,
): Promise<{ read: number; diagnostics: unknown }> {
  const send = async (json: string): Promise<Answer> => {
    const response = await emulator.send({
      method: 'POST',
      url: 'http://emulator/v1/messages',
      headers: { 'anthropic-version': '2026-10-21', 'content-type': 'application/json' },
      body: json,
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString());
  };
  emulator.script(text('Same.'), text('Other.'));
  const whole = { ...body, stream: false };
  const same = await send(JSON.stringify({ ...whole, diagnostics: { previous_message_id: null } }));
  const changed = change(JSON.stringify({ ...whole, diagnostics: { previous_message_id: same.id } }));
  const other = await send(changed);
  return { read: other.usage.cache_read_input_tokens, diagnostics: other.diagnostics };
}

type Answer = { id: string; usage: { cache_read_input_tokens: number }; diagnostics: unknown };

test('from the third turn on, nine tenths of the input and more are read from the cache', async () => {
  using folder = folderWithFiles();
  const emulator = createEmulator({ script: Array.from({ length: TURNS }, () => turnScript(folder.path)).flat() });
  await converse(emulator, folder.path, TURNS);
  expect(emulator.requests).toHaveLength(3 * TURNS);
  expect(JSON.stringify(emulator.requests[0]?.body.tools)).toContain('"name":"Read"');
  expect(emulator.requests.slice(1, 3).map(newestResultTokens)).toEqual([500, 500]);
  expect(emulator.requests[2]?.usage?.output_tokens).toBe(200);
  expect(shareRead(emulator, 3 * 2, 3 * TURNS)).toBeGreaterThan(0.96);
  for (let turn = 3; turn <= TURNS; turn += 1)
    expect(shareRead(emulator, 3 * (turn - 1), 3 * turn), `turn ${turn}`).toBeGreaterThan(0.9);
  // Nothing is paid in full: what is not read is written, to be read by the next request.
  expect(emulator.requests.every(({ usage }) => usage?.input_tokens === 0)).toBe(true);
});

test('an answer with thirty calls leaves what came before it in the cache', async () => {
  using folder = folderWithFiles();
  const calls = Array.from({ length: 30 }, () => ({ name: 'Read', input: { file_path: join(folder.path, 'a.txt') } }));
  const emulator = createEmulator({ script: [toolUses(calls), toolUses(calls), text(ANSWER)] });
  await converse(emulator, folder.path, 1);
  const [first, second, third] = emulator.requests.map(({ usage }) => usage);
  expect(second?.cache_read_input_tokens).toBe(first?.cache_creation_input_tokens);
  expect(third?.cache_read_input_tokens).toBe(totalInput(second ?? NOTHING));
});

test('a second conversation begins with tools and system prompt from the cache', async () => {
  using folder = folderWithFiles();
  const emulator = createEmulator({ script: [text('One.'), text('Two.')] });
  await converse(emulator, folder.path, 1);
  await converse(emulator, folder.path, 1, { title: 'another' });
  const [first, second] = emulator.requests.map(({ usage }) => usage);
  expect(first?.cache_read_input_tokens).toBe(0);
  expect(second?.cache_read_input_tokens).toBeGreaterThan(0.9 * totalInput(second ?? NOTHING));
});

test.each([
  ['a tool', (json: string) => json.replace('"tools":[{"name":"', '"tools":[{"name":"x'), 'tools_changed', 0],
  ['the system prompt', (json: string) => json.replace('You are an agent', 'You are an Agent'), 'system_changed', 0],
  ['the first message', (json: string) => json.replace(PROMPT, `W${PROMPT.slice(1)}`), 'messages_changed', undefined],
])('one byte of %s changed is told as what it is, and costs what it must', async (_, change, type, stillRead) => {
  using folder = folderWithFiles();
  const emulator = createEmulator({ script: Array.from({ length: 2 }, () => turnScript(folder.path)).flat() });
  await converse(emulator, folder.path, 2);
  const newest = emulator.requests[5];
  const whole = totalInput(newest?.usage ?? NOTHING);
  const { read, diagnostics } = await sendChanged(emulator, newest?.body ?? { messages: [] }, change);
  expect(diagnostics).toEqual({ cache_miss_reason: { type, cache_missed_input_tokens: whole } });
  // Tools and system prompt stand under a marker of their own, at the end of the system prompt.
  expect(read).toBe(stillRead ?? headTokens(newest?.body));
});

test('unchanged, everything is read again', async () => {
  using folder = folderWithFiles();
  const emulator = createEmulator({ script: turnScript(folder.path) });
  await converse(emulator, folder.path, 1);
  const newest = emulator.requests[2];
  const { read, diagnostics } = await sendChanged(emulator, newest?.body ?? { messages: [] }, (json) => json);
  expect([read, diagnostics]).toEqual([totalInput(newest?.usage ?? NOTHING), null]);
});

const NOTHING: RecordedUsage = {
  input_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 0,
};

/** Tokens of tools and system prompt, counted as the emulator's README says. */
function headTokens(body: RecordedBody | undefined): number {
  const withoutMarkers = (key: string, value: unknown): unknown => (key === 'cache_control' ? undefined : value);
  const tools = Array.isArray(body?.['tools']) ? body['tools'] : [];
  const system: readonly { text: string }[] = Array.isArray(body?.['system']) ? body['system'] : [];
  const texts = [...tools.map((tool) => JSON.stringify(tool, withoutMarkers)), ...system.map((block) => block.text)];
  return Math.ceil(texts.reduce((bytes, part) => bytes + Buffer.byteLength(part), 0) / 4);
}

function newestResultTokens({ messages }: RecordedRequest): number {
  const content = messages.at(-1)?.content;
  const result = typeof content === 'string' ? undefined : content?.find((block) => block.type === 'tool_result');
  return Math.ceil(Buffer.byteLength(String(result?.['content'])) / 4);
}
