// What a long conversation over a direct client costs: the share of its input that is read from the cache, by the emulator's accounting.
import { createEmulator, type Emulator, text } from '@colloquy/emulator';
import { ChatClient, type ChatMessage, ClaudeAgentClient } from 'colloquy';
import { expect, test } from 'vitest';

const TURNS = 100;
/** A token is four bytes in the emulator. */
const tokens = (count: number, word: string): string => `${word} `.repeat(count * 4).slice(0, count * 4);
const SYSTEM = tokens(600, 'rule');
const promptOf = (turn: number): string => tokens(50, `ask${turn}`);
const ANSWER = tokens(200, 'said');

const conversations: Record<string, (emulator: Emulator) => Promise<void>> = {
  ClaudeAgentClient: async ({ send }) => {
    await using agent = new ClaudeAgentClient({ send, env: {}, systemPrompt: SYSTEM });
    for (let turn = 1; turn <= TURNS; turn += 1) await agent.sendMessage(promptOf(turn));
  },
  'ChatClient with the messages of the program': async ({ send }) => {
    await using chat = new ChatClient({ send, env: {}, system: SYSTEM, promptCaching: true });
    const messages: ChatMessage[] = [];
    for (let turn = 1; turn <= TURNS; turn += 1) {
      messages.push({ role: 'user', content: promptOf(turn) });
      const { message } = await chat.chat(messages);
      messages.push({ role: 'assistant', content: message.content });
    }
  },
};

test.each(Object.entries(conversations))(
  '%s reads nine tenths and more of turns 20 to 100 from the cache',
  async (_, converse) => {
    const emulator = createEmulator({ script: Array.from({ length: TURNS }, () => text(ANSWER)) });
    await converse(emulator);
    const bills = emulator.requests.map(({ usage }) => usage);
    expect(bills).toHaveLength(TURNS);
    const shares = bills.map((bill) => {
      const { input_tokens = 0, cache_creation_input_tokens = 0, cache_read_input_tokens: read = 0 } = bill ?? {};
      return { read, all: input_tokens + cache_creation_input_tokens + read };
    });
    // The system prompt, every prompt and every answer so far.
    expect(shares.at(-1)?.all).toBeGreaterThanOrEqual(600 + 100 * 50 + 99 * 200);
    const late = shares.slice(19);
    const share = late.reduce((sum, { read }) => sum + read, 0) / late.reduce((sum, { all }) => sum + all, 0);
    expect(share).toBeGreaterThan(0.97);
    for (const [index, { read, all }] of late.entries()) expect(read / all, `turn ${index + 20}`).toBeGreaterThan(0.9);
  },
);
