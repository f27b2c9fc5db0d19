import { createEmulator, cut, emit, maxTokens, stall, text, together, toolUse } from '@colloquy/emulator';
import {
  AbortError,
  ConfigurationError,
  Conversation,
  createSdkMcpServer,
  LimitExceededError,
  SessionBusyError,
  SessionNotFoundError,
  tool,
} from 'colloquy';
import { afterEach, expect, test, vi } from 'vitest';
import { collect, offline } from './offline.ts';

afterEach(() => void vi.useRealTimers());

const clock = createSdkMcpServer({
  name: 'clock',
  tools: [tool('now', 'The time', {}, async () => ({ content: [{ type: 'text', text: '12:00' }] }))],
});
const withClock = { mcpServers: { clock }, allowedTools: ['mcp__clock'] };

test('asks and remembers', async () => {
  const emulator = createEmulator({ script: [text('Hello Ada'), text('Ada')] });
  await using conversation = new Conversation(offline(emulator));
  expect(await conversation.ask('I am Ada')).toBe('Hello Ada');
  expect(await conversation.ask('Who am I?')).toBe('Ada');
  expect(conversation.history).toEqual([
    { role: 'user', text: 'I am Ada' },
    { role: 'assistant', text: 'Hello Ada' },
    { role: 'user', text: 'Who am I?' },
    { role: 'assistant', text: 'Ada' },
  ]);
  expect(emulator.requests[1]?.messages).toHaveLength(3);
});

test('questions asked at once are answered in order', async () => {
  const emulator = createEmulator({ script: [text('one'), text('two'), text('three')] });
  await using conversation = new Conversation(offline(emulator));
  expect(await Promise.all(['1', '2', '3'].map((prompt) => conversation.ask(prompt)))).toEqual(['one', 'two', 'three']);
});

test('adds up what was used', async () => {
  const emulator = createEmulator({ script: [text('one'), text('two')] });
  await using conversation = new Conversation(offline(emulator, { model: 'haiku' }));
  expect(conversation.usage).toEqual({
    inputTokens: 0,
    outputTokens: 0,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    costUSD: 0,
  });
  await conversation.ask('1');
  const first = conversation.usage;
  await conversation.ask('2');
  expect(first.outputTokens).toBeGreaterThan(0);
  expect(conversation.usage.outputTokens).toBeGreaterThan(first.outputTokens);
  expect(conversation.usage.costUSD).toBeGreaterThan(first.costUSD);
});

test('streams the text piece by piece', async () => {
  const emulator = createEmulator({ script: [text(['Hel', 'lo ', 'Ada'])] });
  await using conversation = new Conversation(offline(emulator));
  expect(await collect(conversation.askStream('Hi'))).toEqual(['Hel', 'lo ', 'Ada']);
  expect(conversation.history.at(-1)).toEqual({ role: 'assistant', text: 'Hello Ada' });
});

test('streams what is said around a tool call, and answers with the end', async () => {
  const emulator = createEmulator({
    script: [
      together(text('Let me look.'), toolUse('mcp__clock__now')),
      text('It is noon.'),
      toolUse('mcp__clock__now'),
      text('Noon.'),
    ],
  });
  await using conversation = new Conversation(offline(emulator, withClock));
  expect((await collect(conversation.askStream('Time?'))).join('')).toBe('Let me look.\n\nIt is noon.');
  expect(await conversation.ask('Again?')).toBe('Noon.');
});

test('an answer that was cut and tried again is streamed once', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const whole = 'One two three four five six seven';
  const emulator = createEmulator({ script: [cut({ afterEvents: 6 }, text(whole)), text(whole)] });
  await using conversation = new Conversation(offline(emulator));
  const pieces: string[] = [];
  for await (const piece of conversation.askStream('Count')) {
    pieces.push(piece);
    if (emulator.requests.length === 1) await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(emulator.requests).toHaveLength(2);
  expect(pieces.join('')).toBe(whole);
});

test('an answer cut at the token limit is streamed on', async () => {
  const emulator = createEmulator({ script: [maxTokens('Once upon'), text(' a time')] });
  await using conversation = new Conversation(offline(emulator));
  expect((await collect(conversation.askStream('Tell'))).join('')).toBe('Once upon a time');
});

test('a slow reader of 20,000 deltas gets all of the text', async () => {
  const emulator = createEmulator({ script: [emit(20_000)] });
  await using conversation = new Conversation(offline(emulator));
  let said = '';
  for await (const piece of conversation.askStream('Count')) {
    if (said === '') await emulator.idle();
    said += piece;
  }
  expect(said).toBe(conversation.history.at(-1)?.text);
});

test('leaving the stream leaves the turn running', async () => {
  const emulator = createEmulator({ script: [text('One two three'), text('four')] });
  await using conversation = new Conversation(offline(emulator));
  for await (const piece of conversation.askStream('Count')) if (piece !== '') break;
  expect(await conversation.ask('Go on')).toBe('four');
  expect(conversation.history.map((message) => message.text)).toEqual(['Count', 'One two three', 'Go on', 'four']);
});

test('a fork knows what was said, and goes its own way', async () => {
  const emulator = createEmulator({ script: [text('one'), text('two'), text('zwei')] });
  await using conversation = new Conversation(offline(emulator));
  await conversation.ask('1');
  await using fork = await conversation.fork();
  expect(fork.id).not.toBe(conversation.id);
  expect(await conversation.ask('2')).toBe('two');
  expect(await fork.ask('2, in German')).toBe('zwei');
  expect(fork.history.map((message) => message.text)).toEqual(['1', 'one', '2, in German', 'zwei']);
  expect(conversation.history.at(-1)).toEqual({ role: 'assistant', text: 'two' });
  expect(emulator.requests[2]?.messages).toHaveLength(3);
});

test('a conversation in memory is forgotten when it is closed; its forks go on', async () => {
  const emulator = createEmulator({ script: [text('one'), text('two')] });
  const conversation = new Conversation(offline(emulator));
  await conversation.ask('1');
  await using fork = await conversation.fork();
  await conversation.close();
  expect(await fork.ask('2')).toBe('two');
  expect(emulator.requests[1]?.messages).toHaveLength(3);
  await using again = new Conversation(offline(emulator, { resume: conversation.id }));
  await expect(again.ask('3')).rejects.toBeInstanceOf(SessionNotFoundError);
});

test('a conversation is resumed with its history, by one at a time', async () => {
  const emulator = createEmulator({ script: [text('one'), text('two')] });
  const first = new Conversation(offline(emulator, { persistSession: true }));
  await first.ask('1');
  const resume = offline(emulator, { persistSession: true, resume: first.id });
  await using early = new Conversation(resume);
  await expect(early.ask('2')).rejects.toBeInstanceOf(SessionBusyError);
  await first.close();
  expect(await early.ask('2')).toBe('two');
  expect(early.id).toBe(first.id);
  expect(early.history.map((message) => message.text)).toEqual(['1', 'one', '2', 'two']);
});

test('a limit is told as an error of its class', async () => {
  const emulator = createEmulator({ script: [toolUse('mcp__clock__now'), text('never')] });
  await using conversation = new Conversation(offline(emulator, { ...withClock, maxTurns: 1 }));
  await expect(conversation.ask('Time?')).rejects.toBeInstanceOf(LimitExceededError);
});

test('what cannot be asked is refused, and a closed conversation says so', async () => {
  const emulator = createEmulator({ script: [stall({ afterEvents: 6 })] });
  const conversation = new Conversation(offline(emulator));
  await expect(conversation.ask('')).rejects.toBeInstanceOf(ConfigurationError);
  expect(() => new Conversation({ maxTurns: -1 })).toThrow(ConfigurationError);
  const asked = conversation.ask('Count');
  const outcome = asked.catch((error: unknown) => error);
  await emulator.nextRequest();
  await conversation.close();
  expect(await outcome).toMatchObject({ message: expect.stringContaining('closed') });
  await expect(conversation.ask('More')).rejects.toBeInstanceOf(AbortError);
  await conversation.close();
});
